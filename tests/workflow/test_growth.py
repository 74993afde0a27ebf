"""The growth benchmark: it measures a fit that is right, and its verdict can be either."""

import pandas as pd
import pytest

from tabmixbench.benchmarks.growth import growth_table, measured


def test_a_fit_in_its_own_process_recovers_the_truth():
    found = measured(20_000)
    assert found["groups"] == 2000
    assert found["sd"] == pytest.approx(1.0, abs=0.08)
    assert found["sigma"] == pytest.approx(1.0, abs=0.03)
    assert found["slope"] == pytest.approx(0.5, abs=0.03)
    assert 0 < found["before"] <= found["peak"]


def test_a_process_that_fails_says_why():
    with pytest.raises(RuntimeError, match="fit to 10 rows failed"):
        measured(10, per_group=100)


@pytest.mark.parametrize(("seconds", "verdict"), [(1.0, "within"), (6.0, "beyond")])
def test_the_verdict_follows_the_numbers(seconds, verdict):
    common = {"sd": 1.0, "sigma": 1.0, "slope": 0.5, "before": 5e8, "peak": 8e8, "groups": 10}
    rows = [{**common, "n": n, "seconds": seconds * n, "elapsed": 9.0} for n in (0.1, 1)]
    table = growth_table(pd.DataFrame(rows).assign(n=[10**6, 10**7]))
    assert "to the power 1.00" in table.notes[1]
    assert f"{verdict} 5 s" in table.notes[2]
