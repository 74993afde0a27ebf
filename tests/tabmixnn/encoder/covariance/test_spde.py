"""The SPDE structure against the Matérn process that it approximates, and against glmmTMB."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tabmixnn.encoder.covariance import (
    SPDE,
    LevelContext,
    ParameterError,
    Placed,
    PositionError,
    StructuredBlock,
    TensorGrid,
    gaussian_process,
)
from tabmixnn.encoder.covariance.kernels import matern
from tabmixnn.encoder.covariance.spatial import distances
from tabmixnn.formula import Design
from tabmixnn.inference.marginal.structured import fit_structured_lmm
from tests.tabmixnn.encoder.covariance.oracles import precision, projection
from tests.tabmixnn.inference.marginal.structured.reported import reported

FOLDER = Path(__file__).parents[4] / "data" / "reference"


def places(dim, n=30, seed=0):
    return np.random.default_rng(seed).uniform(size=(n, dim))


def largest_error(dim, alpha, resolution, growth=1.0, lengthscale=0.4):
    sites = places(dim)
    grid = TensorGrid.around(sites, resolution, 2.0, growth)
    structure = SPDE(grid, lengthscale, alpha)
    found = structure.matrix(structure.start, sites)
    expected = matern(structure.nu, distances(sites, sites) / lengthscale)
    return np.abs(found - expected).max()


@pytest.mark.parametrize(
    ("dim", "alpha", "allowed"), [(1, 2, 2e-3), (1, 3, 2e-3), (2, 2, 5e-3), (2, 3, 3e-3)]
)
def test_covariance_is_the_matern_one(dim, alpha, allowed):
    assert largest_error(dim, alpha, 64, growth=1.1) < allowed


@pytest.mark.parametrize(("dim", "alpha", "falls"), [(1, 2, 3.5), (1, 3, 3.5), (2, 2, 2.5)])
def test_error_falls_with_the_square_of_the_cells(dim, alpha, falls):
    # A kernel with a kink (alpha = 2 on a plane: a logarithm) falls a little slower.
    assert largest_error(dim, alpha, 32) < largest_error(dim, alpha, 16) / falls


def test_covariance_of_rough_and_of_spatial_fields():
    # Both have smoothness 1/2, where linear interpolation costs most.
    assert largest_error(1, 1, 256, growth=1.1) < 0.01
    rough = [largest_error(3, 2, n, growth=1.3, lengthscale=0.8) for n in (8, 16)]
    assert rough[1] < 0.7 * rough[0] < 0.12


def test_a_narrow_margin_raises_the_variance():
    sites = np.array([[0.0], [1.0]])
    wide, narrow = (
        SPDE(TensorGrid.around(sites, 200, margin, 1.02), 1.0) for margin in (4.0, 0.01)
    )
    assert wide.matrix(wide.start, sites)[0, 0] == pytest.approx(1.0, abs=1e-3)
    assert narrow.matrix(narrow.start, sites)[0, 0] > 1.9


def test_covariance_is_that_of_the_sparse_precision():
    sites = places(2, 12)
    grid = TensorGrid.around(sites, 10, 1.0)
    structure = SPDE(grid, 0.5)
    A = projection(grid, sites).toarray()
    kappa = np.sqrt(2.0 * structure.nu) / 0.5
    dense = A @ np.linalg.solve(precision(grid, kappa, 2).toarray(), A.T)
    variance = 1.0 / (4.0 * np.pi * kappa**2)
    np.testing.assert_allclose(structure.matrix(structure.start, sites), dense / variance)


REFERENCE = json.loads((FOLDER / "structured.json").read_text())


def fit_sites(structure, method):
    data = pd.read_csv(FOLDER / "spatial_sim.csv.gz")
    n = len(data)
    design = Design.fit("y ~ x", data)
    frame = design.frame(data)
    codes = np.arange(n)
    sites = data[["lon", "lat"]].to_numpy(float)
    placed = Placed(structure(sites), sites)
    block = StructuredBlock(
        "site", codes, codes.astype(str), ["(Intercept)"], np.ones((n, 1)), over_levels=placed
    )
    reml = method == "REML"
    return fit_structured_lmm(frame.X, frame.y, [block], reml=reml, names=design.fixed_names)


@pytest.fixture(scope="module", params=["ml", "reml"])
def fits(request):
    """Ours on a fine grid, the Gaussian process of the same smoothness, and glmmTMB's ``mat``."""
    reference = REFERENCE[f"spatial_mat_tmb_sim_{request.param}"]
    spde = fit_sites(
        lambda sites: SPDE(TensorGrid.around(sites, 96, 1.0), 2.0), reference["method"]
    )
    process = fit_sites(
        lambda sites: gaussian_process(2.0, "Matern", 1.0, hold=["nu"]), reference["method"]
    )
    return spde, process, reference


