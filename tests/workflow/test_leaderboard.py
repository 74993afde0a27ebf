"""Leaderboards: ranks, sentences and figures from scores whose answer is known."""

from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats

from tabmixbench.adapters import load_models
from tabmixbench.collect import COLUMNS
from tabmixbench.leaderboard import (
    BOARDS,
    CONFIRMATION,
    FIGURES,
    POOLS,
    TABLES,
    again,
    find,
    words,
)
from tabmixbench.leaderboard.board import Standings
from tabmixbench.leaderboard.critical import bars
from tabmixbench.leaderboard.overall import Overall
from tabmixbench.leaderboard.ranking import findings as findings_of
from tabmixbench.leaderboard.reliability import draw, pooled
from tabmixbench.leaderboard.seconds import label_heights
from tabmixbench.metrics import calibration_error, distribution_scores
from tabmixbench.registry import load_registry
from tabmixbench.statistics import friedman
from tabmixbench.tables import Results

DATASETS = ["Machines", "Loblolly", "sleepstudy", "ChickWeight", "Oxboys", "Milk"]
MODELS = load_models("config/models.yaml")
REGISTRY = load_registry("config/datasets.yaml")
PAPER = yaml.safe_load(Path("config/paper.yaml").read_text())


def made(errors, reasons=()):
    """Results of models with the given RMSE on every dataset, and a little noise."""
    rng = np.random.default_rng(0)
    rows = [
        ("regression", dataset, "regression", model, protocol, k, "RMSE",
         error + 0.001 * rng.normal(), 2.0, 0.1)
        for protocol in ("rows", "groups")
        for dataset in DATASETS
        for model, error in errors.items()
        for k in range(5)
    ]  # fmt: skip
    columns = ["suite", "dataset", "model", "protocol", "n_splits", "reason"]
    return Results(
        pd.DataFrame(rows, columns=COLUMNS),
        pd.DataFrame(list(reasons), columns=columns),
        PAPER,
        MODELS,
        REGISTRY,
    )


def findings(results, board):
    return findings_of(Standings(results, board))


ERRORS = {"tabmixnn_exact": 0.3, "catboost": 0.6, "xgboost_ids": 0.5, "lme4": 0.3, "constant": 1.0}


def test_the_mixed_model_is_ranked_once_and_the_floor_is_not():
    standings = Standings(made(ERRORS), BOARDS["regression"])
    assert standings.ranked == ["tabmixnn_exact", "xgboost_ids", "catboost"]
    assert standings.ranks == {"tabmixnn_exact": 1.0, "xgboost_ids": 2.0, "catboost": 3.0}
    assert set(standings.models[3:]) == {"lme4", "constant"}
    assert standings.best_trees == "xgboost_ids"
    assert standings.compare("tabmixnn_exact", "catboost") == (6, 0, 0)
    assert standings.compare("catboost", "tabmixnn_exact") == (0, 0, 6)
    assert standings.behind_best("Milk", "constant") == pytest.approx(233, abs=3)


@pytest.mark.parametrize(
    ("factor", "rank", "led", "lost"), [(1 - 1e-9, 1.5, 6, 0), (1 - 1e-5, 2.0, 0, 6)]
)
def test_errors_that_agree_to_six_digits_tie(factor, rank, led, lost):
    frame = made({"tabmixnn_auto": 0.3, "catboost": 0.6}).metrics
    other = frame[frame["model"] == "tabmixnn_auto"].assign(model="mlp")
    other["value"] *= factor
    results = replace(made({}), metrics=pd.concat([frame, other]))
    standings = Standings(results, BOARDS["regression"])
    assert standings.ranks == {"mlp": 3 - rank, "tabmixnn_auto": rank, "catboost": 3.0}
    assert (len(standings.led), len(standings.lost)) == (led, lost)


def test_a_model_that_misses_a_split_has_no_mean_there():
    results = made(ERRORS)
    frame = results.metrics
    missing = (frame["model"] == "catboost") & (frame["dataset"] == "Milk") & (frame["split"] > 0)
    standings = Standings(replace(results, metrics=frame[~missing]), BOARDS["regression"])
    assert np.isnan(standings.means["Milk", "catboost"])
    assert standings.ranks["catboost"] == 3.0
    table = TABLES["ranking"](standings.results, BOARDS["regression"])
    assert table.data.set_index("model").loc["catboost", "datasets"] == len(DATASETS) - 1


@pytest.mark.parametrize(("protocol", "ratio"), [("groups", 1 / 2), ("rows", 1 / 4)])
def test_a_fold_tests_on_its_share_of_the_training_rows(protocol, ratio):
    results = made(ERRORS)
    few = replace(results, metrics=results.metrics[results.metrics["split"] < 3])
    models = "tabmixnn_exact", "catboost"
    ours, other = (few.scores("regression", "Milk", m, "RMSE", protocol) for m in models)
    test = few.difference("regression", "Milk", *models, "RMSE", protocol)
    assert test.standard_error == pytest.approx((ours - other).std() * np.sqrt(1 / 3 + ratio))


