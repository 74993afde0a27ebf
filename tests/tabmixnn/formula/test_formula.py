"""The parts of a formula: response, fixed part, offsets and random-effects terms."""

import copy
import pickle

import pytest

from tabmixnn.formula import Formula, FormulaSyntaxError, RandomTerm


def test_parts():
    f = Formula.parse("y ~ x1 + offset(log(w)) + (1 + x | g)")
    assert f.response == "y"
    assert f.fixed == "1 + x1"
    assert f.offsets == ("log(w)",)
    assert f.random == (RandomTerm("1 + x", "g", True),)
    assert f.variables == {"y", "x1", "w", "x", "g"}
    assert str(f) == "y ~ 1 + x1 + offset(log(w)) + (1 + x | g)"
    assert not f.has_dot


def test_an_offset_written_twice_is_there_once():
    assert Formula.parse("y ~ offset(a) + x + offset(a) + offset(b)").offsets == ("a", "b")


def test_one_sided():
    f = Formula.parse("~ x + (1 | g)")
    assert f.response is None
    assert f.variables == {"x", "g"}
    assert str(f) == "~ 1 + x + (1 | g)"


@pytest.mark.parametrize(
    ("source", "fixed"),
    [
        ("y ~ 1", "1"),
        ("y ~ 0 + x", "0 + x"),
        ("y ~ x - 1", "x - 1"),
        ("y ~ -1 + x", "-1 + x"),
        ("y ~ -x + z", "1 - x + z"),
        ("y ~ (1 | g)", "1"),
        ("y ~ x * (a + b)^2", "1 + x * (a + b)^2"),
        ("y ~ (1 | g) + x - (a:b) + (1 | h)", "1 + x - (a:b)"),
    ],
)
def test_fixed_part(source, fixed):
    assert Formula.parse(source).fixed == fixed


@pytest.mark.parametrize(
    ("bar", "terms"),
    [
        ("(x | g)", ["(1 + x | g)"]),
        ("(0 + x | g)", ["(0 + x | g)"]),
        ("(x - 1 | g)", ["(x - 1 | g)"]),
        ("((1 | g))", ["(1 | g)"]),
        ("(x || g)", ["(1 | g)", "(0 + x | g)"]),
        ("(0 + x + z || g)", ["(0 + x | g)", "(0 + z | g)"]),
        ("(x * z || g)", ["(1 | g)", "(0 + x | g)", "(0 + z | g)", "(0 + x:z | g)"]),
        ("(f || g)", ["(1 | g)", "(0 + f | g)"]),
        ("(1 | a/b)", ["(1 | b:a)", "(1 | a)"]),
        ("(1 | a/b/c)", ["(1 | c:b:a)", "(1 | b:a)", "(1 | a)"]),
        ("(1 | a:b)", ["(1 | a:b)"]),
        ("(1 | a + b)", ["(1 | a)", "(1 | b)"]),
        ("(x || a/b)", ["(1 | b:a)", "(1 | a)", "(0 + x | b:a)", "(0 + x | a)"]),
        ("(1 | factor(g))", ["(1 | factor(g))"]),
        ("(1 | `my g`)", ["(1 | `my g`)"]),
        ("us(1 + x | g)", ["(1 + x | g)"]),
        ("diag(1 + x | g)", ["diag(1 + x | g)"]),
        ("(1 | g) + (0 + x | g)", ["(1 | g)", "(0 + x | g)"]),
    ],
)
def test_random_terms_expand_as_in_lme4(bar, terms):
    assert [str(term) for term in Formula.parse(f"y ~ {bar}").random] == terms


def test_only_diag_is_uncorrelated():
    formula = Formula.parse("y ~ (x || g) + diag(x | h) + us(x | k)")
    assert [term.correlated for term in formula.random] == [True, True, False, True]


@pytest.mark.parametrize(
    ("source", "position", "words"),
    [
        ("y ~ x | g", 6, "parentheses"),
        ("y ~ x - (1 | g)", 8, "taken away"),
        ("y ~ x * (1 | g)", 11, "parentheses of its own"),
        ("y ~ (x + (1 | g))", 12, "parentheses of its own"),
        ("y ~ (0 | g)", 7, "no effects"),
        ("y ~ (1 | 2)", 9, "grouping factor"),
        ("y ~ (1 | log(g))", 9, "grouping factor"),
        ("y ~ (. | g)", 5, "fixed part"),
        ("y ~ (1 | .)", 9, "grouping factor"),
        ("y ~ (x | g | h)", 7, "parentheses of its own"),
        ("y ~ diag(x)", 4, "diag(1 + x | g)"),
        ("y ~ diag(1 | g, 2)", 4, "nothing else"),
        ("y ~ 2 * x", 6, "I()"),
        ("y ~ x + 2", 8, "I()"),
        ("y ~ x^z", 6, "exponent"),
        ("y ~ x < 2", 6, "I()"),
        ("y ~ I(x:z)", 7, "numbers"),
        ("y ~ log(.)", 8, "alone"),
        ("y ~ I(2)", 4, "no column"),
        ("y ~ 'x'", 4, "not a term"),
        ("y ~ c(1, 2)", 4, "cannot stand here"),
        ("y ~ x:offset(z)", 6, "only be added"),
        ("y ~ x - offset(z)", 8, "taken away"),
        ("y ~ poly(x, dgree = 2)", 20, "'degree'"),
        ("y ~ log(x, 2, 3)", 14, "at most 2"),
        ("y ~ poly()", 4, "needs a column"),
        ("y ~ x + y", 8, "its own predictor"),
        ("y ~ x + (y | g)", 9, "its own predictor"),
        ("cbind(a) ~ x", 0, "successes"),
        ("1 ~ x", 0, "no column"),
    ],
)
def test_errors_point_at_the_character(source, position, words):
    with pytest.raises(FormulaSyntaxError) as caught:
        Formula.parse(source)
    assert words in str(caught.value)
    assert caught.value.position == position


def test_only_text_is_a_formula():
    with pytest.raises(TypeError, match="string, not int"):
        Formula.parse(3)


def test_can_be_stored():
    formula = Formula.parse("y ~ x + (1 | g)")
    assert Formula.parse(formula) is formula
    assert pickle.loads(pickle.dumps(formula)) == formula
    assert copy.deepcopy(formula) == formula
    assert len({formula, Formula.parse("y ~ x + (1|g)")}) == 1
    with pytest.raises(FormulaSyntaxError) as caught:
        Formula.parse("y ~ $")
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)


@pytest.mark.parametrize(
    ("source", "fixed"),
    [
        ("y ~ .", "1 + (a + b + `c d`)"),
        ("log(y) ~ . - b", "1 + (a + b + `c d`) - b"),
        ("y ~ 0 + .^2", "0 + (a + b + `c d`)^2"),
        ("y ~ . + (a | g)", "1 + (a + b + `c d`)"),
        ("y ~ . + offset(log(a)) + (1 | g)", "1 + (b + `c d`)"),
        ("y ~ .:b", "1 + (a + b + `c d`):b"),
    ],
)
def test_dot(source, fixed):
    formula = Formula.parse(source)
    assert formula.has_dot
    columns = ["y", "a", "b", "c d"] + (["g"] if "| g" in source else [])
    expanded = formula.expand_dot(columns)
    assert expanded.fixed == fixed
    assert not expanded.has_dot
    assert Formula.parse(str(expanded)) == expanded


def test_dot_without_columns():
    with pytest.raises(FormulaSyntaxError, match="no column"):
        Formula.parse("y ~ . + (1 | g)").expand_dot(["y", "g"])
