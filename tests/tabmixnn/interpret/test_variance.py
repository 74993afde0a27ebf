"""Variance decomposition against closed forms."""

import numpy as np
import pandas as pd
import pytest


def test_sleepstudy_as_by_hand_in_r(sleep, sleepstudy):
    parts = sleep.variance_decomposition(sleepstudy)
    # var(X %*% fixef), mean(rowSums((Z %*% VarCorr) * Z)), sigma^2 in R; Nakagawa's R2 from them
    assert parts["fixed"] == pytest.approx(908.953362623, rel=1e-8)
    assert parts["random"]["Subject"] == pytest.approx(1698.08, rel=1e-5)
    assert parts["residual"] == pytest.approx(654.94, rel=1e-5)
    assert parts["r_squared_marginal"] == pytest.approx(0.278651, abs=2e-6)
    assert parts["r_squared_conditional"] == pytest.approx(0.799219, abs=2e-6)
    assert parts["r_squared"] == parts["r_squared_conditional"]
    total = parts["fixed"] + sum(parts["random"].values()) + parts["residual"]
    assert parts["total"] == pytest.approx(total)
    assert parts == sleep.variance_decomposition()


def test_intraclass_correlation_of_a_balanced_layout(lmm):
    rng = np.random.default_rng(5)
    groups, rows = 12, 6
    codes = np.repeat(np.arange(groups), rows)
    data = pd.DataFrame({"g": codes, "y": rng.normal(size=groups)[codes] + rng.normal(size=72)})
    between = data.groupby("g").y.mean().var() * rows
    within = data.groupby("g").y.var().mean()
    expected = (between - within) / (between + (rows - 1) * within)
    parts = lmm("y ~ 1 + (1 | g)", data).variance_decomposition()
    assert parts["icc"]["g"] == pytest.approx(expected, rel=1e-7)
    assert parts["r_squared_marginal"] == 0


def test_a_binomial_model_has_the_logistic_variance(herds, cbpp):
    parts = herds.variance_decomposition(cbpp)
    assert parts["residual"] == pytest.approx(np.pi**2 / 3)
    # From glmer 1.1-31, whose Laplace optimum is good to three digits.
    assert parts["r_squared_marginal"] == pytest.approx(0.08536, rel=2e-3)
    assert parts["r_squared_conditional"] == pytest.approx(0.18721, rel=2e-3)


def test_counts_have_the_variance_of_their_logarithm(glmm):
    rng = np.random.default_rng(2)
    data = pd.DataFrame({"g": np.repeat(np.arange(60), 10), "x": rng.normal(size=600)})
    data["y"] = rng.poisson(np.exp(1 + 0.3 * data.x + 0.5 * rng.normal(size=60)[data.g]))
    model = glmm("y ~ x + (1 | g)", data, "poisson")
    parts = model.variance_decomposition(data)
    mean = model.predict(data, re_form="marginal").mean()
    assert parts["residual"] == pytest.approx(np.log1p(1 / mean))
    assert parts["icc"]["g"] == pytest.approx(
        model.var_corr().vcov[0] / (model.var_corr().vcov[0] + parts["residual"])
    )


def test_offsets_are_not_explained_variance(lmm, sleepstudy):
    data = sleepstudy.assign(shift=np.linspace(0, 900, 180))
    data["moved"] = data.Reaction + data["shift"]
    plain = lmm("Reaction ~ Days + (1 | Subject)", data).variance_decomposition()
    moved = lmm("moved ~ Days + offset(shift) + (1 | Subject)", data).variance_decomposition()
    assert moved["r_squared_marginal"] == pytest.approx(plain["r_squared_marginal"])


def test_two_terms_of_a_group_add_up(lmm, sleepstudy):
    model = lmm("Reaction ~ Days + (Days || Subject)", sleepstudy)
    parts = model.variance_decomposition()
    intercept, slope = model.var_corr().vcov[:2]
    expected = intercept + slope * (sleepstudy.Days**2).mean()
    assert parts["random"] == {"Subject": pytest.approx(expected)}
