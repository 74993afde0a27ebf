"""Growth: fits in processes of their own that are right, and pages that say what was measured."""

from pathlib import Path

import pandas as pd
import pytest
import yaml

from tabmixbench.benchmarks import growth
from tabmixbench.benchmarks.large import growth as power
from tabmixbench.benchmarks.simulated import FITS, Sizes, measured

OPTIONS = {
    "rows": {"sizes": [1000, 2000]},
    "groups": {"sizes": [50], "rows": 1000},
    "features": {"sizes": [1], "rows": 1000, "groups": 50},
    "effects": {"sizes": [1, 2], "rows": 1000, "groups": 50},
}


def test_an_exact_fit_in_its_own_process_recovers_the_truth():
    found = measured("exact", Sizes(rows=20_000, groups=2000))
    assert found["sd"] == pytest.approx(1.0, abs=0.08)
    assert found["sigma"] == pytest.approx(1.0, abs=0.03)
    assert found["slope"] == pytest.approx(0.5, abs=0.03)
    assert 0 < found["before"] <= found["peak"]


def test_an_epoch_is_measured_in_a_process_of_its_own():
    found = measured("an epoch, [64, 32]", Sizes(rows=2000, groups=50, features=2, effects=3))
    assert 0 < found["seconds"] < 10
    assert found["loss"] < 3
    assert 0 < found["before"] <= found["peak"]


def test_a_process_that_fails_says_why():
    with pytest.raises(RuntimeError, match="A measurement failed"):
        measured("exact", Sizes(rows=10, groups=0))


@pytest.mark.parametrize("size", ["full", "small"])
def test_the_configured_sizes_have_columns_for_all_slopes(size):
    options = yaml.safe_load(Path("config/benchmarks.yaml").read_text())[size]["growth"]
    assert len(list(growth.grown(options))) == sum(len(each["sizes"]) for each in options.values())
    with pytest.raises(ValueError, match="set features in config"):
        Sizes(effects=3)


def test_one_thing_grows_at_a_time():
    sizes = list(growth.grown(OPTIONS))
    assert [axis for axis, _ in sizes] == [
        "rows",
        "rows",
        "groups",
        "features",
        "effects",
        "effects",
    ]
    assert sizes[1][1] == Sizes(rows=2000, groups=200)
    assert sizes[-1][1] == Sizes(rows=1000, groups=50, effects=2)


def test_formulas_have_the_sizes():
    assert Sizes(features=3, effects=3).formula == "y ~ x1 + x2 + x3 + (1 + x1 + x2 | g)"


def test_powers_are_those_of_the_logarithms():
    assert power([10, 100, 1000], [2, 20, 200]) == pytest.approx(1)
    assert power([10, 100], [1, 100]) == pytest.approx(2)


@pytest.fixture
def found():
    records = [
        {"axis": axis, "size": size, "fit": fit, "seconds": 1e-6 * size, "before": 1e8}
        | {"peak": 1e8 + 100 * size}
        for axis in growth.AXES
        for size in (100_000, 1_000_000)
        for fit in FITS
    ]
    return pd.DataFrame(records)


def test_the_page_has_every_size_and_the_powers(found):
    table = growth.growth_table(found)
    assert len(table.rows) == 2 * len(growth.AXES)
    assert "rows 1.00, groups 1.00" in table.notes[1]
    assert "0.10" in [cell.value for cell in table.rows[1]]


def test_the_figure_has_a_panel_an_axis_for_time_and_for_memory(found):
    figure = growth.growth_figure(found)
    assert len(figure.axes) == 2 * len(growth.AXES)
    assert {axis.get_xscale() for axis in figure.axes} == {"log"}