def test_the_margin_over_the_second_is_held_against_the_critical_difference_too():
    errors = {"tabmixnn_auto": 0.3, "mlp": 0.4, "catboost": 0.6}
    said = findings(made(errors), BOARDS["regression"])
    assert f"over the second ({MODELS['mlp'].label}, 2.00) is 1.00 ranks, which does not" in said[2]
    (row,) = TABLES["standing"](made(errors), BOARDS["regression"]).data.to_dict("records")
    assert (row["margin_second"], row["margin"]) == (1.0, 2.0)


def test_the_margin_is_held_against_the_critical_difference():
    (_, near, wins) = findings(made(ERRORS), BOARDS["regression"])
    assert "is 1.00 ranks, which does not exceed the critical difference" in near
    assert "best mean on all 6 datasets" in wins
    many = dict.fromkeys(("mlp", "tabm", "linear"), 0.4)
    far = findings(made({"tabmixnn_exact": 0.3, **many, "catboost": 0.9}), BOARDS["regression"])[1]
    assert "is 4.00 ranks, which exceeds the critical difference" in far


def test_second_configurations_do_not_widen_the_margin():
    errors = {"tabmixnn_auto": 0.3, "tabmixnn_paper": 0.4, "tabmixnn_paper_long": 0.5}
    trees = {"xgboost": 0.8, "lightgbm": 0.6, "lightgbm_small": 0.7, "catboost": 0.9}
    said = " ".join(findings(made({**errors, **trees}), BOARDS["regression"]))
    longer, light = MODELS["tabmixnn_paper_long"].label, MODELS["lightgbm_small"].label
    assert "is 3.00 ranks" in said
    assert f"(without {light}, {longer}), the margin over the trees is 2.00 ranks, which" in said
    without = " ".join(findings(made({**errors, "catboost": 0.9}), BOARDS["regression"]))
    assert f"(without {longer})" in without
    assert "With each method" not in " ".join(findings(made(ERRORS), BOARDS["regression"]))


def test_comparisons_with_one_model_have_a_critical_difference_of_their_own():
    # Six datasets, five models: Nemenyi's is 2.49, Bonferroni and Dunn's 2.28.
    errors = {"tabmixnn_exact": 0.3, "mlp": 0.4, "tabm": 0.5, "catboost": 0.6, "linear": 0.7}
    tests, _ = words.tests(Standings(made(errors), BOARDS["regression"]))
    assert "Nemenyi's, 2.49 (5% level)" in tests
    assert "comparisons with one model named beforehand, is 2.28" in tests
    said = findings(made(errors), BOARDS["regression"])
    assert said[0].endswith("of 5 models on 6 datasets.")
    assert said[1].endswith("ranks, which exceeds the critical difference of 2.49.")


def test_the_default_is_told_apart_from_others_pair_by_pair():
    results = made({"tabmixnn_auto": 0.4, "mlp": 0.5, "tabm": 0.4, "catboost": 0.3})
    standings = Standings(results, BOARDS["regression"])
    assert standings.pairs["mlp"].effect == 1
    assert standings.pairs["catboost"].effect == -1
    assert abs(standings.pairs["tabm"].effect) < 1
    # The least p that six datasets allow, by the step of three.
    assert standings.p("mlp") == standings.p("catboost") == pytest.approx(3 * 2 / 2**6)
    assert np.isnan(standings.p("tabmixnn_auto"))
    said = findings(results, BOARDS["regression"])[3]
    assert "is better than 0 of the 3 others; not told apart from CatBoost (p = 0.094)" in said
    table = TABLES["ranking"](results, BOARDS["regression"])
    shown = dict(zip(table.data["model"], table.data["p_default"], strict=True))
    assert shown == pytest.approx({m: standings.p(m) for m in standings.models}, nan_ok=True)
    assert table.rows[0][6].value == "0.094"


def test_where_a_peer_wins_is_said():
    said = findings(made({**ERRORS, "mlp": 0.1}), BOARDS["regression"])
    assert said[0].startswith("Best mean rank: MLP (embeddings), 1.00 of 4 models on 6 datasets.")
    assert said[-1].startswith("On 6 of 6 datasets none of this library's models (the default,")
    trees = findings(made({**ERRORS, "catboost": 0.1}), BOARDS["regression"])
    assert "is itself a tree ensemble" in trees[1]
    assert "1.00 ranks behind it" in trees[1]


