"""The boards on other splits."""

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
