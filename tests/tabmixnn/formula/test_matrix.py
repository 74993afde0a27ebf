"""Columns, their order and their names are those of R's model.matrix (values from R 4.2.2)."""

import numpy as np
import pandas as pd
import pytest

from tabmixnn.formula import Design, FormulaError

DATA = pd.DataFrame(
    {
        "x": [1.0, 2, 4, 7, 11, 12],
        "z": [2.0, 1, 2, 3, 5, 8],
        "f": list("abcabc"),
        "g": list("uuuvvv"),
        "k": [True, False, False, True, True, False],
    }
)


@pytest.mark.parametrize(
    ("formula", "names"),
    [
        ("~ x", "(Intercept) x"),
        ("~ 1", "(Intercept)"),
        ("~ 0", ""),
        ("~ 0 + 1", "(Intercept)"),
        ("~ x - 1 + 1", "(Intercept) x"),
        ("~ -1 + x", "x"),
        ("~ x^2", "(Intercept) x"),
        ("~ (x + f + g)^2 - f:g", "(Intercept) x fb fc gv x:fb x:fc x:gv"),
        ("~ 0 + f", "fa fb fc"),
        ("~ 0 + f + g", "fa fb fc gv"),
        ("~ 0 + x + f", "x fa fb fc"),
        ("~ x:f", "(Intercept) x:fa x:fb x:fc"),
        ("~ 0 + x:f", "x:fa x:fb x:fc"),
        ("~ f:x + g", "(Intercept) gv fa:x fb:x fc:x"),
        ("~ f*x - f", "(Intercept) x fb:x fc:x"),
        ("~ g:f + f", "(Intercept) fb fc gv:fa gv:fb gv:fc"),
        ("~ f:g", "(Intercept) fa:gu fb:gu fc:gu fa:gv fb:gv fc:gv"),
        ("~ f %in% g", "(Intercept) fa:gu fb:gu fc:gu fa:gv fb:gv fc:gv"),
        ("~ x + f/g", "(Intercept) x fb fc fa:gv fb:gv fc:gv"),
        ("~ (x + f)/g", "(Intercept) x fb fc x:fa:gu x:fb:gu x:fc:gu x:fa:gv x:fb:gv x:fc:gv"),
        ("~ k", "(Intercept) kTRUE"),
        ("~ 0 + k", "kFALSE kTRUE"),
        ("~ I(x > 3)", "(Intercept) I(x > 3)TRUE"),
        (
            "~ g * poly(x, 2)",
            "(Intercept) gv poly(x, 2)1 poly(x, 2)2 gv:poly(x, 2)1 gv:poly(x, 2)2",
        ),
        ("~ poly(x, 1) + scale(x)", "(Intercept) poly(x, 1) scale(x)"),
        ("~ ns(x)", "(Intercept) ns(x)"),
        ("~ C(f, sum) + ordered(f)", "(Intercept) C(f, sum)1 C(f, sum)2 ordered(f).L ordered(f).Q"),
        ('~ relevel(f, "c")', '(Intercept) relevel(f, "c")a relevel(f, "c")b'),
        ('~ factor(f, levels = c("c", "a", "b")):x', None),
        ("~ factor(z)", "(Intercept) factor(z)2 factor(z)3 factor(z)5 factor(z)8"),
    ],
)
def test_names(formula, names):
    design, frame = Design.fit_frame(formula, DATA)
    if names is None:
        call = 'factor(f, levels = c("c", "a", "b"))'
        expected = ["(Intercept)", *(f"{call}{level}:x" for level in "cab")]
    else:
        # Blanks also stand inside of calls: "poly(x, 2)1" is one name.
        expected = _split(names)
    assert design.fixed_names == expected
    assert frame.X.shape == (6, len(expected))


def _split(names: str) -> list[str]:
    parts: list[str] = []
    depth = 0
    for word in names.split(" ") if names else []:
        if depth:
            parts[-1] += f" {word}"
        else:
            parts.append(word)
        depth += word.count("(") - word.count(")")
    return parts


def test_the_first_variable_varies_fastest():
    _, frame = Design.fit_frame("~ 0 + f:g", DATA)
    # fa:gu fb:gu fc:gu fa:gv fb:gv fc:gv: each row of the data is its own cell.
    np.testing.assert_array_equal(frame.X, np.eye(6))


