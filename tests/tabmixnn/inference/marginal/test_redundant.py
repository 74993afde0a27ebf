"""Random effects of which several covariances are the same model."""

from __future__ import annotations

import warnings
from functools import partial

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNN, TabMixNNRegressor
from tabmixnn.formula import Design
from tabmixnn.inference.marginal import (
    RedundantEffectsWarning,
    SingularFitWarning,
    fit_glmm,
    fit_lmm,
)
from tabmixnn.inference.marginal.redundant import MOST_COLUMNS, redundant_effects
from tabmixnn.inference.marginal.terms import group_terms
from tests.tabmixnn.inference.marginal.at_theta import criterion

EXACT = {"inference": "marginal", "hidden_dims": []}


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    n, a = 400, np.arange(400) % 20
    x = 3.0 + rng.normal(size=n)
    columns = {
        "a": a,
        "b": rng.integers(0, 9, n),
        "x": x,
        "z": 1.0 - 2.0 * x,
        "w": 2.0,
        "none": 0.0,
    }
    data = pd.DataFrame(columns)
    data["f"] = rng.integers(0, 3, n).astype(str)
    data["seconds"] = 1.6e9 + 1e5 * x
    data["half"], data["age"] = a % 2.0, rng.normal(size=20)[a]
    data["y"] = rng.normal(size=20)[a] + x + rng.normal(size=n)
    return data


def found(formula: str, data: pd.DataFrame) -> dict[str, list[str]]:
    frame = Design.fit_frame(f"y ~ x + {formula}", data)[1]
    groupings = group_terms(frame.blocks, None)
    names = {each.group: redundant_effects(each, each.gram()) for each in groupings}
    return {group: effects for group, effects in names.items() if effects}


ONE, F = "(Intercept)", ["f0", "f1", "f2"]


@pytest.mark.parametrize(
    ("formula", "effects"),
    [
        ("(1 | a) + (1 | a)", [ONE, ONE]),
        ("(1 | a) + (x | a)", [ONE, ONE]),
        ("(w | a)", [ONE, "w"]),
        ("(w || a)", [ONE, "w"]),
        ("(x + I(2 * x) | a)", ["x", "I(2 * x)"]),
        ("(0 + x | a) + (0 + I(2 * x) | a)", ["x", "I(2 * x)"]),
        ("(x + z | a)", [ONE, "x", "z"]),
        ("(1 | a) + (0 + f | a)", [ONE, *F]),
        ("(f || a)", [ONE, *F]),  # which R too takes for the one before
        ("(0 + none | a)", ["none"]),
        ("(1 | b) + (w | a)", [ONE, "w"]),
        ("(half | a)", [ONE, "half"]),  # two variances of groups for three parameters
    ],
)
def test_redundant_effects_are_named(formula, effects, data):
    assert found(formula, data) == {"a": effects}


@pytest.mark.parametrize(
    "formula",
    [
        "(1 | a)",
        "(x | a) + (1 | b)",
        "(x || a)",
        "(f | a)",
        "(0 + f | a)",
        "(1 | a) + (1 | a:f)",
        "(0 + x | a) + (0 + z | a)",
        "(seconds | a)",
        "(seconds || a)",
        "(age | a)",  # a predictor of groups whose variance is a quadratic function of it
        "(half || a)",
    ],
)
def test_others_are_not(formula, data):
    assert found(formula, data) == {}


@pytest.mark.filterwarnings("ignore::tabmixnn.inference.marginal.SingularFitWarning")
def test_splits_of_a_redundant_variance_have_one_likelihood(array_block, simulate):
    X, y, blocks = simulate(0)
    one = array_block("a", blocks[0].codes, X[:, :1], names=["(Intercept)"])
    message = r"random effects in group 'a': \(Intercept\), \(Intercept\); other covariances"
    with pytest.warns(RedundantEffectsWarning, match=message):
        twice = fit_lmm(X, y, [one, one])
    once = fit_lmm(X, y, [one])
    assert twice.loglik == pytest.approx(once.loglik, abs=1e-8)
    for share in (0.0, 0.3, 1.0):
        theta = once.theta[0] * np.sqrt([share, 1.0 - share])
        assert criterion(twice, theta)[0] == pytest.approx(once.criterion_value, abs=1e-8)


FITS = {
    "lmm": fit_lmm,
    "weighted": partial(fit_lmm, weights=np.linspace(0.5, 2.0, 200)),
    "glmm": partial(fit_glmm, family="poisson"),
}


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
@pytest.mark.filterwarnings("ignore::tabmixnn.inference.marginal.SingularFitWarning")
def test_every_fit_warns(fit, array_block, simulate):
    X, y, blocks = simulate(1)
    block = array_block("a", blocks[0].codes, np.column_stack([X[:, 0], 5.0 * X[:, 0]]))
    with pytest.warns(RedundantEffectsWarning, match="'a': z0, z1"):
        fit(X, np.abs(np.round(y)), [block, blocks[1]])


@pytest.mark.filterwarnings("ignore::tabmixnn.inference.marginal.SingularFitWarning")
def test_two_factors_with_the_same_levels(data):
    """Such as classes in schools of one class."""
    twins = data.assign(c=(7 * data.a % 20).astype(str))
    message = r"groups '.*' and '.*', whose levels are the same: \(Intercept\), \(Intercept\)"
    for formula in ("(x | a) + (1 | c)", "(1 | c / a)", "(1 | b) + (1 | a) + (1 | c)"):
        with pytest.warns(RedundantEffectsWarning, match=message):
            TabMixNNRegressor(f"y ~ x + {formula}", **EXACT).fit(twins)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RedundantEffectsWarning)
        TabMixNNRegressor("y ~ x + (1 | a) + (0 + x | c)", **EXACT).fit(twins)
        twins.loc[0, "c"] = twins.loc[1, "c"]
        TabMixNNRegressor("y ~ x + (1 | a) + (1 | c)", **EXACT).fit(twins)


def test_rows_in_a_file_and_stored_models(data, tmp_path):
    data.to_parquet(tmp_path / "rows.parquet")
    formula = "y ~ x + (w | a)"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SingularFitWarning)
        with pytest.warns(RedundantEffectsWarning, match=r"'a': \(Intercept\), w"):
            TabMixNNRegressor(formula, **EXACT).fit(str(tmp_path / "rows.parquet"))
        with pytest.warns(RedundantEffectsWarning):
            model = TabMixNNRegressor(formula, **EXACT).fit(data)
    model.save(tmp_path / "model")
    with warnings.catch_warnings():
        warnings.simplefilter("error", RedundantEffectsWarning)
        TabMixNNRegressor.load(tmp_path / "model")


def test_terms_of_many_columns_are_not_looked_at(data):
    rng = np.random.default_rng(0)
    wide = " + ".join(f"I(x * {1.0 + k} + z)" for k in range(MOST_COLUMNS + 1))
    long = data.loc[rng.integers(0, len(data), 1000)].reset_index(drop=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", RedundantEffectsWarning)
        TabMixNN(f"y ~ x + (0 + {wide} || a)", family="gaussian", **EXACT).fit(long)
