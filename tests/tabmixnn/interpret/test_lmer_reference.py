"""What a user holds in hand after fitting by formula, against lme4 and lmerTest."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

REFERENCE = json.loads((Path(__file__).parents[3] / "data/reference/lmer.json").read_text())


@pytest.fixture(scope="module", params=sorted(REFERENCE))
def case(request, fit_reference):
    reference = REFERENCE[request.param]
    return reference, fit_reference(reference)


def test_fixed_effects_and_fit(case):
    reference, model = case
    fixed = model.fixef()
    assert set(fixed.index) == set(reference["fixef"])
    np.testing.assert_allclose(
        fixed[list(reference["fixef"])], list(reference["fixef"].values()), rtol=1e-5
    )
    assert abs(model.loglik_ - reference["logLik"]) < 1e-6
    assert model.aic_ == pytest.approx(reference["AIC"], abs=2e-6)
    assert model.bic_ == pytest.approx(reference["BIC"], abs=2e-6)
    assert model.nobs_ == reference["n"]
    assert model.df_residual_ == reference["n"] - reference["df"]
    assert not model.is_singular()


def test_variances(case):
    reference, model = case
    table = model.var_corr()
    assert table.group.iloc[-1] == "Residual"
    ours = {(row.group, row.term1, row.term2): row for row in table.itertuples()}
    assert len(ours) == len(reference["varcomp"])
    for group, term1, term2, variance, deviation in reference["varcomp"]:
        row = ours[group, term1, term2]
        assert row.vcov == pytest.approx(variance, rel=2e-5)
        assert row.sdcor == pytest.approx(deviation, rel=1e-5)
    assert model.sigma_ == pytest.approx(reference["sigma"], rel=1e-5)


def test_random_effects(case):
    reference, model = case
    effects = model.ranef()
    assert set(effects) == set(reference["ranef"])
    for group, part in reference["ranef"].items():
        values = np.array(part["values"])
        assert len(effects[group]) == part["n"]
        ours = effects[group].loc[part["levels"], part["names"]]
        # lme4's own effects of InstEval's ML fit are not polished.
        tolerance = 1e-5 if reference["polished_ranef"] else 1e-3
        np.testing.assert_allclose(ours, values, atol=tolerance * np.abs(values).max())


def test_summary_has_lmertests_degrees_of_freedom(case):
    reference, model = case
    table = model.summary().fixed
    np.testing.assert_allclose(
        table["Std. Error"][list(reference["se"])], list(reference["se"].values()), rtol=1e-5
    )
    for name, (df, _) in reference.get("ddf", {}).get("satterthwaite", {}).items():
        assert table.loc[name, "df"] == pytest.approx(df, rel=1e-3)
        t = reference["fixef"][name] / reference["se"][name]
        assert table.loc[name, "t value"] == pytest.approx(t, rel=1e-5)
        p = 2 * stats.t.sf(abs(t), df)
        assert table.loc[name, "Pr(>|t|)"] == pytest.approx(p, rel=2e-2)
    kenward_roger = reference.get("ddf", {}).get("kenward_roger", {})
    if kenward_roger:
        table = model.summary(ddf="kenward_roger").fixed
        for name, (df, se) in kenward_roger.items():
            assert table.loc[name, "df"] == pytest.approx(df, rel=1e-3)
            assert table.loc[name, "Std. Error"] == pytest.approx(se, rel=1e-3)
