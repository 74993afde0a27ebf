"""The cost model finds what it is given, and its measurements come from real fits."""

import pandas as pd
import pytest

from tabmixbench.benchmarks.cost import Cost, cost_table, shared_epoch
from tabmixbench.benchmarks.machines import IN_MEMORY, LEVELS, SUMS, TWO, measure

SIZES = [(10**5, 10**3), (10**5, 3 * 10**4), (10**6, 10**3), (10**6, 3 * 10**5)]


def test_it_finds_a_cost_that_is_linear():
    true = Cost(0.02, 1e-7, 4e-7, 0.0)
    frame = pd.DataFrame(SIZES, columns=["rows", "groups"])
    frame["seconds"] = [true.at(*size) for size in SIZES]
    found = Cost.of(frame["rows"], frame["groups"], frame["seconds"])
    assert (found.start, found.row, found.group) == pytest.approx((0.02, 1e-7, 4e-7), rel=1e-6)
    assert found.misfit < 1e-6
    frame["seconds"] *= [1.1, 0.9, 1.0, 1.0]
    assert 0.03 < Cost.of(frame["rows"], frame["groups"], frame["seconds"]).misfit < 0.1


def test_nothing_costs_less_than_nothing():
    frame = pd.DataFrame(SIZES, columns=["rows", "groups"])
    seconds = 1e-6 * frame["rows"] - 1e-7 * frame["groups"]
    assert Cost.of(frame["rows"], frame["groups"], seconds).group == 0


@pytest.mark.parametrize(("halved", "expected"), [(5.0, 10 / 64), (6.0, 2 + 8 / 64), (10.0, 10.0)])
def test_more_processes_divide_what_two_divide(halved, expected):
    one, two = Cost(10.0, 0.0, 0.0, 0.0), Cost(halved, 0.0, 0.0, 0.0)
    assert shared_epoch(one, two, (1, 1), 64) == pytest.approx(expected)


def test_measurements_are_of_every_way_and_make_a_table():
    found = measure({"machines": [(1000, 20)]})
    assert set(found["way"]) == {*IN_MEMORY.values(), LEVELS, SUMS, TWO}
    assert (found["seconds"] >= 0).all()
    more = [found.assign(rows=n, groups=g, seconds=1e-6 * n + 1e-5 * g) for n, g in SIZES]
    table = cost_table(pd.concat(more))
    assert len(table.rows) == 5
    assert table.data["row"].tolist() == pytest.approx([1e-6] * 5, rel=1e-3)
