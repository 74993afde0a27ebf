"""One ranking over several boards."""

from dataclasses import replace

import pandas as pd
import pytest

from tabmixbench.collect import COLUMNS
from tabmixbench.leaderboard import BOARDS, CONFIRMATION, POOLS, find
from tabmixbench.leaderboard.overall import Overall
from tests.workflow.leaderboard.made import ERRORS, made


def both(errors, areas):
    """Results with the given RMSE on six regression sets and AUROC on two classification sets."""
    results = made(errors)
    rows = [
        ("classification", dataset, "binary", model, "rows", k, "AUROC", area, 2.0, 0.1)
        for dataset in ("VerbAgg", "Contraception")
        for model, area in areas.items()
        for k in range(5)
    ]
    metrics = pd.concat([results.metrics, pd.DataFrame(rows, columns=COLUMNS)])
    return replace(results, metrics=metrics)


def test_the_overall_ranking_pools_the_datasets_of_every_board():
    areas = {"tabmixnn_exact": 0.7, "catboost": 0.9, "xgboost_ids": 0.8, "constant": 0.5}
    results = both({**ERRORS, "merf": 0.2}, areas)
    ranks = Overall(results, POOLS["overall"])
    # A model of one task alone is not in it: six datasets and two, so 3 is pooled with 1 as 2.5.
    assert ranks.absent == ["merf"]
    assert ranks.ranks == {"tabmixnn_exact": 1.5, "xgboost_ids": 2.0, "catboost": 2.5}
    assert ranks.test.datasets == 8
    assert ranks.compare("tabmixnn_exact", "catboost") == (6, 0, 2)
    alone = [ranks.on(board).ranks["catboost"] for board in ranks.boards]
    assert alone == [3.0, 1.0]
    of_two_classes = Overall(results, POOLS["overall_classification"])
    assert of_two_classes.ranks == {"catboost": 1.0, "xgboost_ids": 2.0, "tabmixnn_exact": 3.0}
    assert Overall(results, POOLS["overall_regression"]).best == "merf"


def test_datasets_of_the_same_data_are_counted_once():
    results = made(ERRORS)
    rows = [
        (suite, dataset, task, model, "rows", k, metric, value, 2.0, 0.1)
        for suite, dataset, task, metric in (
            ("classification", "Hsb82", "binary", "AUROC"),
            ("beyond", "MathAchieve", "regression", "RMSE"),
            ("beyond", "Milk", "regression", "RMSE"),
        )
        for model, value in ERRORS.items()
        for k in range(5)
    ]
    metrics = pd.concat([results.metrics, pd.DataFrame(rows, columns=COLUMNS)])
    results = replace(results, metrics=metrics)
    ranks = Overall(results, POOLS["overall"])
    assert ranks.repeated == {"MathAchieve": "Hsb82"}
    assert ranks.test.datasets == 6 + 1 + 1
    assert len(ranks.on(ranks.boards[-1]).errors) == 1
    wins, ties, losses = ranks.compare("tabmixnn_exact", "catboost")
    assert wins + ties + losses <= 8
    table = find("overall")[1]["ranking"](results, POOLS["overall"])
    assert "mean rank (8 datasets)" in table.header
    assert any(note.endswith("Left out (counted): MathAchieve (Hsb82).") for note in table.rules)
    # The first of the file that is ranked counts, so that none is lost.
    assert Overall(results, POOLS["overall_regression"]).repeated == {}


def test_models_that_a_joint_ranking_lacks_are_in_its_line():
    areas = {"tabmixnn_exact": 0.7, "catboost": 0.9, "constant": 0.5}
    results = both({**ERRORS, "merf": 0.2}, areas)
    (row,) = find("overall")[1]["standing"](results, POOLS["overall"]).data.to_dict("records")
    assert row["absent"] == (
        "XGBoost (ids) (place 3 of 4 on Regression, known groups); "
        "MERF (place 1 of 4 on Regression, known groups)"
    )


def test_what_is_to_confirm_a_pool_is_not_in_it():
    confirming = {board.name for board in BOARDS.values() if board.suite == CONFIRMATION}
    assert confirming == {
        f"confirmation{task}{protocol}"
        for task in ("", "_classification")
        for protocol in ("", "_groups")
    }
    pooled = {board.name for pool in POOLS.values() for board in pool.boards}
    assert pooled == set(BOARDS) - confirming


def test_both_protocols_are_pooled_by_task_and_over_tasks():
    assert {(pool.protocol, pool.tasks) for pool in POOLS.values()} == {
        (protocol, tasks)
        for protocol in ("rows", "groups")
        for tasks in (("regression",), ("binary",), ("regression", "binary"))
    }


@pytest.mark.parametrize("name", POOLS)
def test_the_overall_ranking_renders_with_or_without_scores(name):
    import matplotlib.pyplot as plt

    pool, tables, figures = find(name)
    assert pool == POOLS[name]
    for results in (made(ERRORS), made({})):
        for build in tables.values():
            table = build(results, pool)
            assert all(len(row) == len(table.header) for row in table.rows)
            heads = ("Leaderboard", "Who leads")
            assert table.title.startswith(tuple(f"{head}. Paper's and other " for head in heads))
        for drawn in figures.values():
            plt.close(drawn(results, pool))
