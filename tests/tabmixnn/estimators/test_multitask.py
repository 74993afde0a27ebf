"""Several outcomes of one model, as in section 4.3.1 of the paper."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from tabmixnn import OutcomeSpec, TabMixNN
from tabmixnn.families import Binomial, Gaussian
from tabmixnn.sem import ModelError

OUTCOMES = [
    OutcomeSpec(name="continuous", y="outcome1", family=Gaussian()),
    OutcomeSpec(name="binary", y="outcome2", family=Binomial()),
]


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    n = 240
    codes = rng.integers(0, 12, n)
    x = rng.normal(size=(n, 2))
    eta = x @ [1.0, -0.5] + rng.normal(size=12)[codes]
    return pd.DataFrame(
        {
            "x1": x[:, 0],
            "x2": x[:, 1],
            "subject_id": codes.astype(str),
            "outcome1": 100 + 20 * (eta + 0.3 * rng.normal(size=n)),
            "outcome2": np.where(rng.uniform(size=n) < 1 / (1 + np.exp(-2 * eta)), "yes", "no"),
        }
    )


def model(**options):
    settings = {"outcomes": OUTCOMES, "epochs": 40, "lr": 0.01, "random_state": 0}
    return TabMixNN("~ x1 + x2 + (1 | subject_id)", **(settings | options))


def test_the_kind_that_is_advised_for_a_class_is_one_they_have(data):
    fitted = model(epochs=1).fit(data)
    with pytest.raises(ValueError, match="use kind='response'"):
        fitted.predict(data, kind="class")
    assert list(fitted.predict(data, kind="response")) == ["continuous", "binary"]


def test_the_papers_snippet(data):
    fitted = model(output_sem_mode="learned", hidden_dims=[64, 32]).fit(data)
    predictions = fitted.predict(data, as_dict=True)
    assert list(predictions) == ["continuous", "binary"]
    assert np.corrcoef(predictions["continuous"], data.outcome1)[0, 1] > 0.9
    ill = (data.outcome2 == "yes").to_numpy()
    assert predictions["binary"][ill].mean() > predictions["binary"][~ill].mean() + 0.3
    structure = fitted.get_output_structure()
    assert structure.loc["binary", "continuous"] != 0
    assert structure.loc["continuous", "binary"] == 0
    assert fitted.outcome_levels_["binary"] == ["no", "yes"]
    assert {"output_sparse", "penalty"} <= set(fitted.history_)


def test_without_a_dict_predictions_are_a_table(data):
    fitted = model(epochs=2).fit(data)
    table = fitted.predict(data.tail(5))
    assert list(table.columns) == ["continuous", "binary"]
    assert table.index.equals(data.tail(5).index)
    by_name = fitted.predict(data.tail(5), as_dict=True, re_form="none", kind="link")
    assert by_name["continuous"].shape == (5,)


def test_predictions_need_no_outcome_columns(data):
    fitted = model(epochs=2).fit(data)
    new = data.drop(columns=["outcome1", "outcome2"])
    assert fitted.predict(new).equals(fitted.predict(data))


def test_rows_without_one_outcome_train_the_other(data):
    holes = data.copy()
    holes.loc[:119, "outcome1"] = np.nan
    holes.loc[120:179, "outcome2"] = None
    fitted = model().fit(holes)
    predictions = fitted.predict(data, as_dict=True)
    # The first half never showed outcome1 but its groups and slopes did elsewhere.
    assert np.corrcoef(predictions["continuous"][:120], data.outcome1[:120])[0, 1] > 0.85
    assert np.isfinite(fitted.history_.to_numpy()).all()


def test_the_values_of_missing_rows_do_not_matter(data):
    one = OUTCOMES[:1]
    holes = data.copy()
    holes.loc[:59, "outcome1"] = np.nan
    left_out = model(outcomes=one, epochs=3).fit(holes.iloc[60:])
    masked = model(outcomes=one, epochs=3).fit(holes)
    pd.testing.assert_frame_equal(left_out.predict(data), masked.predict(data))


def test_lavaan_edges_hold_their_fixed_values(data):
    fitted = model(output_sem_mode="lavaan", output_sem="binary ~ 0.05*continuous", epochs=2)
    structure = fitted.fit(data).get_output_structure()
    assert structure.loc["binary", "continuous"] == pytest.approx(0.05)


def test_a_cycle_is_named(data):
    cyclic = "binary ~ continuous\n continuous ~ binary"
    with pytest.raises(ModelError, match="continuous -> binary -> continuous"):
        model(output_sem_mode="lavaan", output_sem=cyclic).fit(data)


def test_probabilities_of_all_classes(data):
    fitted = TabMixNN("outcome2 ~ x1", family="binomial", epochs=2, random_state=0).fit(data)
    found = fitted.predict(data, kind="probability")
    np.testing.assert_allclose(found[:, 1], fitted.predict(data))
    assert list(fitted.predict(data, as_dict=True)) == ["outcome2"]
    with pytest.raises(ValueError, match="gaussian outcome has no classes"):
        model(epochs=1).fit(data).predict(data, kind="probability")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"outcomes": OUTCOMES + OUTCOMES[:1]}, "2 outcomes have the name 'continuous'"),
        ({"inference": "marginal", "hidden_dims": []}, "fits one outcome"),
        ({"family": "poisson"}, "has a family of its own"),
        ({"output_sem_mode": "both"}, "output_sem_mode must be one of"),
        ({"output_sem_mode": "learned", "lambda_output_sparse": -1}, "lambda_output_sparse"),
        ({"outcomes": None, "output_sem_mode": "learned"}, "two outcomes or more"),
        ({"outcomes": None, "output_sem_mode": "lavaan"}, "needs outcomes"),
    ],
)
def test_options_that_do_not_go_together(data, options, message):
    with pytest.raises(ValueError, match=message):
        model(**options).fit(data)


def test_data_that_do_not_go_with_outcomes(data):
    with pytest.raises(ValueError, match="y is given too"):
        model().fit(data, data.outcome1)
    with pytest.raises(ValueError, match="need a formula"):
        model().set_params(formula=None).fit(data)
    bad = data.assign(outcome1=5.0)
    with pytest.raises(ValueError, match=r"Outcome 'continuous': .* constant"):
        model().fit(bad)


def test_structure_needs_edges(data):
    with pytest.raises(ValueError, match="without edges between outcomes"):
        model(epochs=1).fit(data).get_output_structure()


def test_methods_for_one_outcome_say_so(data):
    fitted = model(epochs=1).fit(data)
    for method in (fitted.summary, fitted.residuals):
        with pytest.raises(ValueError, match="for one outcome a row, and the model has several"):
            method(data)
    with pytest.raises(ValueError, match="not for a joint one"):
        fitted.calibrate(data)


def test_it_can_be_pickled(data):
    fitted = model(epochs=2, output_sem_mode="learned").fit(data)
    again = pickle.loads(pickle.dumps(fitted))
    pd.testing.assert_frame_equal(again.predict(data), fitted.predict(data))


def test_it_can_be_cloned(data):
    first = model(epochs=2).fit(data).predict(data)
    again = clone(model(epochs=2)).fit(data).predict(data)
    pd.testing.assert_frame_equal(first, again)
