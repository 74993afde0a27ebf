"""Nested factors, whose remainder falls into blocks, against the same model as one block."""

from __future__ import annotations

import numpy as np
import pytest

from tabmixnn.inference.marginal import fit_glmm, fit_lmm, gram
from tests.tabmixnn.inference.marginal.at_theta import criterion


@pytest.fixture
def schools(array_block):
    """Pupils in 240 classes in 60 schools in 8 districts, a slope by school."""
    rng = np.random.default_rng(40)
    n = 1200
    classes, x = np.arange(n) % 240, rng.normal(size=n)
    school = classes % 60
    district = school % 8
    X = np.column_stack([np.ones(n), x])
    latent = X @ [0.5, 0.3] + 0.5 * rng.normal(size=240)[classes]
    latent += ((rng.normal(size=(60, 2)) * [0.6, 0.4])[school] * X).sum(1)
    latent += rng.normal(size=8)[district]
    blocks = [
        array_block("class", classes, X[:, :1]),
        array_block("school", school, X),
        array_block("district", district, X[:, :1]),
    ]
    return X, latent, blocks, rng


def test_blocks_are_found_where_factors_nest(schools):
    X, latent, blocks, rng = schools
    fit = fit_lmm(X, latent + rng.normal(size=len(X)), blocks)
    assert fit.likelihood.core.gram.layout.n_blocks == 8


@pytest.mark.parametrize("reml", [True, False])
def test_linear_fit_is_that_of_one_block(schools, reml, monkeypatch):
    X, latent, blocks, rng = schools
    y = latent + rng.normal(size=len(X))
    fit = fit_lmm(X, y, blocks, reml=reml)
    theta = fit.theta + 0.1
    monkeypatch.setattr(gram, "SMALL_REMAINDER", 10_000)
    other = fit_lmm(X, y, blocks, reml=reml)
    assert other.likelihood.core.gram.layout.n_blocks == 1
    assert fit.loglik == pytest.approx(other.loglik, abs=1e-9)
    np.testing.assert_allclose(fit.theta, other.theta, rtol=1e-5, atol=1e-7)
    for ours, theirs in zip(criterion(fit, theta), criterion(other, theta), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    theta[1] = 0.0
    np.testing.assert_allclose(criterion(fit, theta)[1], criterion(other, theta)[1], rtol=1e-8)
    for ours, theirs in zip(fit.u, other.u, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)
    for ours, theirs in zip(fit.conditional_variances, other.conditional_variances, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-8)


def test_generalised_fit_is_that_of_one_block(schools, monkeypatch):
    X, latent, blocks, rng = schools
    y = rng.poisson(np.exp(latent)).astype(float)
    fit = fit_glmm(X, y, blocks, family="poisson")
    monkeypatch.setattr(gram, "SMALL_REMAINDER", 10_000)
    other = fit_glmm(X, y, blocks, family="poisson")
    assert fit.loglik == pytest.approx(other.loglik, abs=1e-7)
    np.testing.assert_allclose(fit.beta, other.beta, rtol=1e-5)
    np.testing.assert_allclose(fit.se, other.se, rtol=1e-4)
    np.testing.assert_allclose(fit.theta, other.theta, rtol=1e-4)
