"""Shapley values against closed forms and against their definition, spelled out."""

from itertools import permutations
from math import factorial

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNNRegressor
from tabmixnn.interpret.shapley import game as game_module
from tabmixnn.interpret.shapley import methods


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    n = 60
    codes = rng.integers(0, 5, n)
    x1, x2 = rng.normal(size=(2, n))
    c = rng.choice(list("abc"), n)
    y = x1 * x2 + (c == "b") + rng.normal(size=5)[codes] + rng.normal(size=n)
    return pd.DataFrame({"x1": x1, "x2": x2, "c": c, "g": codes.astype(str), "y": y})


@pytest.fixture(scope="module")
def deep(data):
    """A network with interactions, random intercepts only."""
    return TabMixNNRegressor(
        "y ~ x1 + x2 + c + (1 | g)",
        inference="variational",
        hidden_dims=[8],
        lr=0.05,
        epochs=30,
        random_state=0,
    ).fit(data)


def by_definition(model, data, rows, features, group):
    """Average over all orders, predictions made by `predict` on data frames."""

    def value(row, present):
        mixed = data.assign(**{f: row[f] for f in features if f in present}, g=row[group])
        form = "all" if group in present else "none"
        return model.predict(mixed, re_form=form).mean()

    players = [*features, group]
    out = np.zeros((len(rows), len(players)))
    for i, (_, row) in enumerate(rows.iterrows()):
        for order in permutations(range(len(players))):
            before = value(row, set())
            for k, player in enumerate(order):
                after = value(row, {players[p] for p in order[: k + 1]})
                out[i, player] += (after - before) / factorial(len(players))
                before = after
    return out


def test_a_networks_values_are_those_of_the_definition(deep, data):
    rows = data.iloc[:2]
    found = deep.explain(rows, background_data=data)
    expected = by_definition(deep, data, rows, ["x1", "x2", "c"], "g")
    assert found.labels == ["x1", "x2", "c", "g"]
    assert found.method == "exact"
    np.testing.assert_allclose(found.values[:, :, 0], expected, atol=1e-10)
    # The definition's numbers must be ones that a linear shortcut would not give.
    assert np.abs(expected).max() > 0.05


def test_a_linear_models_values_are_its_coefficients(sleep, sleepstudy):
    found = sleep.shapley_values(sleepstudy, random_effects="terms")
    u = sleep.ranef()["Subject"].loc[sleepstudy.Subject.astype(str)]
    days = sleepstudy.Days.to_numpy()
    slope = sleep.fixef()["Days"]
    expected = {
        "Days": slope * (days - days.mean()),
        "(Intercept) | Subject": u["(Intercept)"].to_numpy(),
        "Days | Subject": u["Days"].to_numpy() * days,
    }
    for name, values in expected.items():
        np.testing.assert_allclose(found["values"][name], values, atol=1e-6)
    assert found["base_value"] == pytest.approx(sleep.fixef() @ [1, days.mean()])
    assert found["features"]["Days"] == pytest.approx(np.abs(expected["Days"]).mean())


@pytest.mark.parametrize("method", ["exact", "permutation", "kernel"])
def test_every_method_agrees_with_the_closed_form(sleep, sleepstudy, method):
    pytest.importorskip("shap")
    closed = sleep.explain(sleepstudy, random_effects="terms")
    assert closed.method == "linear"
    found = sleep.explain(sleepstudy, random_effects="terms", method=method)
    np.testing.assert_allclose(found.values, closed.values, atol=1e-6)
    np.testing.assert_allclose(found.base, closed.base, atol=1e-6)


@pytest.mark.parametrize("method", ["permutation", "kernel"])
@pytest.mark.parametrize("background", ["interventional", "conditional"])
def test_sampled_methods_approach_all_coalitions(deep, data, method, background, monkeypatch):
    pytest.importorskip("shap")
    monkeypatch.setattr(methods, "PERMUTATIONS", 300)
    options = {"background_data": data, "background": background}
    exact = deep.explain(data.head(4), **options)
    found = deep.explain(data.head(4), method=method, **options)
    np.testing.assert_allclose(found.values, exact.values, atol=0.05 * np.abs(exact.values).max())
    assert found.additivity_error() < 1e-3


def test_kernel_leaves_numpys_random_state_alone(sleep, sleepstudy):
    pytest.importorskip("shap")
    np.random.seed(5)  # noqa: NPY002
    expected = np.random.random()  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002
    sleep.explain(sleepstudy.head(3), method="kernel")
    assert np.random.random() == expected  # noqa: NPY002


def test_interactions_of_a_linear_model_are_shared_equally(lmm, data):
    model = lmm("y ~ x1:x2 + (1 | g)", data)
    found = model.explain(data)
    assert found.method == "exact"
    b = model.fixef()["x1:x2"]
    x, z = data.x1.to_numpy(), data.x2.to_numpy()
    # v({1}) = x E z, v({2}) = z E x, v({1, 2}) = x z, v({}) = E xz.
    both, neither, first, second = x * z, (x * z).mean(), x * z.mean(), z * x.mean()
    expected = b * 0.5 * ((first - neither) + (both - second))
    np.testing.assert_allclose(found.frame()["x1"], expected, atol=1e-10)


def test_rows_predicted_in_parts_give_the_same(deep, data, monkeypatch):
    whole = deep.explain(data)
    monkeypatch.setattr(game_module, "MAX_ROWS", 100)
    np.testing.assert_allclose(deep.explain(data).values, whole.values, atol=1e-12)


def test_terms_of_a_group_add_up_to_the_group_where_effects_are_additive(sleep, sleepstudy):
    groups = sleep.explain(sleepstudy).frame()["Subject"]
    terms = sleep.explain(sleepstudy, random_effects="terms").frame()
    total = terms["(Intercept) | Subject"] + terms["Days | Subject"]
    np.testing.assert_allclose(total, groups, atol=1e-10)


def test_a_group_without_effect_gets_nothing_and_a_new_level_neither(deep, data):
    new = data.head(5).assign(g="new")
    found = deep.explain(new, background_data=data).frame()
    np.testing.assert_allclose(found["g"], 0.0, atol=1e-12)
    assert np.abs(found["x1"]).max() > 0


def test_a_large_background_is_thinned_by_the_seed(deep, data):
    few = deep.explain(data, n_background=7, seed=1)
    again = deep.explain(data, n_background=7, seed=1)
    other = deep.explain(data, n_background=7, seed=2)
    np.testing.assert_array_equal(few.values, again.values)
    assert not np.allclose(few.values, other.values)
    assert few.additivity_error() < 1e-10


def test_a_network_without_hidden_layers_has_the_closed_form(data):
    model = TabMixNNRegressor(
        "y ~ x1 + x2 + c + (x1 | g)",
        inference="variational",
        hidden_dims=[],
        epochs=20,
        random_state=0,
    ).fit(data)
    closed = model.explain(data, random_effects="terms")
    exact = model.explain(data, random_effects="terms", method="exact")
    assert closed.method == "linear"
    np.testing.assert_allclose(closed.values, exact.values, atol=1e-9)
