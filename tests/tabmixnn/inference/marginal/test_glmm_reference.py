"""Generalised models against lme4 1.1-31 and glmmTMB 1.1.5."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tabmixnn.inference.marginal import fit_glmm

REFERENCE = json.loads((Path(__file__).parents[4] / "data/reference/glmm.json").read_text())


@pytest.fixture(scope="module", params=sorted(REFERENCE))
def case(request, model_frame):
    reference = REFERENCE[request.param]
    design, frame = model_frame(reference)
    fit = fit_glmm(
        frame.X,
        frame.y,
        frame.blocks,
        family=reference["family"],
        link=reference["link"],
        offset=frame.offset,
        n_quad=25 if reference["method"] == "AGQ25" else 1,
        names=design.fixed_names,
    )
    return reference, fit


def test_likelihood(case):
    reference, fit = case
    assert abs(fit.loglik - reference["logLik"]) < 1e-3
    assert fit.df == reference["df"]
    assert fit.converged
    assert not fit.is_singular


def test_fixed_effects(case):
    reference, fit = case
    assert sorted(fit.names) == sorted(reference["fixef"])
    expected = np.array([reference["fixef"][name] for name in fit.names])
    se = np.array([reference["se"][name] for name in fit.names])
    np.testing.assert_array_less(np.abs(fit.beta - expected) / se, 1e-3)
    np.testing.assert_allclose(fit.se, se, rtol=2e-3)


def test_variance_components(case):
    reference, fit = case
    deviations = {b.group: np.sqrt(G[0, 0]) for b, G in zip(fit.blocks, fit.G, strict=True)}
    for group, _, _, _, sdcor in reference["varcomp"]:
        assert deviations[group] == pytest.approx(sdcor, rel=1e-4)
    if fit.dispersion is not None:
        assert fit.dispersion == pytest.approx(reference["sigma"], rel=1e-4)


def test_conditional_modes(case):
    reference, fit = case
    for block, u in zip(fit.blocks, fit.u, strict=True):
        expected = reference["ranef"][block.group]
        rows = [list(block.levels).index(level) for level in expected["levels"]]
        spread = np.sqrt(expected["sum_squares"][0] / expected["n"])
        np.testing.assert_allclose(u[rows] / spread, expected["values"] / spread, atol=1e-3)


def test_fitted(case):
    reference, fit = case
    np.testing.assert_allclose(fit.fitted[:20], reference["fitted"], rtol=1e-3)
