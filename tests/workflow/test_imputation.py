"""Missing predictors are filled by what training rows say, and by nothing else."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from tabmixbench.folds import Fold
from tabmixbench.imputation import MISSING_LEVEL, filled, with_missing_levels
from tabmixbench.registry import Imputation

DATASET = SimpleNamespace(
    name="toy",
    task="regression",
    target="y",
    impute={"x": Imputation("median", "why"), "c": Imputation("missing_level", "why")},
)
ROWS = pd.DataFrame(
    {
        "y": np.arange(6.0),
        "x": [1.0, np.nan, 3.0, 4.0, 900.0, np.nan],
        "z": np.arange(6.0),
        "c": pd.Categorical([*"abab", MISSING_LEVEL, "a"]),
    }
)
TEST = np.array([False, False, False, False, True, True])


def test_the_median_is_that_of_the_training_rows():
    train, test = filled(ROWS[~TEST], ROWS[TEST], DATASET)
    assert train["x"].tolist() == [1.0, 3.0, 3.0, 4.0]
    assert test["x"].tolist() == [900.0, 3.0]
    for before, after in ((ROWS[~TEST], train), (ROWS[TEST], test)):
        pd.testing.assert_frame_equal(after.drop(columns="x"), before.drop(columns="x"))


def test_models_see_filled_rows_and_the_prepared_ones_stay_as_they_are():
    fold = Fold.of(SimpleNamespace(dataset=DATASET), ROWS, TEST, "rows", 0)
    assert fold.train["x"].tolist() == [1.0, 3.0, 3.0, 4.0]
    assert fold.held_out["x"].tolist() == [900.0, 3.0]
    assert ROWS["x"].isna().sum() == 2


def test_a_missing_category_is_a_level():
    assert with_missing_levels(pd.Series(["a", None])).tolist() == ["a", MISSING_LEVEL]