def test_interaction_values():
    _, frame = Design.fit_frame("~ x*f", DATA)
    expected = [
        [1, 1, 0, 0, 0, 0],
        [1, 2, 1, 0, 2, 0],
        [1, 4, 0, 1, 0, 4],
        [1, 7, 0, 0, 0, 0],
        [1, 11, 1, 0, 11, 0],
        [1, 12, 0, 1, 0, 12],
    ]
    np.testing.assert_array_equal(frame.X, expected)


@pytest.mark.parametrize(
    ("formula", "column"),
    [
        ("~ 0 + I(x^2)", [1, 4, 16, 49, 121, 144]),
        ("~ 0 + I(-x^2 + 2 * (z - 1))", [1, -4, -14, -45, -113, -130]),
        ("~ 0 + I(2^-1 * x)", [0.5, 1, 2, 3.5, 5.5, 6]),
        ("~ 0 + I(x / z / 2)", [0.25, 1, 1, 7 / 6, 1.1, 0.75]),
        ("~ 0 + I(k * x)", [1, 0, 0, 7, 11, 0]),
        ('~ 0 + I((f == "a") * x)', [1, 0, 0, 7, 0, 0]),
        ('~ 0 + I(x * ("a" != f))', [0, 2, 4, 0, 11, 12]),
        ("~ 0 + log(x, 2)", np.log2([1, 2, 4, 7, 11, 12])),
        ("~ 0 + log(base = 10, z)", np.log10([2, 1, 2, 3, 5, 8])),
        ("~ 0 + I(scale(x)^2)", ((DATA.x - DATA.x.mean()) / DATA.x.std()) ** 2),
    ],
)
def test_arithmetic(formula, column):
    _, frame = Design.fit_frame(formula, DATA)
    np.testing.assert_allclose(frame.X[:, 0], column, rtol=1e-14)


def test_sum_and_helmert_contrasts():
    _, frame = Design.fit_frame("~ C(f, contr.sum)", DATA)
    np.testing.assert_array_equal(frame.X[:3, 1:], [[1, 0], [0, 1], [-1, -1]])
    _, frame = Design.fit_frame("~ C(f, helmert)", DATA)
    np.testing.assert_array_equal(frame.X[:3, 1:], [[-1, -1], [1, -1], [0, 2]])


def test_an_ordered_categorical_gets_polynomial_contrasts():
    quality = pd.Categorical(list("abcd"), categories=list("abcd"), ordered=True)
    design, frame = Design.fit_frame("~ q", pd.DataFrame({"q": quality}))
    assert design.fixed_names == ["(Intercept)", "q.L", "q.Q", "q.C"]
    expected = [
        [-0.67082039325, 0.5, -0.22360679775],
        [-0.22360679775, -0.5, 0.67082039325],
        [0.22360679775, -0.5, -0.67082039325],
        [0.67082039325, 0.5, 0.22360679775],
    ]
    np.testing.assert_allclose(frame.X[:, 1:], expected, atol=1e-11)
    design = Design.fit("~ factor(q, ordered = FALSE)", pd.DataFrame({"q": quality}))
    assert design.fixed_names[1] == "factor(q, ordered = FALSE)b"


def test_a_factor_with_one_level():
    data = DATA.assign(f="only")
    with pytest.raises(FormulaError, match="f has only the level 'only'"):
        Design.fit("~ f", data)
    design, frame = Design.fit_frame("~ 0 + f", data)
    assert design.fixed_names == ["fonly"]
    assert frame.X.sum() == 6


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("~ I(f * 2)", "'f' is categorical"),
        ("~ log(f)", "'f' is categorical"),
        ("~ I(poly(x, 2) + 1)", "2 columns"),
        ('~ I(f == "q")', "no level 'q'"),
        ('~ I(f < "a")', "== or !="),
        ("~ I(x - x^0 * 3 + 1/(z - 1))", "1 row"),
        ("~ poly(k, 2)", "degree"),
    ],
)
def test_what_cannot_be_computed(formula, words):
    with pytest.raises(FormulaError, match=words):
        Design.fit(formula, DATA)
