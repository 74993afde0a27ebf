"""Mean ranks, margins and tests of scores whose answer is known, and what is said of them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tabmixbench.leaderboard import BOARDS, TABLES, find, ranking, words
from tabmixbench.leaderboard.board import Standings
from tabmixbench.leaderboard.ranks import Ranks
from tests.workflow.leaderboard.made import DATASETS, ERRORS, MODELS, findings, made


def test_the_mixed_model_is_ranked_once_and_the_floor_is_not():
    standings = Standings(made(ERRORS), BOARDS["regression"])
    assert standings.ranked == ["tabmixnn_exact", "xgboost_ids", "catboost"]
    assert standings.ranks == {"tabmixnn_exact": 1.0, "xgboost_ids": 2.0, "catboost": 3.0}
    assert set(standings.models[3:]) == {"lme4", "constant"}
    assert standings.best_trees == "xgboost_ids"
    assert standings.compare("tabmixnn_exact", "catboost") == (6, 0, 0)
    assert standings.compare("catboost", "tabmixnn_exact") == (0, 0, 6)
    assert standings.behind_best("Milk", "constant") == pytest.approx(233, abs=3)


def test_a_new_ensemble_of_trees_is_one_of_those_that_the_first_is_compared_with():
    results = made({"tabmixnn_auto": 0.3, "mlp": 0.4, "xgboost": 0.6})
    mine = replace(MODELS["catboost"], name="mlp", label="My trees")
    results = replace(results, models={**MODELS, "mlp": mine})
    assert Standings(results, BOARDS["regression"]).best_trees == "mlp"


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


def tied(factor=1.0):
    """Results where the MLP's errors are those of the default, times a factor on one dataset."""
    frame = made({"tabmixnn_auto": 0.3, "catboost": 0.6}).metrics
    other = frame[frame["model"] == "tabmixnn_auto"].assign(model="mlp")
    other.loc[other["dataset"] == DATASETS[0], "value"] *= factor
    return replace(made({}), metrics=pd.concat([frame, other]))


def test_a_method_ranked_once_is_in_the_best_of_its_configurations():
    errors = {"tabmixnn_auto": 0.3, "xgboost": 0.9, "xgboost_ids": 0.8, "xgboost_tuned": 0.6}
    standings = Standings(made({**errors, "lightgbm": 0.7, "mlp": 0.5}), BOARDS["regression"])
    once = standings.margin_once
    assert set(once.without) == {"xgboost", "xgboost_ids"}
    assert (standings.margin.lead, once.lead) == (2.0, 2.0)
    assert once.critical < standings.margin.critical


@pytest.mark.parametrize(("factor", "bold"), [(1.0, {"TabMixNN", "MLP"}), (1.1, {"TabMixNN"})])
@pytest.mark.parametrize("name", ["regression", "overall_regression"])
def test_all_that_tie_for_the_best_rank_are_bold(name, factor, bold):
    board, tables, _ = find(name)
    rows = tables["ranking"](tied(factor), board).rows
    for column in (0, 1):
        assert {row[0].value.split(" (")[0] for row in rows if row[column].bold} == bold


def without_splits(model, dataset, splits, reasons=(), errors=ERRORS):
    """Results that lack these splits of a model on a dataset."""
    results = made(errors, reasons)
    frame = results.metrics
    lacks = (frame["model"] == model) & (frame["dataset"] == dataset) & frame["split"].isin(splits)
    return replace(results, metrics=frame[~lacks])


def test_a_model_that_misses_splits_for_a_reason_ranks_last_there():
    late = [("regression", "Milk", "catboost", "rows", 4, "too slow")]
    # The best everywhere but where it has no mean.
    best = {**ERRORS, "catboost": 0.1}
    results = without_splits("catboost", "Milk", range(1, 5), late, best)
    standings = Standings(results, BOARDS["regression"])
    assert np.isnan(standings.means["Milk", "catboost"])
    assert standings.ranks["catboost"] == pytest.approx((5 * 1 + 3) / 6)
    table = TABLES["ranking"](results, BOARDS["regression"])
    assert table.data.set_index("model").loc["catboost", "datasets"] == len(DATASETS) - 1
    assert not standings.absent


