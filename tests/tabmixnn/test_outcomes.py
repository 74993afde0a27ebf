"""Reading several outcomes from data."""

import numpy as np
import pandas as pd
import pytest

from tabmixnn import OutcomeSpec
from tabmixnn.formula import Formula
from tabmixnn.outcomes import check_outcomes, observed_rows, predictors_only, read_responses


@pytest.fixture
def data():
    return pd.DataFrame(
        {
            "x": [1.0, 2, 3, 4],
            "kg": [50.0, np.nan, 70, 80],
            "ill": ["no", "yes", None, "yes"],
            "time": [1.0, 2, 3, np.nan],
            "event": [1, 0, 1, 1],
            "odd name": [2.0, 4, 8, 16],
        }
    )


def test_outcomes_stand_side_by_side_with_nan_where_missing(data):
    specs = [
        OutcomeSpec("weight", "log(kg)"),
        OutcomeSpec("status", "ill", "binomial"),
        OutcomeSpec("survival", ["time", "event"], "weibull"),
        OutcomeSpec("odd", "odd name"),
    ]
    found = read_responses(specs, data)
    expected = [
        [np.log(50), 0, 1, 1, 2],
        [np.nan, 1, 2, 0, 4],
        [np.log(70), np.nan, 3, 1, 8],
        [np.log(80), 1, np.nan, np.nan, 16],
    ]
    np.testing.assert_allclose(found.y, expected)
    assert found.levels["status"] == ["no", "yes"]
    assert found.levels["weight"] is None
    assert found.family.widths == (1, 1, 2, 1)


def test_ordered_categories_keep_their_order(data):
    data["size"] = pd.Categorical(
        ["big", "small", "big", "mid"], ["small", "mid", "big"], ordered=True
    )
    found = read_responses([OutcomeSpec("size", "size", "ordinal")], data)
    assert found.y[:, 0].tolist() == [2, 0, 2, 1]


def test_rows_without_any_outcome_are_left_out(data):
    data.loc[2, ["kg", "ill"]] = None
    specs = [OutcomeSpec("w", "kg"), OutcomeSpec("s", "ill", "binomial")]
    assert observed_rows(specs, data).tolist() == [0, 1, 3]
    with pytest.raises(ValueError, match="missing in every row; there is nothing"):
        observed_rows(specs, data.loc[[2]])


def test_the_dot_leaves_outcomes_out(data):
    specs = [OutcomeSpec("w", "kg"), OutcomeSpec("s", ["time", "event"], "weibull")]
    data = data.rename(columns={"odd name": "z"})
    formula = predictors_only(Formula.parse("~ ."), specs, data)
    assert set(formula.predictors) == {"x", "ill", "z"}


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("y ~ x", "names the response 'y' and outcomes are given too"),
        ("~ x + kg", "Column 'kg' belongs to outcome 'w' and is a predictor"),
    ],
)
def test_formulas_that_do_not_go_with_outcomes(data, formula, message):
    with pytest.raises(ValueError, match=message):
        predictors_only(Formula.parse(formula), [OutcomeSpec("w", "kg")], data)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (OutcomeSpec("a", "nothing"), "Outcome 'a': the data have no column 'nothing'"),
        (OutcomeSpec("a", "log(nothing)"), "Outcome 'a': the data have no column 'nothing'"),
        (OutcomeSpec("a", "ill"), "Outcome 'a' is categorical .* gaussian model needs numbers"),
        (OutcomeSpec("a", ["x", "ill"]), "Outcome 'a': column 'ill' is not numeric"),
        (OutcomeSpec("a", "x", "nonsense"), "no family 'nonsense'"),
    ],
)
def test_outcomes_that_cannot_be_read(data, spec, message):
    with pytest.raises(ValueError, match=message):
        read_responses([spec], data)


def test_an_outcome_that_is_never_there_is_named(data):
    data["gone"] = np.nan
    with pytest.raises(ValueError, match="Outcome 'a' is missing in every row"):
        read_responses([OutcomeSpec("a", "gone")], data)


def test_names_must_differ():
    with pytest.raises(ValueError, match="2 outcomes have the name 'a'"):
        check_outcomes([OutcomeSpec("a", "x"), OutcomeSpec("a", "y")])


@pytest.mark.parametrize("bad", [[("a", "x")], "a", OutcomeSpec("a", "x")])
def test_a_list_of_specs_is_needed(bad):
    with pytest.raises(TypeError, match="list of OutcomeSpec"):
        check_outcomes(bad)


def test_an_empty_list_is_refused():
    with pytest.raises(ValueError, match="empty list"):
        check_outcomes([])


@pytest.mark.parametrize(("name", "y"), [("", "x"), (3, "x"), ("a", 3), ("a", [1])])
def test_a_spec_says_what_it_needs(name, y):
    with pytest.raises(TypeError, match="must be"):
        OutcomeSpec(name, y)


def test_text_has_no_order_for_an_ordinal_outcome(data):
    data["size"] = ["big", "small", "big", "mid"]
    with pytest.raises(ValueError, match="Outcome 'size': The classes of 'size' have no order"):
        read_responses([OutcomeSpec("size", "size", "ordinal")], data)
