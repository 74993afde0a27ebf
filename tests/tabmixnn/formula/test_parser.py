"""Reading formula text: precedence, printing, and errors that point at a character."""

import pytest

from tabmixnn.formula import FormulaSyntaxError
from tabmixnn.formula.nodes import Binary, Name, deparse, number_text
from tabmixnn.formula.parser import parse_expression, parse_sides


@pytest.mark.parametrize(
    ("source", "printed"),
    [
        ("a+b", "a + b"),
        ("a*b:c/d", "a * b:c/d"),
        ("I( -x/2 *1e6+0.0001)", "I(-x/2 * 1e+06 + 1e-04)"),
        ("poly(x,degree=2)", "poly(x, degree = 2)"),
        ("x**2", "x^2"),
        ("`my x`+`if`", "`my x` + `if`"),
        ("f%in%g", "f %in% g"),
        ("factor(f,levels=c(\"b\",'a'))", 'factor(f, levels = c("b", "a"))'),
        ("bs(x,knots=NULL,intercept=True)", "bs(x, knots = NULL, intercept = TRUE)"),
        ("(a+(b))", "(a + (b))"),
        ("größe + x.1", "größe + x.1"),
    ],
)
def test_prints_as_r_does(source, printed):
    assert deparse(parse_expression(source)) == printed
    assert deparse(parse_expression(printed)) == printed


@pytest.mark.parametrize(
    ("source", "top"),
    [
        ("a + b * c", "+"),
        ("a * b + c", "+"),
        ("a:b * c", "*"),
        ("a %in% b * c", "*"),
        ("a:b %in% c", "%in%"),
        ("a:b^2", ":"),
        ("-a:b", ":"),
        ("a - b - c", "-"),
        ("a + b | g", "|"),
        ("a == b + c", "=="),
    ],
)
def test_precedence(source, top):
    node = parse_expression(source)
    assert isinstance(node, Binary)
    assert node.operator == top


def test_powers_group_from_the_right_and_differences_from_the_left():
    power = parse_expression("a^b^c")
    assert isinstance(power.left, Name)
    difference = parse_expression("a - b - c")
    assert isinstance(difference.right, Name)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.0, "2"),
        (0.5, "0.5"),
        (1e5, "1e+05"),
        (123456.0, "123456"),
        (1e-4, "1e-04"),
        (0.00012345, "0.00012345"),
        (3.14159265358979, "3.14159265358979"),
        (1e15, "1e+15"),
        (0.1, "0.1"),
        (-1e-300, "-1e-300"),
    ],
)
def test_numbers_print_as_in_r(value, text):
    assert number_text(value) == text


@pytest.mark.parametrize(
    ("source", "position", "words"),
    [
        ("y ~ x + (1 | g", 8, "not closed"),
        ("y ~ x +", 7, "ends"),
        ("y ~ x z", 6, "operator"),
        ("y x", 2, "'~'"),
        ("y ~ x ~ z", 6, "only one"),
        ("y ~ lgo(x)", 4, "'log'"),
        ("y ~ s(x)", 4, "mgcv's smooths are found by inference='auto'"),
        ("y ~ te(x, z)", 4, "ns(x) are splines"),
        ("y ~ x[1]", 5, "indexing"),
        ("y ~ 2x", 4, "digit"),
        ("y ~ _x", 4, "backticks"),
        ("y ~ `x", 4, "backtick"),
        ("y ~ ()", 5, "nothing"),
        ("y ~ x = 2", 6, "'=='"),
        ("y ~ x %*% z", 6, "%in%"),
        ("y ~ poly(x,)", 11, "argument"),
        ("y\n ~ x\t$ z", 7, "'$'"),
    ],
)
def test_errors_point_at_the_character(source, position, words):
    with pytest.raises(FormulaSyntaxError) as caught:
        parse_sides(source)
    assert caught.value.position == position
    message, line, caret = str(caught.value).split("\n")
    assert words in message
    assert caret.index("^") == position + 2
    assert len(line) == len(source) + 2


def test_a_long_formula_is_cut_around_the_error():
    source = "y ~ " + " + ".join(f"x{i}" for i in range(1000)) + " + $"
    with pytest.raises(FormulaSyntaxError) as caught:
        parse_sides(source)
    _, line, caret = str(caught.value).split("\n")
    assert len(line) < 200
    assert line[caret.index("^")] == "$"
