"""Levels that a network did not train on, from what its posterior knows of those that it did."""

import warnings

import numpy as np
import pandas as pd
import pytest
import torch

from tabmixnn import TabMixNN
from tabmixnn.encoder.covariance import STRUCTURES, Placed
from tabmixnn.encoder.covariance.torch_prior import StructuredPrior
from tabmixnn.inference.marginal.structured import StructureWarning
from tabmixnn.inference.structured_prior import NewLevels

G, M, Q, D = 6, 3, 2, 4


@pytest.fixture(params=sorted(STRUCTURES))
def laid(request):
    """A structure on known positions, positions of new levels, and a prior that has learned."""
    structure, positions = STRUCTURES[request.param].example(G + M, np.random.default_rng(3))
    placed = Placed(structure, positions[:G])
    prior = StructuredPrior(G, Q, placed)
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in prior.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    R = structure.matrix(prior.level_params.detach().numpy(), positions)
    return placed, positions[G:], prior, R


def test_levels_that_are_known_together_tell_new_ones_as_the_prior_does(laid):
    placed, new, prior, R = laid
    found = NewLevels.of(placed, prior, new, None)
    weights = R[G:, :G] @ np.linalg.inv(R[:G, :G])
    np.testing.assert_allclose(found.weights, weights, atol=1e-9)
    left = np.diagonal(R[G:, G:] - weights @ R[:G, G:])
    np.testing.assert_allclose(found.deviations**2, left, atol=1e-9)


def test_levels_that_are_known_apart_are_readings_with_errors(laid):
    placed, new, prior, R = laid
    variance = prior.effect_covariance().detach().diagonal()
    shares = torch.linspace(0.05, 0.5, G, dtype=torch.float64)
    found = NewLevels.of(
        placed, prior, new, (shares[:, None, None] * variance[:, None]).expand(G, Q, D)
    )
    readings = R[:G, :G] + np.diag(shares)
    weights = R[G:, :G] @ np.linalg.inv(readings)
    np.testing.assert_allclose(found.weights, weights, atol=1e-12)
    # With draws of the known levels, it adds up to the variance given their readings.
    total = found.deviations.numpy() ** 2 + weights**2 @ shares.numpy()
    left = np.diagonal(R[G:, G:] - weights @ R[:G, G:])
    np.testing.assert_allclose(total, left, atol=1e-12)


def sites(n=60):
    """Places on a line, some next to each other, and a smooth function of them."""
    rng = np.random.default_rng(0)
    place = np.sort(rng.uniform(size=n))
    site = np.repeat(np.arange(n), 5)
    y = np.sin(6 * place)[site] + 0.3 * rng.normal(size=len(site))
    return pd.DataFrame({"place": place[site], "site": site, "y": y})


RBF = {"site": {"type": "GP", "coordinates_col": "place"}}


@pytest.mark.parametrize("posterior", ["diagonal", "full", "joint"])
def test_new_places_stay_near_the_old_ones(posterior):
    """R of smooth kernels is singular to rounding, and its inverse makes anything of noise."""
    data = sites()
    model = TabMixNN(
        "y ~ 1 + (1 | site)",
        inference="variational",
        hidden_dims=[],
        embedding_dim=4,
        posterior=posterior,
        cov_struct_map=RBF,
        epochs=40,
        lr=0.02,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StructureWarning)
        model.fit(data)
    known = model.predict(data)
    new = pd.DataFrame({"place": np.linspace(0.02, 0.98, 40), "site": 1000 + np.arange(40)})
    found = model.predict(new)
    assert np.abs(found - known.mean()).max() < 2.0 * np.ptp(known)
    deviations = model.predict(new, return_std=True, kind="link")[1]
    assert deviations.max() < 2.0 * data["y"].std()


@pytest.mark.parametrize(
    ("entry", "free"),
    [
        ({"type": "GP", "kernel": "Matern", "nu": 1.0, "estimate_nu": True}, "nu"),
        ({"type": "ARMA", "hold": ["pacf1"], "time_col": "site"}, "mapacf1"),
    ],
)
def test_the_warning_names_what_is_not_held(entry, free):
    if entry["type"] == "GP":
        entry = {**entry, "coordinates_col": "place", "hold": "lengthscale"}
    model = TabMixNN(
        "y ~ 1 + (1 | site)",
        inference="variational",
        hidden_dims=[],
        epochs=1,
        random_state=0,
        cov_struct_map={"site": entry},
    )
    with pytest.warns(StructureWarning, match=f"so that {free} of"):
        model.fit(sites(8))
