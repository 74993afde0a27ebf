"""When a claim counts as reproduced."""

import pytest

from tabmixbench.claims.claim import Claim, Finding
from tabmixbench.claims.verdict import (
    CONTRADICTS,
    NOT_REPRODUCED,
    NOT_RUN,
    REPRODUCED,
    UNTESTABLE,
    undecided,
    verdict,
)


def claim(kind, printed=None, digits=None, source="table3/x/rmse"):
    return Claim("x", "5", "x", kind, "score", {}, printed, digits, source)


@pytest.mark.parametrize(
    ("ours", "spread", "expected"),
    [
        (0.52, 0.05, REPRODUCED),
        (0.62, 0.05, REPRODUCED),  # two deviations
        (0.6249, 0.05, REPRODUCED),  # and half a unit of the last digit
        (0.6251, 0.05, NOT_REPRODUCED),
        (0.41, 0.05, NOT_REPRODUCED),  # better counts as different too
        (0.52, 0.064, REPRODUCED),
        (0.52, 0.066, UNTESTABLE),  # a quarter off would not be seen
        (0.60, 0.20, UNTESTABLE),  # within, but so would be anything
        (1.60, 0.20, NOT_REPRODUCED),
        (0.5241, None, REPRODUCED),
        (0.5251, None, NOT_REPRODUCED),
    ],
)
def test_a_score_must_lie_within_two_deviations_and_rounding(ours, spread, expected):
    assert verdict(claim("score", 0.52, 2), Finding(ours, spread)) == expected


@pytest.mark.parametrize(
    ("ours", "spread", "expected"),
    [
        (20.0, 3.0, REPRODUCED),
        (30.0, 3.0, NOT_REPRODUCED),
        (10.0, 15.0, UNTESTABLE),  # 20 cannot be told from 0
        (-5.0, 15.0, NOT_REPRODUCED),  # the other sign, however wide
    ],
)
def test_a_difference_must_have_the_same_sign_and_be_told_from_none(ours, spread, expected):
    assert verdict(claim("difference", 20.0, 1), Finding(ours, spread)) == expected


@pytest.mark.parametrize(
    ("printed", "ours", "spread", "guessing", "expected"),
    [
        (1.04, 0.95, 0.11, 1.06, UNTESTABLE),  # guessing is within it too
        (1.04, 1.06, 0.09, 1.06, UNTESTABLE),  # and would itself pass
        (1.04, 0.95, 0.11, 0.0, REPRODUCED),  # where it is not known what guessing gives
        (0.11, 0.10, 0.02, 1.06, REPRODUCED),  # a quarter of the way to guessing would be seen
        (1.04, 0.40, 0.01, 1.06, NOT_REPRODUCED),
    ],
)
def test_a_spread_is_held_against_the_distance_from_guessing(
    printed, ours, spread, guessing, expected
):
    said = verdict(claim("score", printed, 2), Finding(ours, spread, chance=guessing))
    assert said == expected


def test_a_range_is_met_inside_it():
    inside, above = Finding(12.0, 1.0), Finding(40.0, 1.0)
    assert verdict(claim("score", (10.0, 30.0)), inside) == REPRODUCED
    assert verdict(claim("score", (10.0, 30.0)), above) == NOT_REPRODUCED
    assert verdict(claim("score", (None, 1.0)), Finding(0.5)) == REPRODUCED


def test_a_faster_machine_reproduces_a_time():
    assert verdict(claim("time", (2.0, 3.0)), Finding(0.5)) == REPRODUCED
    assert verdict(claim("time", (2.0, 3.0)), Finding(3.1)) == NOT_REPRODUCED


def test_counts_must_be_equal():
    assert verdict(claim("count", 15.0), Finding(15)) == REPRODUCED
    assert verdict(claim("count", 15.0), Finding(14)) == NOT_REPRODUCED


@pytest.mark.parametrize(
    ("between", "expected"),
    [
        ((9, 18), UNTESTABLE),
        ((15, 15), REPRODUCED),
        ((3, 14), NOT_REPRODUCED),
        ((16, 18), NOT_REPRODUCED),
    ],
)
def test_a_number_of_wins_is_held_against_what_the_noise_allows(between, expected):
    wins = claim("count", 15.0), Finding(13, between=between)
    assert verdict(*wins) == expected


def test_a_statement_holds_or_not_or_cannot_be_told():
    verdicts = [verdict(claim("statement"), Finding(holds=holds)) for holds in (True, False, None)]
    assert verdicts == [REPRODUCED, NOT_REPRODUCED, UNTESTABLE]


def test_what_cannot_be_tested_was_undecided_or_not_tested_at_all():
    wide = claim("score", 0.52, 2), Finding(0.60, 0.20)
    noise = claim("statement"), Finding(holds=None)
    never = claim("statement"), Finding(is_testable=False)
    by_nature = claim("untestable"), Finding(is_testable=False)
    assert {verdict(*each) for each in (wide, noise, never, by_nature)} == {UNTESTABLE}
    assert [undecided(*each).partition(":")[0] for each in (wide, noise, never, by_nature)] == [
        *("undecided", "undecided", "", ""),
    ]


def test_what_the_paper_contradicts_is_not_judged_by_our_results():
    printed = claim("score", 0.52, 2)
    assert verdict(printed, Finding(0.52, 0.01), {printed.source: "..."}) == CONTRADICTS


def test_without_results_it_was_not_run():
    assert verdict(claim("score", 0.52, 2), Finding(missing="results/x.csv")) == NOT_RUN
    assert verdict(claim("untestable"), Finding(missing="")) == UNTESTABLE
