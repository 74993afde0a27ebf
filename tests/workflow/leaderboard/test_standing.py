"""A ranking in one line."""

import numpy as np
import pytest

from tabmixbench.leaderboard import BOARDS, TABLES
from tests.workflow.leaderboard.made import ERRORS, made


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
