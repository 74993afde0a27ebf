"""Properties that hold for every formula and every order of the rows."""

import json

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from tabmixnn.formula import Design, Formula, FormulaSyntaxError
from tabmixnn.formula.nodes import deparse
from tabmixnn.formula.parser import parse_expression

VARIABLES = st.sampled_from(["x", "z", "f", "g", "I(x^2)", "poly(z, 2)", "scale(x)", "factor(g)"])


def _combine(parts):
    return st.tuples(st.sampled_from(["+", ":", "*", "/", "-", "%in%"]), parts, parts).map(
        lambda drawn: f"({drawn[1]} {drawn[0]} {drawn[2]})"
    )


EXPRESSIONS = st.recursive(VARIABLES, _combine, max_leaves=5)
NUMBERS = st.recursive(
    st.sampled_from(["x", "z", "2", "0.5", "1e-07", "log(x)"]),
    lambda parts: st.one_of(
        st.tuples(parts, st.sampled_from(["+", "-", "*", "/", "^"]), parts).map(" ".join),
        parts.map(lambda part: f"({part})"),
        parts.map(lambda part: f"-{part}"),
    ),
    max_leaves=6,
)
BARS = st.sampled_from(
    ["", " + (1 | h)", " + (x || h)", " + (1 | h/f)", " + (f | h) + (1 | f:h)", " + diag(x | h)"]
)
FORMULAS = st.builds("y ~ {}{}{}".format, st.sampled_from(["", "0 + "]), EXPRESSIONS, BARS)


def _data(seed: int, n: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    data = pd.DataFrame(
        {
            "y": rng.normal(size=n),
            "x": rng.uniform(1, 3, n),
            "z": rng.uniform(1, 9, n),
            "f": rng.choice(list("abc"), n),
            "g": rng.integers(0, 3, n),
            "h": rng.choice(["h1", "h2", "h3", "h4"], n),
        }
    )
    # Every level is there, whatever the draw.
    data.loc[:3, "h"] = ["h1", "h2", "h3", "h4"]
    data.loc[:2, "f"] = list("abc")
    data.loc[:2, "g"] = [0, 1, 2]
    return data


@given(FORMULAS)
def test_a_printed_formula_reads_back(source):
    formula = Formula.parse(source)
    assert Formula.parse(str(formula)) == formula


@given(NUMBERS)
def test_printed_arithmetic_reads_back(source):
    node = parse_expression(source)
    assert parse_expression(deparse(node)) == node


@given(st.text(alphabet="xyzfg01.~+-*/:^()|, `'\"=%in_log{}[]", max_size=30))
def test_any_text_is_read_or_refused(text):
    try:
        formula = Formula.parse(text)
    except FormulaSyntaxError:
        return
    assert Formula.parse(str(formula)) == formula


@settings(deadline=None, max_examples=60)
@given(FORMULAS, st.integers(0, 10), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(source, seed, random):
    data = _data(seed)
    order = list(range(len(data)))
    random.shuffle(order)
    design, frame = Design.fit_frame(source, data)
    other_design, other = Design.fit_frame(source, data.iloc[order])
    assert design.fixed_names == other_design.fixed_names
    np.testing.assert_allclose(frame.X[order], other.X, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(frame.y[order], other.y)
    np.testing.assert_array_equal(frame.cat[order], other.cat)
    for block, permuted in zip(frame.blocks, other.blocks, strict=True):
        assert block.names == permuted.names
        np.testing.assert_array_equal(block.levels, permuted.levels)
        np.testing.assert_array_equal(block.codes[order], permuted.codes)
        np.testing.assert_allclose(block.Z[order], permuted.Z, rtol=1e-9, atol=1e-9)


@settings(deadline=None, max_examples=60)
@given(FORMULAS, st.integers(0, 10), st.sets(st.integers(0, 39), min_size=1))
def test_new_data_get_the_rows_of_the_training_data(source, seed, rows):
    data = _data(seed)
    chosen = sorted(rows)
    design, frame = Design.fit_frame(source, data)
    stored = Design.from_dict(json.loads(json.dumps(design.to_dict())))
    part = stored.frame(data.iloc[chosen])
    np.testing.assert_allclose(part.X, frame.X[chosen], rtol=1e-13, atol=1e-13)
    for block, whole in zip(part.blocks, frame.blocks, strict=True):
        np.testing.assert_array_equal(block.codes, whole.codes[chosen])
        np.testing.assert_allclose(block.Z, whole.Z[chosen], rtol=1e-13, atol=1e-13)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10), st.booleans())
def test_levels_renamed_in_order_change_only_names(seed, intercept):
    data = _data(seed)
    source = f"y ~ {'' if intercept else '0 + '}f * x + (x | h)"
    _, frame = Design.fit_frame(source, data)
    renamed = data.assign(f="level " + data["f"], h=data["h"].str.upper())
    _, other = Design.fit_frame(source, renamed)
    np.testing.assert_array_equal(frame.X, other.X)
    np.testing.assert_array_equal(frame.blocks[0].codes, other.blocks[0].codes)
