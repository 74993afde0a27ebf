"""``cbind()`` responses: what the columns may hold is the family's to say."""

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNN


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    return pd.DataFrame({name: rng.normal(size=40) for name in "xab"} | {"k": np.arange(40) - 2})


def test_negative_numbers_of_two_gaussian_outcomes(data):
    model = TabMixNN("cbind(a, b) ~ x", family="multivariate_gaussian", epochs=1).fit(data)
    assert model.predict(data).shape == (40, 2)


@pytest.mark.parametrize("options", [{"epochs": 1}, {"inference": "marginal", "hidden_dims": []}])
def test_negative_counts_of_a_binomial_outcome(options, data):
    model = TabMixNN("cbind(k, k + 5) ~ x", family="binomial", **options)
    with pytest.raises(ValueError, match=r"needs .*counts of successes and failures; 2 of 80 .*-2"):
        model.fit(data)


def test_missing_counts_of_a_binomial_outcome(data):
    y = np.column_stack([np.ones(40), data.k.where(data.k > 0)])
    model = TabMixNN("~ x", family="binomial", inference="marginal", hidden_dims=[])
    with pytest.raises(ValueError, match="y is missing in 3 of 40 rows"):
        model.fit(data, y)
    y[:3, 1] = np.inf
    with pytest.raises(ValueError, match="must be finite; 3 of 80 values"):
        model.fit(data, y)
