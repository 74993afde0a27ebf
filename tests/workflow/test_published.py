"""A model is ranked among published scores, if its own are of the same rows and splits."""

import pandas as pd
import pytest

from tabmixbench.adapters import load_models
from tabmixbench.collect import COLUMNS
from tabmixbench.leaderboard.published import (
    FOLDER,
    OtherEntryError,
    OtherSplitsError,
    fill,
    known,
    note,
)
from tabmixbench.leaderboard.roles import FLOOR

REASONS = ["suite", "dataset", "model", "protocol", "n_splits", "reason"]


def scores(models, *, datasets=("Oats", "Milk"), protocols=("rows", "groups"), shift=0.0):
    """Scores that depend on the dataset, the split and the model."""
    rows = [
        ("regression", dataset, "regression", model, protocol, k, "RMSE",
         value + 0.1 * k + 0.01 * len(dataset) + (shift if dataset == "Milk" else 0.0), 1.0, 0.1)
        for dataset in datasets
        for model, value in models.items()
        for protocol in protocols
        for k in range(3)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def reasons(*models):
    rows = [("regression", "Oats", model, "rows", 3, "why") for model in models]
    return pd.DataFrame(rows, columns=REASONS)


THERE = scores({FLOOR: 1.0, "xgboost": 0.5, "linear": 0.4})


def test_models_that_did_not_run_have_their_published_scores_and_no_other():
    here = scores({FLOOR: 1.0, "linear": 0.3})
    metrics, _ = fill(here, reasons(), THERE, reasons())
    own, other = (metrics[metrics["published"] == flag] for flag in (False, True))
    pd.testing.assert_frame_equal(own[COLUMNS].reset_index(drop=True), here)
    expected = THERE[THERE["model"] == "xgboost"].reset_index(drop=True)
    pd.testing.assert_frame_equal(other[COLUMNS].reset_index(drop=True), expected)


def test_a_model_that_ran_on_one_protocol_has_its_published_scores_on_the_other():
    own = scores({"xgboost": 0.6}, protocols=("groups",))
    here = pd.concat([scores({FLOOR: 1.0}), own], ignore_index=True)
    metrics, _ = fill(here, reasons(), THERE, reasons())
    found = metrics[metrics["model"] == "xgboost"]
    assert set(found.loc[found["published"], "protocol"]) == {"rows"}
    assert set(found.loc[~found["published"], "protocol"]) == {"groups"}


def test_a_reason_counts_as_a_run():
    here = scores({FLOOR: 1.0}, datasets=("Oats",), protocols=("rows",))
    metrics, gaps = fill(here, reasons("xgboost"), THERE, reasons("linear", "xgboost"))
    assert set(metrics.loc[metrics["published"], "model"]) == {"linear"}
    assert list(gaps["model"]) == ["xgboost", "linear"]
    assert list(gaps["published"]) == [False, True]


def test_only_datasets_and_protocols_of_this_run_are_filled():
    here = scores({FLOOR: 1.0}, datasets=("Milk",), protocols=("groups",))
    metrics, _ = fill(here, reasons(), THERE, reasons())
    assert set(metrics["dataset"]) == {"Milk"}
    assert set(metrics["protocol"]) == {"groups"}
    assert set(metrics["model"]) == {FLOOR, "xgboost", "linear"}


def test_without_the_constant_predictor_nothing_is_filled():
    metrics, _ = fill(scores({"linear": 0.3}), reasons(), THERE, reasons())
    assert not metrics["published"].any()


@pytest.mark.parametrize("change", ["rows", "splits"])
def test_scores_of_other_rows_or_splits_are_refused_by_name(change):
    here = scores({FLOOR: 1.0}, shift=1e-4 if change == "rows" else 0.0)
    if change == "splits":
        here = here[(here["dataset"] != "Milk") | (here["split"] < 2)]
    with pytest.raises(OtherSplitsError, match=r"of Milk \(groups\) are of other rows or splits"):
        fill(here, reasons(), THERE, reasons())


HERE = {"Oats": "a1", "Milk": "b2"}


def test_scores_of_another_entry_are_refused_by_name():
    here = scores({FLOOR: 1.0})
    with pytest.raises(OtherEntryError, match="scores of Milk are of another entry in config/data"):
        fill(here, reasons(), THERE, reasons(), HERE, HERE | {"Milk": "of before"})
    for same_or_unknown in (HERE, {"Oats": "a1"}, {}):
        assert fill(here, reasons(), THERE, reasons(), HERE, same_or_unknown)[0]["published"].any()


def test_another_entry_does_not_matter_where_every_model_has_run():
    here = pd.concat([scores({FLOOR: 1.0}), scores({"xgboost": 0.5, "linear": 0.4})])
    metrics, _ = fill(here, reasons(), THERE, reasons(), HERE, dict.fromkeys(HERE, "of before"))
    assert not metrics["published"].any()


def test_a_digest_is_not_made_up_for_scores_that_came_without():
    here = scores({FLOOR: 1.0})
    metrics, _ = fill(here, reasons(), THERE, reasons(), HERE, {"Oats": "a1"})
    assert list(known(metrics, HERE, {"Oats": "a1"})["dataset"]) == ["Oats"]
    assert list(known(here, HERE, {})["dataset"]) == ["Oats", "Milk"]


@pytest.mark.parametrize("prefix", ["", "beyond_", "confirmation_", "again_"])
def test_every_dataset_with_committed_scores_has_a_digest(prefix):
    entries = pd.read_csv(f"{FOLDER}/{prefix}entries.csv", dtype=str)
    metrics = pd.read_csv(f"{FOLDER}/{prefix}metrics.csv")
    assert set(entries["dataset"]) == set(metrics["dataset"])
    assert entries["entry"].str.fullmatch("[0-9a-f]{16}").all()


def test_whose_scores_are_published_is_said():
    models = load_models("config/models.yaml")
    here = scores({FLOOR: 1.0, "linear": 0.3})
    assert note(here, models) == []
    (said,) = note(fill(here, reasons(), THERE, reasons())[0], models)
    assert models["xgboost"].label in said
    assert models["linear"].label not in said


def test_what_has_to_be_known_of_published_scores_stays_with_them():
    models = load_models("config/models.yaml")
    there = THERE.assign(remark=None)
    there.loc[there["model"] == "xgboost", "remark"] = "of another validation."
    metrics, _ = fill(scores({FLOOR: 1.0}), reasons(), there, reasons())
    assert note(metrics, models)[1:] == [f"{models['xgboost'].label}: of another validation."]
    again = pd.concat([scores({FLOOR: 1.0}), scores({"xgboost": 0.6})], ignore_index=True)
    assert len(note(fill(again, reasons(), there, reasons())[0], models)) == 1
