"""The bars of the critical-difference diagram."""

from tabmixbench.leaderboard.critical import bars


def test_bars_join_what_chance_explains_and_are_not_nested():
    assert bars([1.0, 1.5, 2.5, 4.0], 1.2) == [(0, 1), (1, 2)]
    assert bars([1.0, 3.0, 5.0], 1.0) == []
