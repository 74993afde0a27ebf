"""A fit that fails leaves a fitted model as it was, and one not fitted without a trace."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from tabmixnn import TabMixNNRegressor, fit_together

EXACT = {"inference": "marginal", "hidden_dims": []}


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"f": list("abc") * 20, "g": np.repeat(list("uvwx"), 15)})
    return data.assign(y=data["f"].map({"a": 0.0, "b": 10.0, "c": 5.0}) + rng.normal(size=60))


@pytest.fixture
def constant(rows):
    return rows.assign(y=1.0, f=rows["f"].map({"a": "b", "b": "c", "c": "d"}))


def test_of_one_model(rows, constant):
    model = TabMixNNRegressor("y ~ f + (1 | g)", **EXACT).fit(rows)
    before = model.predict(rows)
    with pytest.raises(ValueError, match="is constant"):
        model.fit(constant)
    np.testing.assert_array_equal(model.predict(rows), before)


def test_of_several(rows, constant):
    models = [TabMixNNRegressor("y ~ f + (1 | g)", **EXACT) for _ in range(2)]
    with pytest.raises(ValueError, match="is constant"):
        fit_together(models, [rows, constant])
    for model in models:
        with pytest.raises(NotFittedError):
            model.predict(rows)


def test_several_are_checked_as_one_is(rows):
    for options, message in (
        ({"lr": "fast"}, "lr must be"),
        ({"inference": "variational", "nagq": -3}, "nagq must be"),
    ):
        model = TabMixNNRegressor("y ~ f + (1 | g)", **{**EXACT, **options})
        with pytest.raises(ValueError, match=message) as alone:
            model.fit(rows)
        with pytest.raises(ValueError, match=message) as together:
            fit_together([model], [rows])
        assert str(alone.value) == str(together.value)
