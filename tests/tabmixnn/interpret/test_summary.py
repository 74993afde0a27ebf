"""Summaries read like lme4's."""

import warnings

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNN, TabMixNNRegressor
from tabmixnn.inference.marginal import ConvergenceWarning
from tabmixnn.interpret.numbers import abbreviate, escaped, format_numbers, format_p_values

SLEEPSTUDY = """\
Linear mixed model fit by REML. t-tests use Satterthwaite's method
Formula: Reaction ~ Days + (Days | Subject)

REML criterion at convergence: 1743.6

Scaled residuals:
    Min      1Q  Median      3Q     Max
-3.9536 -0.4634  0.0231  0.4634  5.1793

Random effects:
 Groups   Name        Variance Std.Dev. Corr
 Subject  (Intercept) 612.09   24.740
          Days         35.07    5.922   0.07
 Residual             654.94   25.592
Number of obs: 180, groups:  Subject, 18

Fixed effects:
            Estimate Std. Error     df t value Pr(>|t|)
(Intercept)  251.405      6.825 17.000  36.838  < 2e-16 ***
Days          10.467      1.546 17.000   6.771 3.26e-06 ***
---
Signif. codes:  0 '***' 0.001 '**' 0.01 '*' 0.05 '.' 0.1 ' ' 1

Correlation of Fixed Effects:
     (Intr)
Days -0.138"""


def words(text):
    return text.split()


def test_sleepstudy_prints_as_in_r(sleep, sleepstudy):
    summary = sleep.summary(data=sleepstudy)
    assert words(str(summary)) == words(SLEEPSTUDY)
    assert repr(summary) == str(summary)


def test_parts_are_data_frames(sleep):
    summary = sleep.summary()
    assert list(summary.fixed.columns) == ["Estimate", "Std. Error", "df", "t value", "Pr(>|t|)"]
    pd.testing.assert_frame_equal(summary.random, sleep.var_corr())
    assert summary.fit.loc["fit", "nobs"] == 180
    assert summary.fit.loc["fit", "logLik"] == pytest.approx(sleep.loglik_)
    assert summary.groups == {"Subject": 18}


def test_p_values_are_lmertests(sleep):
    p = sleep.summary().fixed["Pr(>|t|)"]
    assert p["Days"] == pytest.approx(3.26382e-06, rel=1e-4)
    assert p["(Intercept)"] == pytest.approx(1.17155e-17, rel=1e-3)


def test_maximum_likelihood_shows_the_criteria(lmm, sleepstudy):
    text = str(lmm("Reaction ~ Days + (1 | Subject)", sleepstudy, reml=False).summary())
    assert "Linear mixed model fit by maximum likelihood" in text
    assert words("AIC BIC logLik deviance df.resid 1802.1 1814.9 -897.0 1794.1 176") == words(
        text.split("\n\n")[1]
    )


def test_a_generalised_model_has_walds_z(herds, cbpp):
    summary = herds.summary(cbpp)
    text = str(summary)
    assert "(Laplace Approximation)" in text
    assert "Family: binomial  ( logit )" in text
    assert words("194.1 204.2 -92.0 184.1 51") == words(text.split("\n\n")[1].split("\n")[1])
    assert list(summary.fixed.columns)[2:] == ["z value", "Pr(>|z|)"]
    # glmer 1.1-31: quantile(residuals(m, "pearson", scaled = TRUE))
    expected = [-2.38163599830, -0.78893538121, -0.20262705309, 0.51425412934, 2.87908806081]
    np.testing.assert_allclose(summary.residuals, expected, atol=2e-3)
    assert "Number of obs: 56, groups:  herd, 15" in text
    assert "Residual" not in text


def test_without_random_effects_the_t_test_is_exact(lmm, sleepstudy):
    # coef(summary(lm(Reaction ~ Days, sleepstudy))) in R 4.2.2
    summary = lmm("Reaction ~ Days", sleepstudy).summary()
    row = summary.fixed.loc["Days"]
    np.testing.assert_allclose(row[:4], [10.4672859596, 1.2381953, 178, 8.4536632], rtol=1e-6)
    assert row["Pr(>|t|)"] == pytest.approx(9.894096e-15, rel=1e-5)
    assert "n - p degrees of freedom" in str(summary)


def test_residuals_of_other_rows(sleep, sleepstudy):
    part = sleepstudy.iloc[:50]
    residuals = (part.Reaction - sleep.predict(part)) / sleep.sigma_
    summary = sleep.summary(part)
    np.testing.assert_allclose(summary.residuals, np.quantile(residuals, [0, 0.25, 0.5, 0.75, 1]))
    assert summary.fit.loc["fit", "nobs"] == 180


