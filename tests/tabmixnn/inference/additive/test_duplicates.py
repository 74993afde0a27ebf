"""Rows that are there twice."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from tabmixnn.inference.additive.duplicates import DuplicateRowsWarning, warn_of_duplicates


def asked(read, data, formula="y ~ x + z + (1 | g)"):
    known = read(formula, data)
    warn_of_duplicates(known.rows, known.frame.y)


def test_rows_that_are_there_twice_are_told(read, curves):
    with pytest.warns(DuplicateRowsWarning, match="100% of the rows are exact copies of others"):
        asked(read, pd.concat([curves(), curves()], ignore_index=True))


@pytest.mark.parametrize("name", ["dose", "y", "g"])
def test_rounded_responses_of_few_predictors_are_not(read, name):
    """Whatever the predictor is called."""
    rng = np.random.default_rng(0)
    data = pd.DataFrame({name: np.tile([1.0, 2.0, 3.0], 40), "h": np.repeat(np.arange(30), 4)})
    data["size"] = rng.normal(size=120).round(1)
    with warnings.catch_warnings():
        warnings.simplefilter("error", DuplicateRowsWarning)
        asked(read, data, f"size ~ {name} + (1 | h)")
