"""Improvements, wins and averages against the rivals."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tabmixbench.claims.claim import Claim, any_holds
from tabmixbench.claims.verdict import undecided, verdict
from tests.workflow.claims.look import look


def test_improvements_are_of_means_with_the_spread_of_splits(evidence):
    settings = {"suite": "regression", "dataset": "sleepstudy", "metric": "RMSE"}
    found = look(evidence, "improvement_over", 50.2, **settings)
    assert found.value == pytest.approx(50.0)
    assert found.spread == pytest.approx(np.std([50, 50, 50], ddof=1), abs=1e-9)
    assert look(
        evidence, "improvement_over", -0.1, **settings, absolute=True
    ).value == pytest.approx(-0.10)


def test_wins_and_averages_are_over_the_rival_nearest_to_the_paper(evidence):
    both = {"suite": "regression"}
    won, lost = (look(evidence, "wins", printed, **both) for printed in (2, 0))
    assert (won.value, lost.value) == (2, 0)
    assert [look(evidence, "wins", printed, **both).better for printed in (1.2, -1)] == [True, True]
    assert "against XGBoost (no ids) 2 of 2 datasets (with p < 0.05: 2 won, 0 lost)" in lost.note
    assert "against XGBoost (ids) 0 of 2 datasets (with p < 0.05: 0 won, 2 lost)" in won.note
    percent = look(evidence, "wins", 99, **both, percent=True)
    assert (percent.value, percent.between) == (100, (100, 100))
    found = [look(evidence, "average_improvement", printed, **both) for printed in (-25, 30)]
    given = 100 * (-(0.10 / 0.42) - (0.20 / 0.61)) / 2
    without = 100 * (0.52 / 1.04 + 0.10 / 0.91) / 2
    assert [each.value for each in found] == pytest.approx([given, without])
    assert [each.better for each in found] == [False, True]
    assert f"over XGBoost (ids) on 2 datasets: {given:+.1f}%" in found[1].note


def test_a_number_of_wins_is_undecided_where_the_noise_allows_several(evidence):
    settings = {"suite": "classification"}
    found = look(evidence, "wins", 1, "count", **settings)
    assert (found.value, found.between) == (1, (0, 1))
    for printed, said in ((1, "cannot be tested"), (0, "cannot be tested"), (2, "not reproduced")):
        claim = Claim("x", "5", "x", "count", "wins", settings, printed)
        assert verdict(claim, found) == said
    claim = Claim("x", "5", "x", "count", "wins", {"suite": "regression"}, 2)
    clear = look(evidence, "wins", 2, "count", suite="regression")
    assert verdict(claim, clear) == "reproduced"
    assert undecided(claim, found) == "undecided: within the noise"


def with_gains(evidence, gains, rival="xgboost_ids"):
    """Classifications in which the paper's network beats a rival by so many points, each split."""
    others = [model for model in ("xgboost", "xgboost_ids") if model != rival]
    rows = [
        ("classification", dataset, "binary", model, "rows", k, "AUROC", value, 1.0, 0.1)
        for dataset, by_split in gains.items()
        for k, gain in enumerate(by_split)
        for model, value in [
            ("tabmixnn_paper", 0.5 + gain / 100),
            (rival, 0.5),
            *((model, 0.5 + gain / 100) for model in others),
        ]
    ]
    results = evidence.results
    frame = pd.DataFrame(rows, columns=results.metrics.columns)
    return replace(evidence, results=replace(results, metrics=frame))


def test_the_largest_improvements_are_told_by_the_least_of_them_and_the_best_left_out(evidence):
    settings = {"suite": "classification", "metric": "AUROC", "datasets": ["HI", "Star"]}
    clear = {"HI": (9, 9.1, 8.9), "Star": (5, 5.1, 4.9), "cbpp": (1, 1.1, 0.9)}
    assert look(with_gains(evidence, clear), "largest_improvements", **settings).holds is True
    lost = clear | {"cbpp": (7, 6.9, 7.1)}
    one = {**settings, "rivals": ["xgboost_ids"]}
    assert look(with_gains(evidence, lost), "largest_improvements", **one).holds is False
    noisy = clear | {"cbpp": (7, 2.0, 7.5)}
    found = look(with_gains(evidence, noisy), "largest_improvements", **settings)
    assert found.holds is None
    assert "the least of these is Star (+10.0%), the largest of the others CBPP (+11.0%)" in (
        found.note
    )


def test_a_sentence_fails_where_both_rivals_refute_it(evidence):
    settings = {"suite": "classification", "metric": "AUROC", "datasets": ["HI", "Star"]}
    gains = {"HI": (9, 9.1, 8.9), "Star": (5, 5.1, 4.9), "cbpp": (1, 1.1, 0.9)}
    for rival in ("xgboost", "xgboost_ids"):
        assert look(with_gains(evidence, gains, rival), "largest_improvements", **settings).holds
    assert any_holds([False, True]) is True
    assert any_holds([False, None]) is None
    assert any_holds([False, False]) is False


