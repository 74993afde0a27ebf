"""Combinations of fixed effects against ``contest`` of lmerTest 3.1-3."""

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNNRegressor
from tabmixnn.inference.marginal import DesignError, RankDeficientWarning
from tabmixnn.interpret import NotExactError

L = [[1, 0], [1, 5], [0, 1]]
# m <- lmer(Reaction ~ Days + (Days | Subject), sleepstudy)
# contest(m, rbind(c(1, 0), c(1, 5), c(0, 1)), joint = FALSE, confint = TRUE)
EXPECTED = [
    [251.40510485, 6.824596695, 17.0, 36.838089646, 1.171e-17, 237.006446769, 265.80376293],
    [303.74153465, 9.581277392, 17.0, 31.701569866, 1.453e-16, 283.526788178, 323.95628112],
    [10.46728596, 1.545789644, 17.0, 6.771481489, 3.264e-06, 7.205954651, 13.72861727],
]
# contest(m, diag(2)), contest(m, diag(2), ddf = "Kenward-Roger")
JOINT = {
    "satterthwaite": (2, 17.0, 749.9504539, 2.635e-17),
    "kenward_roger": (2, 16.0, 705.8357213, 2.488e-16),
}


@pytest.mark.parametrize("ddf", JOINT)
def test_each_has_a_t_test(ddf, sleep):
    table = sleep.contrast(L, ddf=ddf)
    columns = ["Estimate", "Std. Error", "df", "t value", "Pr(>|t|)", "2.5 %", "97.5 %"]
    assert list(table.columns) == columns
    assert list(table.index) == ["(Intercept)", "(Intercept) + 5 Days", "Days"]
    np.testing.assert_allclose(table, EXPECTED, rtol=1e-3)
    np.testing.assert_allclose(
        table[["Estimate", "t value", "df"]], np.array(EXPECTED)[:, [0, 3, 2]], rtol=1e-5
    )


@pytest.mark.parametrize("ddf", JOINT)
def test_all_at_once_have_an_f_test(ddf, sleep):
    table = sleep.contrast(np.eye(2), joint=True, ddf=ddf)
    assert list(table.columns) == ["NumDF", "DenDF", "F value", "Pr(>F)"]
    np.testing.assert_allclose(table.iloc[0], JOINT[ddf], rtol=1e-3)
    np.testing.assert_allclose(table.iloc[0, :3], JOINT[ddf][:3], rtol=2e-5)


def test_weights_may_be_named(sleep):
    rows = pd.DataFrame({"Days": [1, 5], "(Intercept)": [0.0, 1.0]}, index=["slope", "day five"])
    table = sleep.contrast(rows)
    assert list(table.index) == ["slope", "day five"]
    np.testing.assert_array_equal(table, sleep.contrast([[0, 1], [1, 5]]))
    one = sleep.contrast({"Days": -2})
    assert list(one.index) == ["-2 Days"]
    np.testing.assert_allclose(one["Estimate"], -2 * sleep.fixef()["Days"])
    np.testing.assert_array_equal(sleep.contrast(rows[["Days"]]), sleep.contrast([[0, 1], [0, 5]]))
    np.testing.assert_array_equal(sleep.contrast(rows.loc["slope"]), sleep.contrast([0, 1]))


def test_one_effect_is_its_line_of_the_summary(sleep, herds):
    for model in (sleep, herds):
        fixed = model.summary().fixed
        table = model.contrast(np.eye(len(fixed)))
        np.testing.assert_allclose(table.iloc[:, : fixed.shape[1]], fixed, rtol=1e-10)
        assert list(table.columns[: fixed.shape[1]]) == list(fixed.columns)
    limits = herds.contrast(np.eye(4), level=0.9).iloc[:, -2:]
    pd.testing.assert_frame_equal(limits, herds.confint(level=0.9), check_names=False)


def test_generalised_models_have_a_chi_square(herds):
    table = herds.contrast(np.eye(4)[1:], joint=True)
    np.testing.assert_allclose(table, herds.anova(), rtol=1e-12)
    assert herds.contrast({"period2": 1, "period3": -1}, joint=True)["Df"].item() == 1


def test_a_grown_model_has_z_tests():
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.uniform(-3, 3, 300), "g": np.arange(300) % 10})
    data["y"] = (
        3 * np.sin(2 * data.x) + data.x + rng.normal(size=10)[data.g] + rng.normal(0, 0.3, 300)
    )
    model = TabMixNNRegressor("y ~ x + (1 | g)", random_state=0).fit(data)
    assert len(model.terms_)
    fixed = model.summary().fixed
    np.testing.assert_allclose(model.contrast(np.eye(2)).iloc[:, :4], fixed, rtol=1e-10)
    with pytest.raises(ValueError, match="A grown model has z tests"):
        model.contrast([0, 1], ddf="kenward_roger")
    with pytest.raises(NotExactError, match=r"anova\(\) belongs to the exact"):
        model.anova()


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"days": 1}, "There is no fixed effect 'days'. Did you mean 'Days'?"),
        ({"light": 1}, r"There is no fixed effect 'light'. They are \(Intercept\), Days"),
        ({"Days": np.nan}, "must be finite numbers"),
        ({"Days": "one"}, "must be finite numbers"),
        ({"Days": 0}, "has weights of zero only"),
        ({}, "has weights of zero only"),
        ([1, 2, 3], r"a weight for each of the 2 effects of fixef\(\)"),
        ("Days", "A contrast is a dict of weights"),
        (np.empty((0, 2)), "There is no contrast"),
        (pd.DataFrame([[1, 1]], columns=["Days", "Days"]), "'Days' has two columns of weights"),
    ],
)
def test_weights_that_are_none(weights, message, sleep):
    with pytest.raises(ValueError, match=message):
        sleep.contrast(weights)


def test_other_arguments_are_checked(lmm, sleep, sleepstudy, network):
    with pytest.raises(DesignError, match="linearly dependent"):
        sleep.contrast(L, joint=True)
    with pytest.raises(ValueError, match="level"):
        sleep.contrast([0, 1], level=95)
    with pytest.raises(ValueError, match="joint"):
        sleep.contrast([0, 1], joint="yes")
    with pytest.raises(ValueError, match="ddf must be one of"):
        sleep.contrast([0, 1], ddf="none")
    with pytest.raises(NotExactError, match=r"contrast\(\) belongs to"):
        network.contrast([0, 1])
    with pytest.warns(RankDeficientWarning):
        model = lmm("Reaction ~ Days + I(2 * Days) + (1 | Subject)", sleepstudy)
    with pytest.raises(ValueError, match=r"'I\(2 \* Days\)' was not estimated"):
        model.contrast({"I(2 * Days)": 1})


def test_degrees_of_freedom_are_spelled_as_in_lmertest(lmm, sleepstudy):
    model = lmm("Reaction ~ Days + (Days | Subject)", sleepstudy)
    for spelled, name in (("Kenward-Roger", "kenward_roger"), ("Satterthwaite", "satterthwaite")):
        assert str(model.summary(ddf=spelled)) == str(model.summary(ddf=name))
        pd.testing.assert_frame_equal(model.anova(ddf=spelled), model.anova(ddf=name))
        pd.testing.assert_frame_equal(
            model.contrast([0, 1], ddf=spelled), model.contrast([0, 1], ddf=name)
        )
