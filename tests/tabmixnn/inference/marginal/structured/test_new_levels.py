"""Effects of levels that the data did not have: eq. 15, kriging, conditional means."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from tabmixnn.encoder.covariance import LevelContext, apply_cov_struct_map
from tabmixnn.formula import Design
from tabmixnn.inference.marginal.structured import fit_structured_lmm

SITES = 14


def sites(seed=0):
    rng = np.random.default_rng(seed)
    place = rng.uniform(0, 4, size=(SITES, 2)).round(3)
    year = rng.permutation(40)[:SITES]
    effect = np.sin(place[:, 0]) + 0.1 * year
    code = np.repeat(np.arange(SITES), 5)
    x = rng.normal(size=len(code))
    return pd.DataFrame(
        {
            "site": [f"s{i:02d}" for i in code],
            "lon": place[code, 0],
            "lat": place[code, 1],
            "year": year[code],
            "x": x,
            "y": 1.0 + x * (0.5 + effect[code]) + effect[code] + 0.3 * rng.normal(size=len(code)),
        }
    )


def fitted(entry, data, bar="1 | site"):
    design = Design.fit(f"y ~ x + ({bar})", data)
    frame = design.frame(data)
    blocks, residual = apply_cov_struct_map({"site": entry}, frame.blocks, data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fit_structured_lmm(frame.X, frame.y, blocks, residual=residual)


def split(data):
    new = data["site"].isin(["s03", "s07"])
    return data[~new], data[new]


def context(rows):
    codes, levels = pd.factorize(rows["site"], sort=True)
    return LevelContext("site", levels, codes, rows)


def relationship():
    root = np.random.default_rng(5).normal(size=(SITES, 40))
    return root @ root.T / 40


ENTRIES = {
    "AR1": {"type": "AR1", "time_col": "year", "rho": 0.8},
    "ARMA": {"type": "ARMA", "time_col": "year", "phi": 0.8, "theta": 0.2},
    "GP": {"type": "GP", "coordinates_col": ["lon", "lat"], "kernel": "Matern"},
    "CS": {"type": "CS", "rho": 0.6, "hold": "rho"},
    "SPDE": {"type": "SPDE", "coordinates_col": ["lon", "lat"], "resolution": 20},
    "K": {
        "type": "K",
        "K_group": relationship(),
        "train_levels": [f"s{i:02d}" for i in range(SITES)],
    },
}


@pytest.mark.parametrize("bar", ["1 | site", "x | site"])
@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_mean_and_variance_are_those_of_the_joint_normal(name, bar):
    train, new = split(sites())
    fit = fitted(ENTRIES[name], train, bar)
    mean, covariance = fit.new_levels(0, context(new))
    # The same from the joint distribution of new effects and observations.
    term, block = fit.parameters.terms[0], fit.blocks[0]
    placed, params = block.over_levels, fit.working[term.level_params]
    positions = placed.place_new(context(new))
    everywhere = np.concatenate([placed.positions, positions])
    R = placed.structure.matrix(params, everywhere)
    K = np.kron(R, fit.G[0])
    q, G = term.q, term.n_levels
    Z = np.zeros((fit.n, G + 2, q))
    Z[np.arange(fit.n), block.codes] = block.Z
    Z = Z.reshape(fit.n, -1)
    V = Z @ K @ Z.T + fit.sigma**2 * np.eye(fit.n)
    C = (K @ Z.T)[G * q :]
    expected = C @ np.linalg.solve(V, fit.y - fit.X @ fit.beta)
    np.testing.assert_allclose(mean.ravel(), expected, atol=1e-6)
    np.testing.assert_allclose(fit.new_level_means(0, context(new)), mean, atol=1e-9)
    left = K[G * q :, G * q :] - C @ np.linalg.solve(V, C.T)
    np.testing.assert_allclose(covariance, left, atol=1e-6)


@pytest.mark.parametrize("entry", [{"type": "AR1"}, {"type": "IID"}])
def test_nothing_is_known_of_a_level_without_a_place(entry):
    train, new = split(sites())
    fit = fitted(entry, train)
    mean, covariance = fit.new_levels(0, context(new))
    np.testing.assert_array_equal(mean, np.zeros((2, 1)))
    np.testing.assert_array_equal(fit.new_level_means(0, context(new)), mean)
    np.testing.assert_allclose(covariance, fit.G[0][0, 0] * np.eye(2))


def test_a_site_between_others_is_predicted_better_than_by_nothing():
    train, new = split(sites())
    fit = fitted(ENTRIES["AR1"], train)
    _, covariance = fit.new_levels(0, context(new))
    assert (np.diagonal(covariance) < fit.G[0][0, 0]).all()


def test_a_new_level_that_the_relationship_lacks_is_named():
    train, new = split(sites())
    fit = fitted(ENTRIES["K"], train)
    new = new.assign(site="s99")
    with pytest.raises(ValueError, match="lacks 1 level: s99; whoever is to be predicted"):
        fit.new_levels(0, context(new))
