"""Exact fits of several programs in turns."""

import numpy as np
import pandas as pd
import pytest

from tabmixbench.adapters.base import Unsuitable
from tabmixbench.benchmarks import exact_fits
from tabmixbench.benchmarks.exact_fits import ALONE, CASES, FRAME, Case


@pytest.mark.parametrize("program", exact_fits.PROGRAMS, ids=lambda each: each.name)
def test_every_program_is_timed_or_says_why_not(program):
    try:
        made = program()
    except Unsuitable as reason:
        pytest.skip(str(reason))
    timers = made.timers(Case(CASES["sleepstudy, intercepts"]))
    assert set(timers) <= {FRAME, ALONE}
    assert ALONE in timers
    assert all(0 <= timer(2) < 5 for timer in timers.values())
    if hasattr(made, "close"):
        made.close()


def test_crossed_factors_are_refused_with_a_reason():
    with pytest.raises(Unsuitable, match="crossed"):
        exact_fits.Statsmodels().timers(Case(CASES["egsingle"]))


def test_the_page_has_multiples_of_our_time_and_reasons():
    common = {"case": "sleepstudy, slopes", "rows": 180}
    rows = [
        {**common, "program": program, "part": part, "seconds": seconds}
        for program, seconds in {"TabMixNN": 0.002, "lmer": 0.02, "mixedlm": 0.003}.items()
        for part in (FRAME, ALONE)
    ]
    rows.append({**common, "program": "GPBoost", "reason": "it is not there"})
    table = exact_fits.exact_table(pd.DataFrame(rows))
    assert [cell.value for cell in table.rows[0]] == [
        "sleepstudy, slopes",
        "180",
        FRAME,
        "2",
        "1.5×",
        "10×",
        "–",
        "–",
    ]
    assert table.notes[-1] == "GPBoost, sleepstudy, slopes: it is not there."
    assert np.isnan(table.data["seconds"].iloc[-1])
