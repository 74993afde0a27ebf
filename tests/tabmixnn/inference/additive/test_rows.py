"""Rows as the additive model reads them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tabmixnn.estimators.columns import ColumnDesign
from tabmixnn.inference.additive.rows import Rows
from tabmixnn.inference.exact.placed_frame import PlacedFrame


def test_predictors_are_read_without_grouping_factors(read, curves):
    data = curves().assign(flag=lambda d: d["z"] > 0)
    table = read("y ~ log(x) + c + flag + (z | g)", data).rows.table
    assert set(table.numbers) == {"x", "z"}
    assert set(table.labels) == {"c", "flag"}
    np.testing.assert_array_equal(table.numbers["x"], data["x"])
    assert set(table.labels["flag"]) == {"TRUE", "FALSE"}


def test_columns_without_a_formula():
    features = pd.DataFrame({"x": [1.0, 2.0, 3.0], "c": ["u", "v", "u"]})
    design, frame = ColumnDesign.fit_frame(features)
    table = Rows.of(design, frame).table
    np.testing.assert_array_equal(table.numbers["x"], features["x"])
    assert table.labels["c"].tolist() == ["u", "v", "u"]


def test_levels_of_groups(read, curves):
    known = read("y ~ x + (z | g) + (1 | h)", curves())
    new = curves(seed=1).assign(g=["g00", "new"] * 60)
    rows = Rows.of(known.design, known.design.frame(new), known.rows.table)
    assert rows.codes("g").tolist() == [0, -1] * 60
    assert rows.codes(None).tolist() == [0] * 120


def test_some_rows(read, curves):
    known = read("y ~ x + offset(z) + (z | g) + (1 | h)", curves())
    at = np.array([5, 2, 2])
    rows = known.rows.take(at)
    assert len(rows) == 3
    np.testing.assert_array_equal(rows.X, known.rows.X[at])
    np.testing.assert_array_equal(rows.offset, known.rows.offset[at])
    np.testing.assert_array_equal(rows.codes("h"), known.rows.codes("h")[at])
    np.testing.assert_array_equal(rows.groups[0].Z, known.rows.groups[0].Z[at])


def test_effects_can_be_off(read, curves):
    known = read("y ~ x + (z | g) + (1 | h)", curves())
    rows = known.rows.with_effects([np.array([True, False]), np.array([True])])
    assert not rows.groups[0].Z[:, 1].any()
    np.testing.assert_array_equal(rows.groups[0].Z[:, 0], 1.0)
    np.testing.assert_array_equal(rows.groups[1].Z, known.rows.groups[1].Z)


def test_rows_beyond_others_are_taken_to_the_nearest(read, curves):
    known = read("y ~ x + (z | g)", curves())
    far = curves(seed=1).assign(z=[-9.0, 0.1, 9.0] * 40)
    frame = PlacedFrame.of(known.design.frame(far), far)
    rows = Rows.of(known.design, frame, seen=known.rows.table).within(known.rows)
    low, high = known.rows.table.numbers["z"].min(), known.rows.table.numbers["z"].max()
    expected = np.clip(far["z"], low, high)
    np.testing.assert_array_equal(rows.table.numbers["z"], expected)
    np.testing.assert_array_equal(rows.groups[0].Z, np.column_stack([np.ones(120), expected]))
