"""With the formula's terms alone: the fit of the exact engine. And generalised fits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tabmixbench.validation.reference import reference_data
from tabmixnn import TabMixNNRegressor
from tabmixnn.inference.additive.fit import fit_additive
from tabmixnn.inference.additive.model import Model
from tabmixnn.inference.additive.outcome import WorkingOutcome
from tabmixnn.inference.marginal.response import Response


def sleepstudy():
    return reference_data({"data": ["lme4", "sleepstudy"], "factors": ["Subject"]})


def crossed():
    rng = np.random.default_rng(0)
    n = 240
    data = pd.DataFrame({"x": rng.normal(size=n), "z": rng.normal(size=n)})
    a, b = rng.permutation(n) % 20, rng.permutation(n) % 8
    data["a"], data["b"] = [f"a{i:02d}" for i in a], [f"b{i}" for i in b]
    effects = rng.normal(size=(20, 2)) * [0.8, 0.5]
    data["y"] = 1.0 + data["x"] + effects[a, 0] + effects[a, 1] * data["x"]
    data["y"] += 0.7 * rng.normal(size=8)[b] + 0.4 * rng.normal(size=8)[b] * data["z"]
    data["y"] += rng.normal(size=n)
    return data


MODELS = {
    "random slope": ("Reaction ~ Days + (Days | Subject)", sleepstudy),
    "crossed": ("y ~ x + z + (x || a) + (z || b)", crossed),
}


def beta(known, found):
    """The coefficients of the formula's columns as they are."""
    return known.space.basis @ found.solution.side[-found.matrices.p :]


def criterion(known, found):
    return found.solution.criterion - 2 * np.linalg.slogdet(known.space.basis)[1]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("formula", "make"), MODELS.values(), ids=MODELS)
def test_formula_alone_is_the_exact_fit(read, formula, make, weighted):
    data = make()
    weights = np.random.default_rng(1).uniform(0.5, 2.0, len(data)) if weighted else None
    exact = TabMixNNRegressor(formula, inference="marginal", hidden_dims=[])
    result = exact.fit(data, weights=weights).engine_.result
    known = read(formula, data, weights)
    model, found = known.fit(tol=1e-13)
    assert criterion(known, found) == pytest.approx(result.criterion_value, rel=1e-5)
    assert criterion(known, found) == pytest.approx(result.criterion_value, abs=1e-5)
    sigma = np.sqrt(found.solution.sigma2)
    assert sigma == pytest.approx(result.sigma, rel=1e-4)
    np.testing.assert_allclose(beta(known, found), result.beta, rtol=1e-4, atol=1e-5)
    covariances = model.formula_covariances(known.rows, found)
    for mine, theirs in zip(covariances, result.G, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=5e-3, atol=5e-3 * theirs.max())
    np.testing.assert_allclose(found.eta, exact.predict(data), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(("formula", "make"), MODELS.values(), ids=MODELS)
def test_exact_estimates_are_the_optimum(read, formula, make):
    data = make()
    exact = TabMixNNRegressor(formula, inference="marginal", hidden_dims=[])
    result = exact.fit(data).engine_.result
    known = read(formula, data)
    model = Model(known.space)
    x = model.formula_start(model.matrices(known.rows), known.rows, result.factors)
    _, found = known.fit(x=x, steps=0)
    assert criterion(known, found) == pytest.approx(result.criterion_value, rel=1e-5)
    np.testing.assert_allclose(beta(known, found), result.beta, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.eta, exact.predict(data), rtol=1e-3, atol=1e-3)


def test_correlations_are_those_of_the_largest_factor_alone(read):
    data = crossed()
    data["centred"] = data["z"] - data["z"].mean()
    formula = "y ~ x + z + (x | a) + (0 + centred | b) + (1 | b)"
    exact = TabMixNNRegressor(formula, inference="marginal", hidden_dims=[])
    result = exact.fit(data).engine_.result
    known = read("y ~ x + z + (x | a) + (z | b)", data)
    _, found = known.fit(tol=1e-13)
    assert criterion(known, found) == pytest.approx(result.criterion_value, abs=1e-4)


def test_residuals_and_predictions_agree(read, curves):
    known = read("y ~ x + z + (z | g) + (1 | h)", curves())
    _, found = known.fit(terms=known.space.candidates[:2])
    np.testing.assert_allclose(found.residuals, known.outcome.y - found.eta)
    np.testing.assert_allclose(found.predict(found.matrices), found.eta)


def test_generalised_fit_without_random_effects_is_maximum_likelihood(read):
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(3)
    data = pd.DataFrame({"x": rng.normal(size=150), "z": rng.normal(size=150)})
    data["y"] = (rng.uniform(size=150) < 1.0 / (1.0 + np.exp(-data["x"]))) * 1.0
    known = read("y ~ x + z", data)
    matrices = Model(known.space).matrices(known.rows)
    outcome = WorkingOutcome(Response("binomial", None, data["y"].to_numpy(), None), np.zeros(150))
    found = fit_additive(matrices, outcome, np.empty(0), np.zeros(150))
    expected = LogisticRegression(C=np.inf, tol=1e-10).fit(data[["x", "z"]], data["y"])
    np.testing.assert_allclose(beta(known, found)[1:], expected.coef_[0], rtol=1e-3)


def test_years_and_dollars_cost_no_digits(read, curves):
    data = curves()
    rng = np.random.default_rng(0)
    data["year"] = 1970 + rng.integers(0, 17, len(data))
    data["money"] = 1e5 * rng.uniform(0.5, 2.0, len(data))
    formula = "y ~ year + money + (year | g)"
    small = data.assign(year=data["year"] - 1978, money=data["money"] / 1e5)
    fits = [read(formula, each).fit(steps=20)[1] for each in (data, small)]
    assert all(np.isfinite(each.solution.criterion) for each in fits)
    exact = TabMixNNRegressor(formula, inference="marginal", hidden_dims=[]).fit(small)
    np.testing.assert_allclose(fits[1].eta, exact.predict(small), atol=0.05)
    np.testing.assert_allclose(fits[0].eta, fits[1].eta, atol=1e-6)