def test_the_line_of_a_board_says_what_its_ranking_says():
    errors = {"tabmixnn_auto": 0.3, "xgboost": 0.8, "xgboost_ids": 0.5, "mlp": 0.6}
    table = TABLES["standing"](made(errors), BOARDS["regression"])
    (row,), (texts,) = table.data.to_dict("records"), table.rows
    assert (row["best"], row["best_trees"], row["best_ours"]) == (
        *("tabmixnn_auto", "xgboost_ids", "tabmixnn_auto"),
    )
    assert (row["margin"], row["margin_once"], row["others_lead"]) == (1.0, 1.0, 0)
    # Nemenyi's for four and for three models on six datasets.
    assert row["critical"] == pytest.approx(1.915, abs=0.001)
    assert row["critical_once"] == pytest.approx(1.353, abs=0.001)
    assert (row["better"], row["alike"], row["worse"]) == (0, 3, 0)
    assert [text.value for text in texts[1:6]] == [
        *("6, 4", "TabMixNN 1.00", "XGBoost (ids) 2.00: 1.00 (1.91)"),
        *("XGBoost (ids) 2.00: 1.00 (1.91)", "1.00 (1.35)"),
    ]
    assert (row["second"], row["nearest"], row["nearest_above"]) == (
        *("xgboost_ids", "tabmixnn_auto", 0.0),
    )
    assert not texts[4].bold
    assert texts[-1].value == "6 / 0"


def test_the_line_of_a_board_led_by_trees_has_no_margin():
    table = TABLES["standing"](made({**ERRORS, "catboost": 0.1}), BOARDS["regression"])
    (row,), (texts,) = table.data.to_dict("records"), table.rows
    assert row["best"] == row["best_trees"] == "catboost"
    assert (row["best_ours"], row["best_ours_rank"]) == ("tabmixnn_exact", 2.0)
    assert np.isnan([row["margin"], row["better"]]).all()
    assert row["others_lead"] == 6
    assert row["others"].startswith("Machines (CatBoost); Loblolly (CatBoost)")
    assert [text.value for text in texts[4:]] == ["CatBoost 1.00: –", "–", "–", "0 / 6"]


def test_a_time_out_is_in_the_table():
    reason = "MERF did not finish within 600 s"
    results = made(ERRORS, [("regression", "InstEval", "merf", "rows", 5, reason)])
    notes = TABLES["ranking"](results, BOARDS["regression"]).notes
    assert f"MERF, InstEval: {reason}" in notes


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
@pytest.mark.parametrize("name", TABLES)
def test_every_table_renders_with_or_without_scores(name, board):
    table = TABLES[name](made(ERRORS), board)
    assert all(len(row) == len(table.header) for row in table.rows)
    assert table.markdown().startswith("### ")
    assert r"\begin{table}" in table.latex()


@pytest.mark.parametrize("board", ["regression", "classification"])
@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_drawn_with_or_without_scores(name, board):
    import matplotlib.pyplot as plt

    figure = FIGURES[name](made(ERRORS), BOARDS[board])
    assert figure.axes
    plt.close(figure)


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


def test_what_is_to_confirm_a_pool_is_not_in_it():
    confirming = {board.name for board in BOARDS.values() if board.suite == CONFIRMATION}
    assert confirming == {"confirmation", "confirmation_groups"}
    pooled = {board.name for pool in POOLS.values() for board in pool.boards}
    assert pooled == set(BOARDS) - confirming


@pytest.mark.parametrize("name", POOLS)
def test_the_overall_ranking_renders_with_or_without_scores(name):
    import matplotlib.pyplot as plt

    pool, tables, figures = find(name)
    assert pool == POOLS[name]
    for results in (made(ERRORS), made({})):
        for build in tables.values():
            table = build(results, pool)
            assert all(len(row) == len(table.header) for row in table.rows)
            assert table.markdown().startswith(("### Leaderboard. All ", "### Who leads. All "))
        for drawn in figures.values():
            plt.close(drawn(results, pool))


def test_other_splits_stand_beside_the_first():
    first = {"tabmixnn_auto": 0.3, "tabmixnn_exact": 0.4, "catboost": 0.6, "mlp": 0.7}
    # The tree ensemble wins there, and a model that has not run there is ranked on neither.
    other = {"tabmixnn_auto": 0.3, "tabmixnn_exact": 0.4, "catboost": 0.2}
    table = again.build(made(first), made(other), (1, 2))
    lines = table.data.set_index(["board", "splits"])
    title = BOARDS["regression"].title
    here, there = lines.loc[f"{title}, first", "first"], lines.loc[f"{title}, again", "again"]
    assert (here["models"], here["datasets"]) == (there["models"], there["datasets"]) == (3, 6)
    assert (here["best"], here["default_rank"]) == ("tabmixnn_auto", 1)
    assert (there["best"], there["default_rank"]) == ("catboost", 2)
    assert here["relative"] == pytest.approx(0.5, abs=0.01)
    assert there["relative"] == pytest.approx(1.5, abs=0.02)
    # Known and new groups, each alone and in the pools of all datasets and of all regressions.
    assert len(table.rows) == len(table.data) == 2 * 5
    assert all(len(row) == len(table.header) for row in table.rows)
    assert table.notes[0] == (
        "Of 5 leaderboards the default leads 5 on the first splits and 0 on the others; its mean "
        "rank changes by +1.00 to +1.00, on average by +1.00."
    )