def test_fit_is_that_of_the_gaussian_process_up_to_the_grid(fits):
    spde, process, _ = fits
    assert spde.loglik == pytest.approx(process.loglik, abs=0.1)
    np.testing.assert_allclose(spde.beta, process.beta, atol=0.01)
    np.testing.assert_allclose(spde.u[0], process.u[0], atol=0.06)
    assert spde.sigma == pytest.approx(process.sigma, rel=0.02)
    found, expected = (reported(fit)["levels"]["lengthscale"] for fit in (spde, process))
    assert found == pytest.approx(expected, rel=0.03)


def test_fit_is_near_that_of_glmmtmb_whose_smoothness_is_free(fits):
    spde, _, reference = fits
    # On a plane alpha = 2 means nu = 1; glmmTMB estimates 0.98 (ML) and 0.79 (REML).
    assert spde.loglik == pytest.approx(reference["logLik"], abs=0.15)
    assert spde.sigma == pytest.approx(reference["sigma"], rel=0.05)
    assert spde.beta[1] == pytest.approx(reference["fixef"]["x"], abs=0.005)
    spread = np.sqrt(spde.G[0][0, 0])
    assert spread == pytest.approx(reference["structure"]["sd"], rel=0.05)


def built(**entry):
    n = 20
    data = pd.DataFrame(places(2, n) * [10.0, 4.0], columns=["lon", "lat"])
    context = LevelContext("site", [f"s{i}" for i in range(n)], np.arange(n), data)
    entry = {"type": "SPDE", "coordinates_col": ["lon", "lat"], **entry}
    return SPDE.from_map(entry, context), data


def test_what_an_entry_says():
    structure, data = built(alpha=3, resolution=10, margin=2.0, lengthscale=2.5)
    side = np.ptp(data["lon"])
    assert structure.nu == 2.0
    assert structure.natural(structure.start) == pytest.approx({"lengthscale": 2.5})
    assert np.diff(structure.grid.axes[0]).min() == pytest.approx(side / 10)
    low, high = structure.domains["lengthscale"].low, structure.domains["lengthscale"].high
    assert (low, high) == pytest.approx((side / 10, 2 * side))


@pytest.mark.parametrize("resolution", [2, 3, 5, 6, 10, 64])
@pytest.mark.parametrize("margin", [0.1, 0.2, 0.2001, 0.6, 2.0])
def test_a_length_scale_that_nobody_gave_is_inside_its_bounds(resolution, margin):
    if margin * resolution <= 1.0:
        with pytest.raises(ParameterError, match=r"margin of SPDE must be wider than a cell"):
            built(resolution=resolution, margin=margin)
        return
    structure, data = built(resolution=resolution, margin=margin)
    assert np.abs(structure.start) < 4.0
    if resolution >= 10 and margin >= 0.6:
        assert structure.initial[0] == pytest.approx(0.2 * np.ptp(data["lon"]))


@pytest.mark.parametrize(
    ("entry", "error", "message"),
    [
        ({"alpha": 1}, ParameterError, "alpha of SPDE must be a whole number above 1, half the"),
        ({"alpha": 2.5}, ParameterError, "alpha of SPDE must be a whole number .* not 2.5"),
        ({"resolution": 1}, ParameterError, "resolution of SPDE must be .* at least 2, not 1"),
        ({"resolution": 9.5}, ParameterError, "resolution of SPDE must be a whole number"),
        ({"margin": 0}, ParameterError, "margin of SPDE must be a positive number, not 0"),
        ({"lengthscale": 1e-3}, ParameterError, "lengthscale of SPDE must be positive, between"),
        ({"coordinates_col": ["lon", "lt"]}, PositionError, "did you mean 'lat'"),
    ],
)
def test_bad_entries_are_named(entry, error, message):
    with pytest.raises(error, match=message):
        built(**entry)