@pytest.mark.parametrize("splits", [[4], range(5)])
def test_a_model_whose_fits_are_missing_is_not_on_the_board_and_is_named(splits):
    # Of the splits that lack, a record tells of one at most.
    reasons = [("regression", "Milk", "catboost", "rows", len(splits) - 1, "too slow")]
    results = without_splits("catboost", "Milk", splits, reasons if len(splits) > 1 else ())
    standings = Standings(results, BOARDS["regression"])
    assert standings.absent == ["catboost"]
    assert standings.ranks == {"tabmixnn_exact": 1.0, "xgboost_ids": 2.0}
    for name in TABLES:
        table = TABLES[name](results, BOARDS["regression"])
        assert "CatBoost" not in " ".join([*table.header, *(row[0].value for row in table.rows)])
    notes = " ".join(TABLES["ranking"](results, BOARDS["regression"]).notes)
    assert "Not on the board, since they have not run on every dataset and split: CatBoost" in notes
    assert "(complete on 5 of 6)" in notes
    (record,) = TABLES["standing"](results, BOARDS["regression"]).data.to_dict("records")
    assert record["absent"] == "CatBoost"


def test_a_mean_over_some_of_the_splits_is_counted_not_compared_and_has_its_reason():
    late = [("regression", "Milk", "catboost", "rows", 2, "CatBoost took too long")]
    results = without_splits("catboost", "Milk", [1, 2], late, {**ERRORS, "catboost": 0.1})
    table = TABLES["scores"](results, BOARDS["regression"])
    column = table.header.index("CatBoost")
    shown = {row[0].value: row[column] for row in table.rows}
    assert shown["Milk"].value.endswith("(3 of 5)")
    assert not shown["Milk"].bold
    assert shown["Oxboys"].bold
    records = table.data.set_index(["dataset", "model"])
    assert records.loc[("Milk", "catboost"), "reason"] == "CatBoost took too long"
    assert records.loc[("Oxboys", "catboost"), "reason"] == ""
    (milk,) = (row for row in table.rows if row[0].value == "Milk")
    assert any(cell.bold for cell in milk)


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


def test_trees_that_are_ahead_with_each_method_once_are_said_to_be():
    models = ["tabmixnn_auto", "catboost", "xgboost", "xgboost_ids"]
    # Behind CatBoost by a rank on five datasets, and before both of XGBoost's and it on two.
    rows = [(2, 1, 3, 4)] * 5 + [(1, 4, 2, 3)] * 2
    said = words.summary(Ranks(pd.DataFrame(rows, columns=models, dtype=float), MODELS))
    assert said[0].startswith("Best mean rank: TabMixNN")
    assert said[2].endswith("(without XGBoost (ids)), CatBoost is ahead by 0.14.")


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


def test_the_distance_from_the_best_leaves_out_datasets_without_an_error():
    errors = pd.DataFrame({"tabmixnn_auto": [0.0, 0.2, 0.3], "catboost": [0.1, 0.3, 0.3]})
    ranks = Ranks(errors, MODELS)
    assert ranks.above_best == pytest.approx({"tabmixnn_auto": 0.0, "catboost": 25.0})
    assert ranks.nearest == "tabmixnn_auto"


def test_nothing_is_a_percentage_of_no_error():
    frame = made({"tabmixnn_auto": 0.0, "catboost": 0.6}).metrics
    frame.loc[frame["model"] == "tabmixnn_auto", "value"] = 0.0
    standings = Standings(replace(made({}), metrics=frame), BOARDS["regression"])
    assert np.isnan(standings.behind_best("Milk", "tabmixnn_auto"))
    assert np.isnan(standings.behind_best("Milk", "catboost"))
    rows = ranking.build(replace(made({}), metrics=frame), BOARDS["regression"]).rows
    assert not any("inf" in cell.value for row in rows for cell in row)


def test_where_a_peer_wins_is_said():
    said = findings(made({**ERRORS, "mlp": 0.1}), BOARDS["regression"])
    assert said[0].startswith("Best mean rank: MLP (embeddings), 1.00 of 4 models on 6 datasets.")
    assert said[-1].startswith("On 6 of 6 datasets none of this library's models (the default,")
    trees = findings(made({**ERRORS, "catboost": 0.1}), BOARDS["regression"])
    assert "is itself a tree ensemble" in trees[1]
    assert "1.00 ranks behind it" in trees[1]
