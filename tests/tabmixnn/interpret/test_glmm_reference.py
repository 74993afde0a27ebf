"""Generalised models by formula against lme4 1.1-31 and glmmTMB 1.1.5."""

import json
from pathlib import Path

import numpy as np
import pytest

REFERENCE = json.loads((Path(__file__).parents[3] / "data/reference/glmm.json").read_text())


@pytest.fixture(scope="module", params=sorted(REFERENCE))
def case(request, glmm, load_reference):
    reference = REFERENCE[request.param]
    nagq = 25 if reference["method"] == "AGQ25" else 1
    data = load_reference(reference)
    return reference, glmm(reference["formula"], data, reference["family"], nagq=nagq)


def test_fit(case):
    reference, model = case
    assert abs(model.loglik_ - reference["logLik"]) < 1e-3
    assert model.nobs_ - model.df_residual_ == reference["df"]
    table = model.summary().fixed
    names = list(reference["fixef"])
    se = np.array([reference["se"][name] for name in names])
    off = (table.loc[names, "Estimate"] - list(reference["fixef"].values())) / se
    assert np.abs(off).max() < 1e-3
    np.testing.assert_allclose(table.loc[names, "Std. Error"], se, rtol=2e-3)


def test_random_effects(case):
    reference, model = case
    table = model.var_corr()
    assert "Residual" not in table.group.tolist()
    ours = dict(zip(table.group, table.sdcor, strict=True))
    for group, _, _, _, deviation in reference["varcomp"]:
        assert ours[group] == pytest.approx(deviation, rel=1e-4)
    for group, part in reference["ranef"].items():
        effects = model.ranef()[group].loc[part["levels"], part["names"]].to_numpy()
        spread = np.sqrt(part["sum_squares"][0] / part["n"])
        np.testing.assert_allclose(effects / spread, np.array(part["values"]) / spread, atol=1e-3)
    if reference["family"] == "nbinom2":
        assert model.dispersion_ == pytest.approx(reference["sigma"], rel=1e-4)
