"""Warnings point at the user's line, however deep in the library they arise."""

import warnings

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNNRegressor, anova


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"x": rng.normal(size=60), "g": np.repeat(list("abcdef"), 10)})
    return rows.assign(y=rows["x"] + rng.normal(size=60), twice=2 * rows["x"])


def test_they_name_this_file(data):
    exact = {"inference": "marginal", "hidden_dims": []}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        small = TabMixNNRegressor("y ~ 1 + (1 | g)", **exact).fit(data)
        large = TabMixNNRegressor("y ~ x + twice + bs(x) + (1 | g)", **exact).fit(data)
        large.predict(data.assign(x=data["x"] + 5))
        small.anova(large)
        anova(small, large)
    assert len({str(each.message) for each in caught}) >= 3
    assert {each.filename for each in caught} == {__file__}
