"""The speed benchmark: what it measures is what it says, and its verdict can be either."""

import time

import pytest

from tabmixbench.benchmarks import speed


def test_medians_are_of_turns_after_a_first_one():
    calls = []
    found = speed.in_turns({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, 3)
    assert calls == ["a", "b"] * 4
    assert set(found) == {"a", "b"}


def test_processor_time_does_not_count_waiting():
    assert speed.in_turns({"sleep": lambda: time.sleep(0.05)}, 1)["sleep"] < 0.04


def test_a_process_that_fails_says_why():
    with pytest.raises(RuntimeError, match="no such luck"):
        speed.in_new_process("raise SystemExit('no such luck')")


def test_an_epoch_is_measured_in_a_process_of_its_own():
    epoch, memory = speed.epochs([20_000])
    assert epoch["what"] == "epoch of 20,000 rows"
    assert 0 < epoch["value"] < 10
    assert 0 < memory["value"] < 2


def test_predictions_are_timed_for_both_models():
    rows = {row["what"]: row["value"] for row in speed.predictions(rows=5000, repeats=2)}
    assert set(rows) == {
        f"{what}, {model}"
        for what in ("one row", "rows a second")
        for model in ("exact", "[64, 32]")
    }
    assert all(value > 0 for value in rows.values())


@pytest.mark.parametrize(
    ("what", "value", "verdict"),
    [
        ("import", 1.1, "reached"),
        ("import", 1.3, "missed"),
        ("rows a second, exact", 3e6, "reached"),
        ("rows a second, exact", 1e6, "missed"),
        ("InstEval, a fit of one epoch", 1.0, ""),
    ],
)
def test_the_verdict_follows_the_numbers(what, value, verdict):
    table = speed.speed_table([{"what": what, "value": value, "unit": ""}])
    assert table.rows[0][-1].value == verdict
