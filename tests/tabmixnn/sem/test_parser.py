"""What the model syntax means, and where it points when it cannot be read."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabmixnn.sem import SEM, LavaanSyntaxError, ModelError, parameter_table, parse_model


def paths(text):
    return [(e.lhs, e.op, e.rhs) for e in parse_model(text).elements]


def only(text):
    (element,) = parse_model(text).elements
    return element.modifiers


@pytest.mark.parametrize(
    "text",
    [
        "y ~ a + b",
        "y~a+b",
        "y ~ a +\n   b",
        "y ~ a\n   + b",
        "y ~\n a\n\n + b",
        "# first\ny ~ a + b # second",
        "y ~ a + b ! third",
        "y ~ + a + b",
        "y ~ a\n# between\n + b",
    ],
)
def test_layout_does_not_matter(text):
    assert paths(text) == [("y", "~", "a"), ("y", "~", "b")]


def test_several_left_hand_sides_share_the_right_one():
    assert paths("y1 + y2 ~ x; z =~ y3") == [
        ("y1", "~", "x"),
        ("y2", "~", "x"),
        ("z", "=~", "y3"),
    ]


def test_intercepts():
    assert paths("y ~ 1 + x") == [("y", "~1", ""), ("y", "~", "x")]
    assert only("y ~ 0*1").fixed == 0
    assert only("y ~ 0").fixed == 0


@pytest.mark.parametrize(
    ("modifier", "field", "value"),
    [
        ("0.5*", "fixed", 0.5),
        ("-2e-1*", "fixed", -0.2),
        ("(1/4)*", "fixed", 0.25),
        ("-2^2*", "fixed", -4),
        ("a*", "label", "a"),
        ('"a"*', "label", "a"),
        ("label('a')*", "label", "a"),
        ('equal("f=~x2")*', "label", "f=~x2"),
        ("c(a)*", "label", "a"),
        ("start(0.3)*", "start", 0.3),
        ("start(-1/3)*", "start", -1 / 3),
        ("0.3?", "start", 0.3),
    ],
)
def test_modifiers(modifier, field, value):
    assert getattr(only(f"y ~ {modifier}x"), field) == value


def test_na_frees():
    assert math.isnan(only("y ~ NA*x").fixed)
    table = parameter_table(parse_model("f =~ NA*x1 + x2 + x3; f ~~ 1*f"))
    assert table["free"].tolist()[:4] == [1, 2, 3, 0]


def test_a_variable_named_twice_collects_its_modifiers():
    modifiers = only("y ~ a*x + start(0.3)*x")
    assert (modifiers.label, modifiers.start) == ("a", 0.3)


def test_covariances_are_put_in_the_order_of_the_model():
    model = "f =~ x1 + x2 + x3; g =~ x4 + x5; x3 ~~ x1; g ~~ f"
    assert paths(model)[-2:] == [("x1", "~~", "x3"), ("f", "~~", "g")]


def test_equal_labels_make_an_equality():
    table = parameter_table(parse_model('f =~ x1 + x2 + equal("f=~x2")*x3'))
    last = table.iloc[-1]
    assert (last.lhs, last.op, last.rhs, last.user) == (".p2.", "==", ".p3.", 2)


def test_a_fixed_parameter_fixes_those_with_its_label():
    table = parameter_table(parse_model("y ~ a*x + a*z; y ~ 2*w + a*w"))
    assert table["free"].tolist()[:3] == [0, 0, 0]
    assert table["ustart"].tolist()[:3] == [2, 2, 2]


def test_a_single_indicator_has_no_residual_variance():
    table = parameter_table(parse_model("f =~ x1; y ~ f"))
    row = table[(table.lhs == "x1") & (table.op == "~~")].iloc[0]
    assert (row.free, row.ustart) == (0, 0)


@pytest.mark.parametrize(
    ("text", "line", "column", "problem"),
    [
        ("y ~", 1, 3, "nothing follows '~'"),
        ("~ x", 1, 1, "nothing stands before '~'"),
        ("y ~ a + + b", 1, 7, "a variable is missing after '+'"),
        ("y ~ x\n z ~~ 3*", 2, 8, "a variable is missing after '*'"),
        ("y ~ x $ z", 1, 7, "'$' is not part of the model syntax"),
        ("y x", 1, 1, "no operator"),
        ("y ~ x z", 1, 7, "a + is missing before 'z'"),
        ("y ~ x\n\n  y ~ x", 3, 7, "in the model twice"),
        ("x ~~ y; y ~~ x", 1, 14, "in the model twice"),
        ("f =~ f", 1, 6, "both sides"),
        ("if ~ x", 1, 1, "reserved word"),
        ("y ~ 2", 1, 5, "'2' cannot be a variable"),
        ("f =~ 1", 1, 6, "'1' cannot be a variable"),
        ("y ~ x ~ z", 1, 7, "second operator"),
        ("y | t1", 1, 3, "not supported"),
        ("y ~ x; a <= 2", 1, 10, "not supported"),
        ("y ~ lower(0)*x", 1, 5, "lower() is not supported"),
        ("f =~ c(a, b)*x", 1, 9, "several groups"),
        ("y ~ a*2*x", 1, 5, "one label or one number"),
        ("y ~ start(a)*x", 1, 11, "one label or one number"),
        ("2*y ~ x", 1, 1, "left-hand side must be variables"),
        ("y ~ a*x; c := foo(a)", 1, 15, "no function 'foo'"),
        ("y ~ a*x; c := 2*(a", 1, 19, "closing parenthesis"),
        ("y ~ a*x; c := a a", 1, 17, "does not continue"),
        ("y ~ a*x; 2*c := a", 1, 10, "must be a new label"),
        ("y ~ +", 1, 5, "a variable is missing after '+'"),
        ("y ~ 1/0*x", 1, 5, "1/0 is not a finite number"),
        ("y ~ start(log(0))*x", 1, 11, "log(0) is not a finite number"),
        ("y ~ 9^9^9*x", 1, 5, "not a finite number"),
        ("", 1, 1, "empty"),
    ],
)
def test_an_error_points_at_the_character(text, line, column, problem):
    with pytest.raises(LavaanSyntaxError) as caught:
        parse_model(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert problem in str(caught.value)
    if text:
        shown, mark = str(caught.value).split("\n")[1:]
        assert shown == text.split("\n")[line - 1]
        assert len(mark) == column


def test_constraints_need_labels_that_exist():
    with pytest.raises(ModelError, match="'c := a' refers to 'a'"):
        SEM("y ~ x; c := a")


@pytest.mark.parametrize("text", ["b := 2*a; b := 3*a", "a := 2*a"])
def test_a_definition_needs_a_new_label(text):
    with pytest.raises(ModelError, match=r"defines '[ab]', which is a label already"):
        SEM(f"y ~ a*x; {text}")


def test_only_strings_are_models():
    with pytest.raises(TypeError, match="not list"):
        parse_model(["y ~ x"])


@pytest.mark.parametrize(
    ("text", "value"),
    [("a + b*c", 2 + 3 * 5), ("-a^2", -4), ("(a + b)/c", 1), ("a^b^a", 2**9), ("c - b - a", 0)],
)
def test_expressions_follow_rs_precedence(text, value):
    (constraint,) = parse_model(f"y ~ x; d := {text}").constraints
    expression = constraint.rhs
    at = {"a": 2.0, "b": 3.0, "c": 5.0}
    assert expression.value(at) == pytest.approx(value)
    step = 1e-6
    for name, slope in expression.gradient(at).items():
        ahead, behind = ({**at, name: at[name] + sign * step} for sign in (1, -1))
        numeric = (expression.value(ahead) - expression.value(behind)) / (2 * step)
        assert slope == pytest.approx(numeric, rel=1e-6)


PIECES = ["y", "x1", "f", "a", "0.5", "1", "NA", "~", "~~", "=~", ":=", "==", "<", "+", "*", "?"]
PIECES += ["(", ")", ",", "-", "^", "/", "start", "c", "equal", '"f=~x1"', "\n", ";", "# z\n", "$"]


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(["", "y ~ x1 +", "f =~ a*x1 + ", "y ~"]), st.lists(st.sampled_from(PIECES)))
def test_any_text_is_read_or_refused_with_a_place(start, pieces):
    try:
        parameter_table(parse_model(" ".join([start, *pieces])))
    except (LavaanSyntaxError, ModelError) as error:
        message = str(error)
    else:
        message = "line"
    assert message.startswith(("line", "The constraint"))
