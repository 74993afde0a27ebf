"""Columns of types that are neither numbers nor strings: times, and what Arrow calls otherwise."""

import decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from numpy.testing import assert_array_equal

from tabmixnn.formula import Design
from tabmixnn.formula.columns import match_levels
from tabmixnn.formula.errors import FormulaError, MissingColumnError, UnseenLevelError

DAYS = pd.Series(pd.to_datetime(["2024-03-02", "2024-03-01", "2024-03-02", "2024-12-24"]))
LEVELS = ["2024-03-01", "2024-03-02", "2024-12-24"]


def arrow(values):
    return pd.Series(pd.arrays.ArrowExtensionArray(pa.array(values)))


TIMES = {
    "times": DAYS,
    "objects": pd.Series(list(DAYS.dt.to_pydatetime()), dtype=object),
    "dates": DAYS.dt.date,
    "periods": DAYS.dt.to_period("D"),
    "categories": pd.Series(pd.Categorical(DAYS)),
    "arrow's times": DAYS.astype("timestamp[us][pyarrow]"),
    "arrow's dates": arrow(DAYS.dt.date),
}
COUNTED = [each for each in TIMES if each != "categories"]


@pytest.mark.parametrize("times", TIMES.values(), ids=TIMES)
def test_times_are_levels_in_their_order(times):
    data = pd.DataFrame({"day": times})
    design, frame = Design.fit_frame("~ (1 | day)", data)
    (block,) = frame.blocks
    assert list(block.levels) == LEVELS
    assert_array_equal(block.codes, [1, 0, 1, 2])
    for other in (*TIMES.values(), DAYS.dt.strftime("%Y-%m-%d")):
        (again,) = design.frame(pd.DataFrame({"day": other})).blocks
        assert_array_equal(again.codes, block.codes)
    names = Design.fit("~ factor(day)", data).fixed_names
    assert names == ["(Intercept)", "factor(day)2024-03-02", "factor(day)2024-12-24"]


def test_times_of_a_day_have_their_names():
    frame = Design.fit_frame("~ (1 | at)", pd.DataFrame({"at": DAYS + pd.Timedelta("90min")}))[1]
    assert list(frame.blocks[0].levels) == [f"{day} 01:30:00" for day in LEVELS]


@pytest.mark.parametrize("times", [TIMES[each] for each in COUNTED], ids=COUNTED)
@pytest.mark.parametrize("formula", ["~ day", "~ scale(day)", "~ I(day + 1)", "~ (day | g)"])
def test_times_are_no_predictors_of_their_own(formula, times):
    data = pd.DataFrame({"day": times, "g": list("aabb")})
    with pytest.raises(FormulaError, match=r"'day' holds dates or times .* days since a date"):
        Design.fit(formula, data)


def test_decimals_of_arrow_are_numbers():
    values = [decimal.Decimal("1.50"), decimal.Decimal("2.25"), decimal.Decimal("10.00")]
    design, frame = Design.fit_frame("~ x + (1 | x)", pd.DataFrame({"x": arrow(values)}))
    assert design.fixed_names == ["(Intercept)", "x"]
    assert_array_equal(frame.X[:, 1], [1.5, 2.25, 10.0])
    assert list(frame.blocks[0].levels) == ["1.5", "2.25", "10"]


@pytest.mark.parametrize("ordered", [False, True])
def test_categories_of_arrow_are_those_of_pandas(ordered):
    f = pd.Categorical(list("acab"), categories=list("cabd"), ordered=ordered)
    data = pd.DataFrame({"f": f, "g": list("uvuv")})
    same = pa.Table.from_pandas(data).to_pandas(types_mapper=pd.ArrowDtype)
    assert str(same["f"].dtype).startswith("dictionary")
    same.index = data.index = [7, 8, 9, 3]
    design, frame = Design.fit_frame("~ f + (1 | f)", data)
    other, found = Design.fit_frame("~ f + (1 | f)", same)
    assert other.fixed_names == design.fixed_names
    assert_array_equal(found.X, frame.X)
    assert list(found.blocks[0].levels) == list(frame.blocks[0].levels)
    # Batches that are put together can each have categories of their own.
    parts = pd.concat([same.iloc[2:], same.iloc[:2]])
    assert_array_equal(design.frame(parts).X, frame.X[[2, 3, 0, 1]])


@pytest.mark.parametrize("n", [2, 40])
def test_an_empty_string_is_a_level_however_many_rows(n):
    design = Design.fit("~ f", pd.DataFrame({"f": ["a", "b"]}))
    with pytest.raises(UnseenLevelError, match="the level ''"):
        design.frame(pd.DataFrame({"f": ["", "b"] * (n // 2)}))
    codes, unseen = match_levels(pd.Series(["", None, "a"] * (n // 2), dtype=object), ["", "b"])
    assert_array_equal(codes, [0, -1, -1] * (n // 2))
    assert unseen == ["a"]


def test_a_name_that_is_a_number_is_no_string():
    data = pd.DataFrame({0: [1.0, 2, 4], "x": [0.0, 1, 2]})
    with pytest.raises(MissingColumnError, match=r"no column '0', but 0, which is no string"):
        Design.fit("`0` ~ x", data)


def test_codes_of_missing_values_are_none():
    codes, unseen = match_levels(pd.Series([pd.NaT, pd.Timestamp("2024-03-01")]), LEVELS)
    assert_array_equal(codes, [-1, 0])
    assert unseen == []
    assert np.issubdtype(codes.dtype, np.int64)