def test_an_average_of_classifications_is_that_of_the_average_scores(evidence, results):
    hi = results.metrics[results.metrics["dataset"] == "HI"]
    worse = hi.assign(dataset="cbpp", value=np.where(hi["model"] == "tabmixnn_paper", 0.6, 0.5))
    both = replace(results, metrics=pd.concat([results.metrics, worse]))
    settings = {"suite": "classification", "rivals": ["xgboost_ids"]}
    found = look(replace(evidence, results=both), "average_improvement", 3.1, **settings)
    assert found.value == pytest.approx(100 * ((0.88 + 0.6) / (0.87 + 0.5) - 1))
    assert found.better is True
    assert found.spread > 0


def test_an_average_needs_every_dataset_it_is_over(evidence):
    found = look(
        evidence, "average_score", 0.76, suite="classification", metric="AUROC",
        models=["tabmixnn_paper"], printed_in="table4",
    )  # fmt: skip
    assert found.missing


def test_an_average_knows_what_is_better_and_what_guessing_gives(evidence, results):
    paper = {**results.paper, "table4": {"HI": {}}}
    one = replace(evidence, results=replace(results, paper=paper))
    settings = {"suite": "classification", "metric": "AUROC", "printed_in": "table4"}
    found = [
        look(one, "average_score", printed, models=["tabmixnn_paper"], **settings)
        for printed in (0.86, 0.90)
    ]
    assert [each.value for each in found] == pytest.approx([0.88, 0.88])
    assert [each.better for each in found] == [True, False]
    assert found[0].chance == 0.5


def test_level_means_surely_not_behind_by_more_than_the_margin(evidence):
    settings = {"suite": "regression", "metric": "RMSE", "datasets": ["Milk"]}
    ids, without = ({**settings, "rivals": [rival]} for rival in ("xgboost_ids", "xgboost"))
    assert look(evidence, "level_with", **ids, margin=0.05).holds is False
    assert look(evidence, "level_with", **ids, margin=0.25).holds is True
    assert look(evidence, "level_with", **without, margin=0.01).holds is True
    assert look(evidence, "level_with", **settings, margin=0.05).holds is True


def test_no_difference_beyond_noise_is_not_yet_level(evidence):
    settings = {"suite": "classification", "metric": "AUROC", "datasets": ["HI"]}
    assert look(evidence, "level_with", **settings, margin=0.001).holds is None
    assert look(evidence, "level_with", **settings, margin=0.2).holds is True


def test_groups_that_help_beyond_noise_are_no_noise(evidence):
    found = look(evidence, "ids_do_not_help", suite="regression", dataset="Milk", metric="RMSE")
    assert found.holds is not None
    assert not found.holds
    assert look(
        evidence, "ids_do_not_help", suite="classification", dataset="HI", metric="AUROC"
    ).holds is None  # fmt: skip


def test_improvements_that_follow_the_groups(evidence, results, write):
    more = results.metrics.assign(dataset=results.metrics["dataset"].replace("Milk", "Exam"))
    more.loc[more["dataset"] == "Exam", "value"] *= np.where(
        more.loc[more["dataset"] == "Exam", "model"] == "tabmixnn_paper", 0.5, 1.0
    )
    rows = pd.concat([results.metrics, more[more["dataset"] == "Exam"]])
    object.__setattr__(evidence, "results", type(results)(
        rows, results.reasons, results.paper, results.models, results.registry
    ))  # fmt: skip
    write("trials/variability.csv", dataset=["Milk", "sleepstudy", "Exam"], icc=[0.1, 0.2, 0.3])
    settings = {"suite": "regression", "metric": "RMSE", "rivals": ["xgboost_ids"]}
    found = look(evidence, "gains_follow_groups", **settings)
    assert found.value == pytest.approx(1.0)
    assert found.holds is True
    write("trials/variability.csv", dataset=["Milk", "sleepstudy", "Exam"], icc=[0.2, 0.1, 0.3])
    again = replace(evidence)  # the first has the file's rows by now
    assert look(again, "gains_follow_groups", **settings).holds is None
    other = {"suite": "classification", "metric": "AUROC"}
    assert look(again, "gains_follow_groups", **other).missing == "results/trials/variability.csv"


def test_datasets_that_the_paper_does_not_print_are_called_our_guess(evidence, results):
    milk = results.metrics[results.metrics["dataset"] == "Milk"]
    both = pd.concat([results.metrics, milk.assign(dataset="PBMC")])
    found = look(
        replace(evidence, results=replace(results, metrics=both)),
        "datasets_compared", 3, "count", suite="regression",
    )  # fmt: skip
    assert found.note.endswith("so that they are our guess: PBMC")
    assert look(evidence, "datasets_compared", 2, "count", suite="regression").note == ""
