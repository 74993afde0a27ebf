"""The one place that says when a claim counts as reproduced.

A **score** is reproduced when the paper's value lies within `DEVIATIONS` standard deviations of
ours over the splits, half a unit of its last printed digit allowed for rounding: the paper shows
one split, and one split of ours varies by that much. A **difference** (an improvement) must besides
have the sign of ours. Agreement within a spread too wide to tell says nothing and is called so: for
a score, when those standard deviations are more than `WIDE` of how far our value is from what
guessing gives, the mean score of the constant model (of our value itself where that model has
none), so that being that far off would not be seen; for a difference, when the paper's
value, or ours, cannot be told from none. A **count** must be equal; one of wins is not reproduced
where it lies outside what differences beyond the noise allow, and undecided where these allow
several. A **time** must not exceed what is printed: machines differ. A **statement** must hold as
its check defines it; where a check cannot tell, it says why. A statement that the paper's own
tables contradict is not judged by our results at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from tabmixbench.claims.claim import Claim, Finding, Printed
from tabmixbench.statistics import LEVEL

REPRODUCED = "reproduced"
NOT_REPRODUCED = "not reproduced"
CONTRADICTS = "contradicts the paper's own table"
UNTESTABLE = "cannot be tested"
NOT_RUN = "not run"
VERDICTS = (REPRODUCED, NOT_REPRODUCED, CONTRADICTS, UNTESTABLE, NOT_RUN)

#: Standard deviations over splits that a score may be away.
DEVIATIONS = 2.0
#: `DEVIATIONS` standard deviations over our value's distance from what guessing gives, beyond which
#: agreement says nothing.
WIDE = 0.25
#: How the line of a claim begins that was tested, and that our results say both yes and no to.
UNDECIDED = "undecided"
NOISE = f"{UNDECIDED}: within the noise"
TOO_WIDE = f"{UNDECIDED}: ours spreads too widely to tell"
OPEN = f"{UNDECIDED}: open in the paper"
#: How the line of a claim begins whose value we gave ourselves.
GIVEN = "true by construction"

RULE = (
    f"A score counts as reproduced when the paper's value lies within {DEVIATIONS:g} standard "
    "deviations of ours over the splits (plus half a unit of its last digit); an improvement must "
    "besides have the same sign, a count must be equal, a time must not exceed the paper's, and a "
    "statement must hold. Of what cannot be tested, some no result here answers; the rest was "
    "tested and is undecided, and says so: what our results allow holds the paper's and what would "
    "refute it. Agreement is undecided where our splits spread too widely to tell: a "
    f"score of which {DEVIATIONS:g} standard deviations are more than {WIDE:.0%} of its distance "
    "from what guessing gives, which is the mean score of the model that predicts the same for "
    "every row (where that model has no score, of the score itself), so that being that far off "
    "would not be seen, or an "
    f"improvement, the paper's or ours, that {DEVIATIONS:g} standard deviations do not tell from "
    "none. Undecided is besides a statement on an order whose deciding difference is within the "
    f"noise (p ≥ {LEVEL:g}), a number of wins that the wins and losses within the noise allow "
    "beside others, a statement on the size of a difference whose 95% interval reaches over an end "
    "of what is claimed, and one that hangs on what the paper leaves open. "
    "What is true by construction is no test: the size of data that this suite simulates, since "
    "they cannot be had, how many data sets it has, and what its library was written to have. The "
    "paper gives XGBoost the group ids on some sets and not on others and does not say on which: "
    "of XGBoost with and without ids the one nearer to the paper's number is held against it, and "
    "the note gives the other; a statement on both fails where both refute it. A number that the "
    "paper prints in two places is one claim."
)


def verdict(claim: Claim, finding: Finding, contradicted: Collection[str] = ()) -> str:
    """Judge one claim.

    Parameters
    ----------
    claim, finding
        What the paper says and what our results say.
    contradicted : collection of str
        Paths of statements that the paper's own tables contradict.

    Returns
    -------
    str
        One of `VERDICTS`.
    """
    if claim.source in contradicted:
        return CONTRADICTS
    if claim.kind == "untestable":
        return UNTESTABLE
    if finding.missing:
        return NOT_RUN
    if claim.kind == "statement" and finding.holds is None:
        return UNTESTABLE
    if finding.between is not None:
        return _of_several(claim, finding.between)
    if not _RULES[claim.kind](claim, finding):
        return NOT_REPRODUCED
    return UNTESTABLE if finding.given or too_wide(claim, finding) else REPRODUCED


def undecided(claim: Claim, finding: Finding) -> str:
    """Why a claim that cannot be tested was tested all the same; empty where it was not."""
    if too_wide(claim, finding):
        return TOO_WIDE
    if finding.between is not None:
        return NOISE
    if claim.kind != "statement" or not finding.is_testable or finding.given:
        return ""
    return f"{OPEN}: {finding.open}" if finding.open else NOISE


def _of_several(claim: Claim, between: tuple[float, float]) -> str:
    """Judge a number of which our results allow several."""
    if not _within(between, claim.printed, claim.half_unit):
        return NOT_REPRODUCED
    return REPRODUCED if between[0] == between[1] else UNTESTABLE


def too_wide(claim: Claim, finding: Finding) -> bool:
    """Whether our spread is so large that agreement within it says nothing."""
    if finding.spread is None or claim.kind not in ("score", "difference"):
        return False
    if claim.kind == "difference":
        return DEVIATIONS * finding.spread > min(abs(claim.printed), abs(finding.value))
    return DEVIATIONS * finding.spread > WIDE * abs(finding.value - finding.chance)


def _within(printed: Printed, value: float, allowance: float) -> bool:
    low, high = printed if isinstance(printed, tuple) else (printed, printed)
    return (low is None or value >= low - allowance) and (high is None or value <= high + allowance)


def _score(claim: Claim, finding: Finding) -> bool:
    allowance = DEVIATIONS * (finding.spread or 0.0) + claim.half_unit
    return _within(claim.printed, finding.value, allowance)


def _difference(claim: Claim, finding: Finding) -> bool:
    return _score(claim, finding) and claim.printed * finding.value >= 0


def _count(claim: Claim, finding: Finding) -> bool:
    return claim.printed == finding.value


def _time(claim: Claim, finding: Finding) -> bool:
    high = claim.printed[1] if isinstance(claim.printed, tuple) else claim.printed
    return finding.value <= high


def _statement(claim: Claim, finding: Finding) -> bool:
    return bool(finding.holds)


_RULES: dict[str, Callable[[Claim, Finding], bool]] = {
    "score": _score,
    "difference": _difference,
    "count": _count,
    "time": _time,
    "statement": _statement,
}
