"""What replaces an absent feature."""

import numpy as np
import pandas as pd
import pytest

from tabmixnn.interpret.shapley.background import Conditional, Interventional, distinct_rows


@pytest.fixture(scope="module")
def twins():
    """``b`` is nearly a copy of ``a``; only ``a`` matters."""
    rng = np.random.default_rng(0)
    a = rng.normal(size=200)
    return pd.DataFrame(
        {
            "a": a,
            "b": a + 0.02 * rng.normal(size=200),
            "c": rng.normal(size=200),
            "g": rng.integers(0, 6, 200).astype(str),
            "y": 3 * a + rng.normal(size=200),
        }
    )


@pytest.fixture(scope="module")
def model(lmm, twins):
    fitted = lmm("y ~ a + b + c + (1 | g)", twins)
    # The coefficients a user could have meant: all of the effect is a's.
    fitted.engine_.result.beta[:] = [0.0, 3.0, 0.0, 1.0]
    return fitted


def test_interventional_credits_what_the_model_uses(model, twins):
    found = model.explain(twins).importance()
    assert found["b"] == pytest.approx(0.0, abs=1e-10)
    assert found["a"] == pytest.approx(3 * np.abs(twins.a - twins.a.mean()).mean())


def test_conditional_credits_what_tells_about_it(model, twins):
    options = {"background_data": twins, "background": "conditional", "n_background": 200}
    found = model.explain(twins.head(40), **options)
    assert found.background == "conditional"
    # Twins share the credit, but for what the kernel smooths away; what is independent of both
    # keeps its own.
    importance = found.importance()
    assert importance["b"] == pytest.approx(importance["a"], rel=0.35)
    alone = model.explain(twins.head(40), background_data=twins).importance()
    assert importance["c"] == pytest.approx(alone["c"], rel=0.25)
    assert found.additivity_error() < 1e-6


def test_conditional_weights_follow_the_normal_conditional_mean():
    rng = np.random.default_rng(1)
    a = rng.normal(size=4000)
    columns = pd.DataFrame({"a": a, "b": 0.8 * a + 0.6 * rng.normal(size=4000)})
    background = Conditional(*distinct_rows(columns))
    rows = pd.DataFrame({"a": [-1.0, 0.0, 1.0], "b": 0.0})
    weights = background.weights(rows, np.array([True, False]))
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)
    # A kernel of bandwidth h shrinks the conditional mean by 1 / (1 + h^2), here h = 0.19.
    np.testing.assert_allclose(weights @ background.columns["b"], [-0.77, 0.0, 0.77], atol=0.05)


def test_categories_are_conditioned_on():
    columns = pd.DataFrame({"c": list("aaabbb") * 50, "x": np.arange(300.0)})
    background = Conditional(*distinct_rows(columns))
    rows = pd.DataFrame({"c": ["a", "b"], "x": 0.0})
    weights = background.weights(rows, np.array([True, False]))
    is_a = (background.columns["c"] == "a").to_numpy()
    np.testing.assert_allclose(weights @ is_a, [1.0, 0.0], atol=1e-3)


def test_nothing_present_leaves_the_background_as_it_is():
    columns = pd.DataFrame({"x": [1.0, 1.0, 2.0]})
    for kind in (Conditional, Interventional):
        background = kind(*distinct_rows(columns))
        np.testing.assert_allclose(background.weights(columns, np.array([False])), [[2 / 3, 1 / 3]])


def test_distinct_rows_carry_their_shares():
    columns = pd.DataFrame({"x": [1, 2, 1, 1], "c": ["a", "b", "a", "b"]})
    rows, share = distinct_rows(columns)
    assert rows.to_numpy().tolist() == [[1, "a"], [2, "b"], [1, "b"]]
    np.testing.assert_allclose(share, [0.5, 0.25, 0.25])


def test_numbers_kept_as_objects_are_numbers(model, twins):
    found = model.explain(twins.astype(object), background="conditional")
    expected = model.explain(twins, background="conditional")
    np.testing.assert_allclose(found.values, expected.values, rtol=1e-12)
