"""Transforms learned from a column in pieces are those learned from the whole column."""

import numpy as np
import pandas as pd
import pytest

from tabmixnn.formula.many_levels import WholeLevels
from tabmixnn.formula.transforms import TRANSFORMS


@pytest.fixture
def x():
    return np.random.default_rng(1).gamma(2.0, 30.0, 1000) + 500.0


def in_pieces(transform, x, **options):
    learner = transform.in_pieces(**{**transform.parameters, **options})
    for _ in range(20):
        for piece in np.array_split(x, 7):
            learner.add(piece)
        state = learner.end_pass()
        if state is not None:
            return state
    raise AssertionError("never done")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("scale", {}),
        ("scale", {"center": False}),
        ("scale", {"center": 520.0}),
        ("scale", {"scale": False}),
        ("center", {}),
        ("poly", {"degree": 1}),
        ("poly", {"degree": 4}),
        ("poly", {"degree": 3, "raw": True}),
        ("bs", {}),
        ("bs", {"knots": [520.0, 560.0]}),
        ("ns", {"knots": [540.0], "intercept": True}),
    ],
)
def test_the_same_columns(name, options, x):
    transform = TRANSFORMS[name]
    whole = transform.fit(x, **{**transform.parameters, **options})
    found = in_pieces(transform, x, **options)
    assert found.keys() == whole.keys()
    np.testing.assert_allclose(
        transform.apply(x, found), transform.apply(x, whole), rtol=1e-10, atol=1e-12
    )


@pytest.mark.parametrize("name", ["scale", "poly"])
def test_a_constant_column(name):
    with pytest.raises(ValueError, match="constant"):
        in_pieces(TRANSFORMS[name], np.full(100, 3.0))


@pytest.mark.parametrize("name", ["bs", "ns"])
def test_knots_at_quantiles_need_all_rows(name, x):
    with pytest.raises(ValueError, match="quantiles of the whole column"):
        in_pieces(TRANSFORMS[name], x, df=6)


@pytest.mark.parametrize("values", [[3, 4, 7, 9], [-5, 0, 10**6], [2**40, 2**40 + 1]])
def test_levels_of_numbers_are_found_by_number_and_by_name(values):
    levels = WholeLevels(np.array(values))
    assert list(levels) == [str(value) for value in values]
    assert np.array(levels).tolist() == list(levels)
    assert levels[-1] == str(values[-1])
    asked = pd.Series([values[-1], 8, values[0], -(2**50)])
    codes, unseen = levels.match(asked)
    assert codes.tolist() == [len(values) - 1, -1, 0, -1]
    assert unseen == [str(-(2**50)), "8"]
    for same in (asked.astype(str), asked.astype(str).astype("category"), asked.astype(float)):
        assert levels.match(same)[0].tolist() == codes.tolist()
    assert levels.match(pd.Series(["03", "x", None]))[0].tolist() == [-1, -1, -1]
