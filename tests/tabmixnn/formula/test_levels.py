"""Names of levels: one value has one level, however a column stores it."""

import numpy as np
import pandas as pd
import pytest

from tabmixnn.formula.columns import FEW_ROWS, learn_levels, match_levels
from tabmixnn.formula.levels import level_name, places_of
from tabmixnn.formula.many_levels import WholeLevels

TIMES = pd.date_range("2020-01-01", periods=8, freq="6h")

#: What is stored in one way when fitting and in the other when predicting.
PAIRS = {
    "booleans and words": ([False, True], ["False", "True"]),
    "R's booleans": (["FALSE", "TRUE"], ["False", "True"]),
    "integers and text of floats": ([1, 2, 30], ["1.0", "2.0", "30.0"]),
    "text and floats": (["-1", "0", "7"], [-1.0, 0.0, 7.0]),
    "times and text": (TIMES, TIMES.astype(str)),
    "days and text of times": (TIMES[::4], ["2020-01-01 00:00:00", "2020-01-02 00:00:00"]),
    "single and double precision": (np.array([0.1, 0.2, 0.5], dtype=np.float32), [0.1, 0.2, 0.5]),
    "widened": (np.float32([0.1, 1 / 3]).astype(float), np.float32([0.1, 1 / 3])),
    "nullable singles": (pd.array([0.1, 2.5], dtype="Float32"), [0.1, 2.5]),
}


@pytest.mark.parametrize("many", [False, True], ids=["few rows", "many rows"])
@pytest.mark.parametrize("pair", PAIRS.values(), ids=list(PAIRS))
def test_a_value_has_one_level_however_it_is_stored(pair, many):
    for train, new in (pair, pair[::-1]):
        train, new = pd.Series(train), pd.Series(new)
        codes, levels = learn_levels(train)
        repeated = np.tile(np.arange(len(new)), FEW_ROWS if many else 1)
        for stored in (new, new.astype("category")):
            found, unseen = match_levels(stored.iloc[repeated], levels)
            assert not unseen
            np.testing.assert_array_equal(found, codes[repeated])


@pytest.mark.parametrize("text", ["007", "1.00", "1e0", "+1", " 1", "one", "1.0.0", ".5", "", "-"])
def test_other_texts_are_levels_of_their_own(text):
    assert match_levels(pd.Series([text]), ["0", "0.5", "1", "7", "-1"])[0].tolist() == [-1]


def test_a_name_of_its_own_comes_before_another_spelling():
    levels = ["1", "1.0", "TRUE", "True"]
    assert match_levels(pd.Series(levels), levels)[0].tolist() == [0, 1, 2, 3]


def test_fractions_nearby_are_levels_of_their_own():
    levels = learn_levels(pd.Series([0.1, 0.2]))[1]
    assert match_levels(pd.Series([0.1 + 1e-9, 0.2 - 1e-12]), levels)[0].tolist() == [-1, -1]


def test_singles_have_the_name_that_they_print():
    names = [level_name(each) for each in (0.1, 3.0, 1e10)]
    assert learn_levels(pd.Series(np.float32([0.1, 1e10, 3.0])))[1] == names


def test_none_is_the_name_of_no_level():
    names = np.array(["a", None, "", "zzz"], dtype=object)
    assert places_of(names, ("", "a", "nan", "None")).tolist() == [1, -1, 0, -1]


STORED = {
    "text": lambda ids: ids.astype(str),
    "text of floats": lambda ids: ids.astype(str) + ".0",
    "category": lambda ids: ids.astype("category"),
    "nullable": lambda ids: ids.astype("UInt64" if ids.min() >= 0 else "Int64"),
}


@pytest.mark.parametrize("stored", STORED.values(), ids=list(STORED))
@pytest.mark.parametrize("step", [1, 1000])
@pytest.mark.parametrize("first", [-(2**62), 0, 2**53 + 10, 2**63 + 5])
def test_very_many_ids_are_exact_beyond_what_a_double_holds(first, step, stored):
    kind = np.uint64 if first >= 2**63 else np.int64
    ids = np.array([first + step * each for each in range(50)], dtype=kind)
    levels = WholeLevels(ids)
    assert list(levels) == [str(each) for each in ids.tolist()]
    expected = np.array([3, 4, 49, 0])
    known = pd.Series(ids[expected])
    for new in (known, stored(known)):
        codes, unseen = match_levels(new, levels)
        np.testing.assert_array_equal(codes, expected)
        assert not unseen


@pytest.mark.parametrize("first", [-(2**62), 0, 2**63 + 5])
def test_ids_beside_them_are_unseen(first):
    kind = np.uint64 if first >= 2**63 else np.int64
    levels = WholeLevels(np.array([first + 2 * each for each in range(50)], dtype=kind))
    beside = [first - 1, first + 1, first + 100, 2**64 + 1, -(2**70), 7.5, "x", "01"]
    for new in (pd.Series(beside, dtype=object), pd.Series(beside).astype(str)):
        codes, unseen = match_levels(new, levels)
        assert (codes == -1).all()
        assert unseen == [str(each) for each in beside]
    assert match_levels(pd.Series([-5, -6]), levels)[0].tolist() == [-1, -1]
