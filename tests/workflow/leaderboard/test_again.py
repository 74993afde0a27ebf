"""The boards on other splits."""

from dataclasses import replace

import pytest

from tabmixbench.leaderboard import BOARDS, again
from tests.workflow.leaderboard.made import ERRORS, made


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
    # Known and new groups, each alone and in the pools of both tasks and of regressions.
    assert len(table.rows) == len(table.data) == 2 * 6
    assert all(len(row) == len(table.header) for row in table.rows)
    assert table.notes[0] == (
        "Of 6 leaderboards the default leads 6 on the first splits and 0 on the others; its mean "
        "rank changes by +1.00 to +1.00, on average by +1.00."
    )
    assert table.notes[1].startswith(
        "Ranked are the models that have run on both splits, 3 of the 4 of a leaderboard"
    )


def test_published_scores_are_of_models_that_are_ranked():
    first = {"tabmixnn_auto": 0.3, "catboost": 0.6}
    there = made({**first, "mlp": 0.7})
    there = replace(there, metrics=there.metrics.assign(published=True))
    notes = " ".join(again.build(made(first), there, (1, 2)).notes)
    assert "the scores of TabMixNN, CatBoost, wherever" in notes


def test_splits_without_scores_give_no_line():
    table = again.build(made(ERRORS), made({}), (1, 2))
    assert table.rows == []
    assert again.NOTHING in table.markdown()
