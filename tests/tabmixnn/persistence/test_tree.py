"""Trees as JSON and arrays, and back."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabmixnn import OutcomeSpec
from tabmixnn.families import FAMILIES, Family, Ordinal
from tabmixnn.inference.exact import EXACT_FAMILIES
from tabmixnn.persistence import ModelFileError
from tabmixnn.persistence.tree import Decoder, Encoder


def through_json(value):
    encoder = Encoder()
    text = json.dumps(encoder.encode(value), allow_nan=False)
    return Decoder(encoder.arrays).decode(json.loads(text))


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
TREES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text() | st.integers() | st.just("$array"), inner)
        | st.tuples(inner, inner)
    ),
    max_leaves=20,
)


@given(TREES)
def test_plain_data_come_back_as_they_were(tree):
    found = through_json(tree)
    assert repr(found) == repr(tree)


@pytest.mark.parametrize("dtype", ["bool", "int32", "int64", "uint32", "float32", "float64"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 0, 4)])
def test_arrays_keep_every_bit(dtype, shape):
    value = (np.random.default_rng(0).normal(size=shape) * 10).astype(dtype)
    found = through_json({"a": value})["a"]
    assert found.dtype == value.dtype
    np.testing.assert_array_equal(found, value)


def test_arrays_may_be_cut_transposed_or_of_the_other_byte_order():
    value = np.arange(12.0).reshape(3, 4)
    for each in (
        value.T,
        value[:, ::2],
        value[::-1],
        value.astype(">f8"),
        np.asfortranarray(value),
    ):
        np.testing.assert_array_equal(through_json(each), each)


def test_an_array_that_occurs_twice_is_stored_once():
    value = np.arange(5)
    encoder = Encoder()
    encoder.encode({"a": value, "b": [value]})
    assert len(encoder.arrays) == 1


def test_numbers_of_numpy_keep_their_type():
    for value in (np.float32(0.1), np.int64(3), np.bool_(True), np.float64("nan")):
        found = through_json(value)
        assert type(found) is type(value)
        np.testing.assert_array_equal(found, value)


@pytest.mark.parametrize(
    "values",
    [
        np.array(["a", "bcd"]),
        np.array([], dtype="U3"),
        np.array(["a", 1, None, True, 2.5], dtype=object),
    ],
)
def test_arrays_of_text(values):
    found = through_json(values)
    assert found.dtype.kind == values.dtype.kind
    assert found.tolist() == values.tolist()


def test_tables_keep_types_names_and_index():
    zone = pd.date_range("2020-01-01", periods=3, tz="Europe/Berlin")
    table = pd.DataFrame(
        {
            "n": [1, 2, 3],
            "x": [0.1, np.nan, np.inf],
            "s": ["a", "b", None],
            "t": pd.date_range("2020-01-01", periods=3, freq="h"),
            "z": zone,
            "d": zone - zone[0],
            "p": pd.PeriodIndex(["2020-01", pd.NaT, "2020-03"], freq="M"),
            "c": pd.Categorical(["u", "v", "u"], categories=["v", "u"], ordered=True),
            "pair": [(0.0, 1.0), (2.0, 3.0), (4.0, 5.0)],
            "b": [True, False, True],
            2: [1.5, 2.5, 3.5],
        },
        index=pd.Index(["i", "j", "k"], name="row"),
    )
    found = through_json(table)
    pd.testing.assert_frame_equal(found, table, check_freq=False)


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(3, 9, 2, name="i"),
        pd.Index([5, 1, 1]),
        pd.Index(["x", "y", "x"]),
        pd.MultiIndex.from_tuples([("a", 1), ("b", 2), ("b", 1)], names=["g", "t"]),
        pd.date_range("2020-01-01", periods=3),
        pd.period_range("2020-01-01", periods=3, freq="W"),
    ],
    ids=lambda index: type(index).__name__,
)
def test_indexes(index):
    pd.testing.assert_index_equal(through_json(index), index, exact=True)


def test_ranges():
    assert through_json(range(2, 9, 3)) == range(2, 9, 3)


def test_series_and_random_states():
    series = pd.Series([1.5, 2.5], index=["a", "b"], name="w")
    pd.testing.assert_series_equal(through_json(series), series)
    state = np.random.RandomState(3)
    state.normal(size=7)
    again = through_json(state)
    np.testing.assert_array_equal(again.normal(size=9), state.normal(size=9))


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_every_family(name):
    found = through_json(FAMILIES[name]())
    assert type(found) is FAMILIES[name]
    assert vars(found) == vars(FAMILIES[name]())


@pytest.mark.parametrize("name", sorted(EXACT_FAMILIES))
def test_every_exact_family_and_link(name):
    for link in EXACT_FAMILIES[name].links():
        found = through_json(EXACT_FAMILIES[name](link))
        assert (type(found), found.link) == (EXACT_FAMILIES[name], link)


def test_outcomes_and_bound_families():
    spec = OutcomeSpec("o", ["a", "b"], Ordinal(4))
    found = through_json([spec])[0]
    assert (found.name, found.y, found.family.n_classes) == ("o", ["a", "b"], 4)


class Mine(Family):
    name, data_type, link = "gaussian", "real", "identity"
    parameters = distribution = check_values = None


@pytest.mark.parametrize(
    "value",
    [object(), print, lambda: 0, {1, 2}, 1j, np.array([1j]), Mine()],
    ids=lambda value: type(value).__name__,
)
def test_what_cannot_be_stored_is_named(value):
    with pytest.raises(TypeError, match=r"deep\.er.*cannot be stored"):
        Encoder().encode({"deep": {"er": value}})


@pytest.mark.parametrize(
    "value",
    [
        {"$eval": "1"},
        {"$object": "os.system", "state": {}},
        {"$object": "subprocess:Popen", "state": {"args": "true"}},
        {"$object": "OutcomeSpec", "state": {"name": "a"}},
        {"$object": "BlockSpec", "state": {"group": "g", "names": [], "n_levels": 1, "x": 0}},
        {"$object": "Family", "state": {"name": "__init__", "options": {}}},
        {"$array": "absent"},
        {"$scalar": "object", "of": 1},
    ],
    ids=str,
)
def test_what_is_not_known_is_refused(value):
    with pytest.raises(ModelFileError):
        Decoder({}).decode({"a": [value]})