def test_splits_without_scores_give_no_line():
    table = again.build(made(ERRORS), made({}), (1, 2))
    assert table.rows == []
    assert again.NOTHING in table.markdown()


def test_scores_of_several_files_are_read_as_one(tmp_path):
    results = made(ERRORS)
    for half, part in enumerate(np.array_split(np.arange(len(results.metrics)), 2)):
        results.metrics.iloc[part].to_csv(tmp_path / f"metrics{half}.csv", index=False)
        results.reasons.to_csv(tmp_path / f"reasons{half}.csv", index=False)
    paths = [[tmp_path / f"{name}{half}.csv" for half in (0, 1)] for name in ("metrics", "reasons")]
    pd.testing.assert_frame_equal(Results.read(*paths, "config").metrics, results.metrics)


def test_friedman_agrees_with_demsars_example_and_scipy():
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(14, 4)) + np.array([0, 0.3, 0.6, 0.9])
    test = friedman(scores, larger_is_better=True)
    # Demšar (2006), section 3.2.2: four classifiers on 14 datasets, 2.569 sqrt(4 * 5 / (6 * 14)).
    assert test.critical_difference == pytest.approx(1.25, abs=0.005)
    # Table 5 (b) has 2.394 for comparisons of four classifiers with one of them.
    assert test.control_difference == pytest.approx(2.394 * np.sqrt(20 / 84), abs=0.001)
    chi2 = stats.friedmanchisquare(*scores.T).statistic
    f = 13 * chi2 / (14 * 3 - chi2)
    assert test.p == pytest.approx(stats.f.sf(f, 3, 39))


@pytest.mark.parametrize("seed", range(20))
def test_labels_overlap_neither_each_other_nor_the_points_of_others(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 4, size=18), rng.uniform(1, 14, size=18)
    width, gap = rng.uniform(0.2, 1.5, size=18), 0.5
    heights = label_heights(x, y, width, gap)
    for i, j in permutations(range(18), 2):
        if x[j] < x[i] + width[i] and x[i] < x[j] + width[j]:
            assert abs(heights[i] - heights[j]) >= gap
        if x[i] < x[j] < x[i] + width[i]:
            assert abs(heights[i] - y[j]) >= gap / 2
    alone = label_heights(x[:1], y[:1], width[:1], gap)
    assert alone == y[:1]


def test_bars_join_what_chance_explains_and_are_not_nested():
    assert bars([1.0, 1.5, 2.5, 4.0], 1.2) == [(0, 1), (1, 2)]
    assert bars([1.0, 3.0, 5.0], 1.0) == []


def test_crps_and_coverage_of_a_normal_distribution():
    rng = np.random.default_rng(0)
    y = rng.normal(1.0, 2.0, size=20_000)
    true = distribution_scores(y, np.full(len(y), 1.0), np.full(len(y), 2.0))
    assert true["coverage90"] == pytest.approx(0.9, abs=0.01)
    # The mean CRPS of the truth is sd / sqrt(pi).
    assert true["CRPS"] == pytest.approx(2 / np.sqrt(np.pi), abs=0.02)
    assert distribution_scores(y, np.zeros(len(y)), np.full(len(y), 9.0))["CRPS"] > true["CRPS"]


def test_calibration_error_is_the_distance_from_the_shares():
    y = np.array([1, 0, 0, 0, 1, 1, 1, 0])
    assert calibration_error(y, np.full(8, 0.5)) == 0
    assert calibration_error(y, np.full(8, 0.9)) == pytest.approx(0.4)
    assert calibration_error(np.array([0, 1]), np.array([0.0, 1.0])) == 0


def test_reliability_pools_datasets(tmp_path):
    import matplotlib.pyplot as plt

    files = []
    for k, size in enumerate((10, 1000)):
        frame = pd.DataFrame({"protocol": "rows", "split": 0, "row": range(size)})
        frame = frame.assign(y=k, prediction=0.55)
        frame.to_parquet(tmp_path / f"{k}.parquet")
        files.append(tmp_path / f"{k}.parquet")
    bins = pooled({"mlp": files})["mlp"]
    assert bins[5].tolist() == pytest.approx([0.55, 0.5, 2.0])
    figure = draw({"mlp": files}, MODELS)
    assert figure.axes
    plt.close(figure)
