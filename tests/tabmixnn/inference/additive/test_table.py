"""Predictors by name, whatever types of columns hold them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tabmixnn.formula import FormulaError
from tabmixnn.inference.additive.table import read_table
from tabmixnn.inference.exact.placed_frame import PlacedFrame

DOSES = np.tile([1, 2, 3], 40)
HELD = {
    "int": DOSES,
    "float": DOSES.astype(float),
    "object": pd.Series(DOSES, dtype=object),
    "nullable": pd.array(DOSES, dtype="Int64"),
    "categorical": pd.Categorical(DOSES),
    "categorical of floats": pd.Categorical(DOSES.astype(float)),
    "str": DOSES.astype(str),
}


def table_of(known, data):
    frame = PlacedFrame.of(known.design.frame(data), data)
    return read_table(known.design, frame, known.rows.table)


@pytest.mark.parametrize("new", HELD)
@pytest.mark.parametrize("old", HELD)
def test_a_factor_is_the_same_whatever_holds_its_levels(read, curves, old, new):
    known = read("y ~ x + factor(dose) + (1 | g)", curves().assign(dose=HELD[old]))
    table = table_of(known, curves().assign(dose=HELD[new]))
    for kind in ("numbers", "labels"):
        expected, found = getattr(known.rows.table, kind), getattr(table, kind)
        assert expected.keys() == found.keys()
        for name in expected:
            np.testing.assert_array_equal(found[name], expected[name])


@pytest.mark.parametrize(
    "term", ["factor(dose)", "as.factor(dose)", "C(dose, sum)", "relevel(factor(dose), '2')"]
)
def test_numbers_in_a_factor_alone_are_names(read, curves, term):
    known = read(f"y ~ x + {term} + (1 | g)", curves().assign(dose=DOSES))
    np.testing.assert_array_equal(known.rows.table.labels["dose"], DOSES.astype(str))


@pytest.mark.parametrize("terms", ["factor(dose) + dose", "ordered(dose)", "poly(dose, 2)"])
def test_numbers_that_mean_more_than_names_stay_numbers(read, curves, terms):
    known = read(f"y ~ x + {terms} + (1 | g)", curves().assign(dose=DOSES))
    np.testing.assert_array_equal(known.rows.table.numbers["dose"], DOSES)


def test_a_factor_that_groups_is_no_predictor(read, curves):
    known = read("y ~ x + (1 | factor(dose))", curves().assign(dose=DOSES))
    assert {*known.rows.table.numbers, *known.rows.table.labels} == {"x"}


@pytest.mark.parametrize("new", ["int", "float", "object", "nullable"])
@pytest.mark.parametrize("old", ["int", "object"])
def test_numbers_are_numbers_in_columns_of_any_type(read, curves, old, new):
    known = read("y ~ x + dose + (1 | g)", curves().assign(dose=HELD[old]))
    table = table_of(known, curves().assign(dose=HELD[new]))
    np.testing.assert_array_equal(known.rows.table.numbers["dose"], DOSES)
    np.testing.assert_array_equal(table.numbers["dose"], DOSES)


@pytest.mark.parametrize("dtype", [bool, object, "boolean", int])
def test_a_number_of_zeros_and_ones_may_be_boolean(read, curves, dtype):
    flag = DOSES == 2
    known = read("y ~ x + flag + (1 | g)", curves().assign(flag=flag.astype(int)))
    table = table_of(known, curves().assign(flag=pd.Series(flag).astype(dtype)))
    np.testing.assert_array_equal(table.numbers["flag"], flag)


@pytest.mark.parametrize("dtype", [bool, object, "boolean", int, float, str, "category"])
def test_booleans_may_come_back_as_a_file_holds_them(read, curves, dtype):
    flag = pd.Series(DOSES == 2)
    known = read("y ~ x + flag + (1 | g)", curves().assign(flag=flag))
    table = table_of(known, curves().assign(flag=flag.astype(dtype)))
    np.testing.assert_array_equal(table.labels["flag"], known.rows.table.labels["flag"])


def test_words_are_no_numbers(read, curves):
    known = read("y ~ x + dose + (1 | g)", curves().assign(dose=DOSES))
    words = curves().assign(dose=pd.Series(DOSES).map({1: "one", 2: "two", 3: "three"}))
    frame = PlacedFrame.of(known.frame, words)
    with pytest.raises(FormulaError, match="column 'dose' held numbers in the training data"):
        read_table(known.design, frame, known.rows.table)
