"""The speed benchmark: what it measures is what it says, and its verdict can be either."""

import time
from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from tabmixbench.benchmarks import MEASUREMENTS, predictions, reproduction, trees
from tabmixbench.benchmarks.process import in_new_process
from tabmixbench.benchmarks.requirement import REQUIREMENTS, Requirement
from tabmixbench.benchmarks.speed import speed_table
from tabmixbench.benchmarks.turns import BATCH, in_turns, take_turns


def test_things_take_turns_after_two_to_warm_up():
    calls = []

    def timer(name):
        def seconds(count):
            calls.append((name, count))
            return len(calls) * BATCH

        return seconds

    found = take_turns({"a": timer("a"), "b": timer("b")}, 3)
    assert [name for name, _ in calls] == ["a", "a", "b", "b"] + ["a", "b"] * 3
    assert all(count == 1 for _, count in calls)
    assert found == {"a": pytest.approx(7 * BATCH), "b": pytest.approx(8 * BATCH)}


def test_what_is_short_is_repeated():
    calls = []
    in_turns({"short": lambda: calls.append(None)}, 1)
    assert len(calls) > 100


def test_processor_time_does_not_count_waiting():
    assert in_turns({"sleep": lambda: time.sleep(BATCH)}, 1)["sleep"] < BATCH / 2


def test_a_process_that_fails_says_why():
    with pytest.raises(RuntimeError, match="no such luck"):
        in_new_process("raise SystemExit('no such luck')")


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_every_measurement_is_there(name):
    assert callable(import_module(f"tabmixbench.benchmarks.{name}").measure)


def test_predictions_are_timed_for_both_models():
    rows = predictions.measure({"predicted_rows": 5000, "repeats": 1})
    assert {row["what"] for row in rows} == {w for w in REQUIREMENTS if w.startswith("predict")}
    assert all(row["value"] > 0 for row in rows)


def test_where_the_time_of_the_reproduction_went(tmp_path):
    path = tmp_path / "timings.csv"
    missing = reproduction.time_spent(path)
    assert all("run snakemake first" in row["reason"] for row in missing)
    path.write_text(
        "part,seconds\nfit: inside the models,600\nablation: inside the models,300\ntable,300\n"
    )
    minutes, inside = reproduction.time_spent(path)
    assert minutes["value"] == 10
    assert inside["value"] == 75


@pytest.mark.parametrize(
    ("what", "value", "verdict", "used"),
    [
        ("import", 1.08, "reached", "0.90"),
        ("import", 1.32, "missed", "1.10"),
        ("predict a million rows: exact", 4e6, "reached", "0.50"),
        ("predict a million rows: exact", 1e6, "missed", "2.00"),
        ("InstEval: a fit of one epoch", 1.0, "", ""),
    ],
)
def test_the_verdict_follows_the_numbers(what, value, verdict, used):
    table = speed_table([{"what": what, "value": value, "unit": ""}])
    (row,) = [row for row in table.rows if row[0].value == what]
    assert (row[-1].value, row[-2].value) == (verdict, used)


def test_the_network_and_lmer_take_turns_where_there_is_r(monkeypatch):
    dataset = SimpleNamespace(groups=("g",), formula="y ~ x + (1 | g)")
    rng = np.random.default_rng(0)
    train = pd.DataFrame({"y": rng.normal(size=60), "x": rng.normal(size=60)})
    train["g"] = pd.Categorical([f"g{k}" for k in np.arange(60) % 6])
    with trees.lmer_timers(dataset, train) as (timers, reason):
        if timers:
            assert 0 < timers["lmer"](2) < 5
        assert bool(timers) == (reason == "")
    monkeypatch.setattr("shutil.which", lambda name: None)
    with trees.lmer_timers(dataset, train) as (timers, reason):
        assert (timers, reason) == ({}, "there is no Rscript on this machine")
    missing = trees.beside_lmer({"one": 1.0}, reason)
    assert missing == {"what": trees.BESIDE_LMER, "reason": reason}
    assert trees.beside_lmer({"one": 3.0, "lmer": 2.0}, "")["value"] == 1.5


def test_what_was_not_measured_has_its_reason():
    table = speed_table([{"what": "import", "reason": "there is no torch"}])
    assert "import: there is no torch." in table.notes
    assert len(table.rows) == len(REQUIREMENTS)
    assert f"0 of {len(REQUIREMENTS)} requirements reached." == table.notes[0]


def test_requirements_read_as_bounds():
    assert str(Requirement(2)) == "≤ 2"
    assert str(Requirement(5e5, at_least=True)) == "≥ 500,000"