def test_an_unknown_method_of_degrees_of_freedom(sleep):
    with pytest.raises(ValueError, match="ddf must be one of 'kenward_roger', 'satterthwaite'"):
        sleep.summary(ddf="wald")


def test_kenward_roger_needs_reml(lmm, sleepstudy):
    model = lmm("Reaction ~ Days + (1 | Subject)", sleepstudy, reml=False)
    with pytest.raises(ValueError, match="Kenward-Roger needs a REML fit"):
        model.summary(ddf="kenward_roger")


def test_a_singular_fit_says_so_in_the_summary(lmm):
    rng = np.random.default_rng(3)
    data = pd.DataFrame({"y": rng.normal(size=60), "g": np.tile(np.arange(6), 10)})
    data["y"] -= data.groupby("g").y.transform("mean")
    with pytest.warns(UserWarning, match=r"variance of \(Intercept\) in group 'g' is zero.*drop"):
        model = lmm("y ~ 1 + (1 | g)", data)
    assert model.is_singular()
    assert "boundary (singular) fit" in str(model.summary())


def test_a_summary_says_that_rows_are_weighted(lmm, sleepstudy):
    weighted = lmm(
        "Reaction ~ Days + (1 | Subject)", sleepstudy.assign(w=1.0 + sleepstudy.Days), weights="w"
    )
    assert "rows are weighted" in str(weighted.summary())
    assert "weighted" not in str(lmm("Reaction ~ Days + (1 | Subject)", sleepstudy).summary())


@pytest.mark.filterwarnings("ignore:the response does not vary", "error::RuntimeWarning")
def test_there_are_no_standard_errors_where_the_likelihood_has_no_maximum():
    group = np.repeat(np.arange(30), 5)
    x = np.random.default_rng(2).normal(size=150)
    data = pd.DataFrame({"g": group, "x": x, "y": group % 2})
    model = TabMixNN("y ~ x + (1 | g)", family="binomial", inference="marginal", hidden_dims=[])
    assert "there are no standard errors" in str(model.fit(data).summary())


@pytest.mark.parametrize("effects", ["(1 | `a\ng`)", "(kind | `a\ng`)"])
@pytest.mark.filterwarnings("ignore:boundary")
def test_breaks_in_names_are_escaped(effects, lmm):
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"a\ng": np.arange(60) % 6, "kind": rng.choice(["a", "b\nc", "d\te"], 60)})
    data["y"] = rng.normal(size=60)
    text = str(lmm(f"y ~ kind + {effects}", data).summary())
    fixed = text.split("Fixed effects:\n")[1].split("\n")
    assert [line.split(" ")[0] for line in fixed[1:4]] == ["(Intercept)", r"kindb\nc", r"kindd\te"]
    assert r"groups:  a\ng, 6" in text
    assert "\t" not in text


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([612.10, 35.0717, 654.94], ["612.10", "35.07", "654.94"]),
        ([24.7406, 5.92214, 25.5918], ["24.741", "5.922", "25.592"]),
        ([1296.87, 954.53], ["1296.9", "954.5"]),
        ([0.4123], ["0.4123"]),
        ([1e-9, 2e-9], ["1e-09", "2e-09"]),
        ([0.0, 2.5], ["0.0", "2.5"]),
        ([float("nan"), 1.0], ["", "1"]),
    ],
)
def test_numbers_are_formatted_as_r_does(values, shown):
    assert format_numbers(values) == shown


def test_p_values_are_formatted_as_r_does():
    p = [1e-20, 1.47e-9, 0.001068, 0.000474, 0.000182]
    assert format_p_values(p) == ["< 2e-16", "1.47e-09", "0.001068", "0.000474", "0.000182"]


def test_escaping_leaves_other_letters_alone():
    assert escaped("Größe\r\n\u2028 x\\n") == r"Größe\r\n\u2028 x\n"


def test_names_are_abbreviated_as_r_does():
    assert [abbreviate(n) for n in ("(Intercept)", "period2", "Days")] == [
        "(Intr)",
        "perid2",
        "Days",
    ]


def test_a_perfect_fit_has_a_summary_without_tests():
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.normal(size=60), "g": np.repeat(np.arange(6), 10)})
    data["y"] = 1.0 + 2.0 * data["x"] + 0.1 * data["g"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = TabMixNNRegressor("y ~ x + (1 | g)", inference="marginal", hidden_dims=[]).fit(data)
    with pytest.warns(ConvergenceWarning, match="almost without error"):
        table = model.summary().fixed
    assert table["Estimate"]["x"] == pytest.approx(2.0)
    assert table["Pr(>|t|)"].isna().all()
