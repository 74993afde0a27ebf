"""Linear models against lme4 1.1-31, polished to the optimum."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tabmixnn.inference.marginal import fit_lmm
from tabmixnn.inference.marginal.kenward_roger import KenwardRoger
from tabmixnn.inference.marginal.satterthwaite import Satterthwaite

REFERENCE = json.loads((Path(__file__).parents[4] / "data/reference/lmer.json").read_text())


@pytest.fixture(scope="module", params=sorted(REFERENCE))
def case(request, model_frame):
    reference = REFERENCE[request.param]
    design, frame = model_frame(reference)
    fit = fit_lmm(
        frame.X,
        frame.y,
        frame.blocks,
        offset=frame.offset,
        reml=reference["method"] == "REML",
        names=design.fixed_names,
    )
    return reference, fit


def close(ours, theirs, rel=1e-5, floor=1e-8):
    return np.testing.assert_allclose(ours, theirs, rtol=rel, atol=floor)


def test_likelihood(case):
    reference, fit = case
    assert abs(fit.loglik - reference["logLik"]) < 1e-6
    assert fit.df == reference["df"]
    assert fit.aic == pytest.approx(reference["AIC"], abs=2e-6)
    assert fit.bic == pytest.approx(reference["BIC"], abs=2e-6)
    assert fit.converged
    assert not fit.is_singular


def test_fixed_effects(case):
    reference, fit = case
    assert sorted(fit.names) == sorted(reference["fixef"])
    close(fit.beta, [reference["fixef"][name] for name in fit.names])
    close(fit.se, [reference["se"][name] for name in fit.names])


def test_variance_components(case):
    reference, fit = case
    ours = {}
    for block, G in zip(fit.blocks, fit.G, strict=True):
        for i, first in enumerate(block.names):
            ours[block.group, first, None] = np.sqrt(G[i, i])
            for j in range(i):
                correlation = G[i, j] / np.sqrt(G[i, i] * G[j, j])
                ours[block.group, block.names[j], first] = correlation
    ours["Residual", None, None] = fit.sigma
    for group, term1, term2, _, sdcor in reference["varcomp"]:
        # lme4 numbers the terms of `||` that share a factor.
        key = group.removesuffix(".1"), term1, term2
        close(ours[key], sdcor)
    assert len(reference["varcomp"]) == len(ours)


def test_conditional_modes(case):
    reference, fit = case
    for group, expected in reference["ranef"].items():
        columns, levels = {}, None
        for block, u in zip(fit.blocks, fit.u, strict=True):
            if block.group == group:
                levels = list(block.levels)
                columns |= {name: u[:, k] for k, name in enumerate(block.names)}
        ours = np.column_stack([columns[name] for name in expected["names"]])
        scale = np.sqrt(np.array(expected["sum_squares"]) / expected["n"])
        assert len(ours) == expected["n"]
        rows = [levels.index(level) for level in expected["levels"]]
        # Relative to the spread of the effects: a single one may be arbitrarily near zero. The
        # largest model has them for the default fit only, which is less exact.
        tol = 1e-5 if reference["polished_ranef"] else 1e-3
        values = np.array(expected["values"])
        np.testing.assert_allclose(ours[rows] / scale, values / scale, rtol=tol, atol=tol)
        np.testing.assert_allclose((ours**2).sum(0), expected["sum_squares"], rtol=4 * tol)


def test_conditional_deviations(case):
    reference, fit = case
    for group, expected in reference.get("condsd", {}).items():
        parts, levels = [], None
        for block, variances in zip(fit.blocks, fit.conditional_variances, strict=True):
            if block.group == group:
                levels = list(block.levels)
                parts.append(np.sqrt(np.diagonal(variances, axis1=1, axis2=2)))
        ours = np.column_stack(parts)
        rows = [levels.index(level) for level in expected["levels"]]
        # The reference has these for its default fit only, which is less exact.
        np.testing.assert_allclose(ours[rows], expected["values"], rtol=2e-3)


def test_fitted(case):
    reference, fit = case
    np.testing.assert_allclose(fit.fitted[:20], reference["fitted"], rtol=2e-5)
    np.testing.assert_allclose(fit.residuals + fit.fitted, fit.y)


def test_degrees_of_freedom(case):
    reference, fit = case
    tables = reference.get("ddf", {})
    kenward = KenwardRoger(fit) if "kenward_roger" in tables else None
    satterthwaite = Satterthwaite(fit) if "satterthwaite" in tables else None
    for name, row in zip(fit.names, np.eye(len(fit.beta)), strict=True):
        if satterthwaite is not None:
            df, _ = tables["satterthwaite"][name]
            assert satterthwaite.test(row).df == pytest.approx(df, rel=1e-3)
        if kenward is not None:
            df, se = tables["kenward_roger"][name]
            test = kenward.test(row)
            assert test.df == pytest.approx(df, rel=1e-3)
            assert test.se[0] == pytest.approx(se, rel=1e-3)
