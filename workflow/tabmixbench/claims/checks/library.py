"""What the library has of what the paper lists: it was written to, which is no reproduction."""

from __future__ import annotations

from collections.abc import Sequence

from tabmixbench.claims.checks.registry import check
from tabmixbench.claims.claim import Claim, Finding
from tabmixbench.claims.evidence import Evidence

#: Why none of these is a reproduction.
GIVEN = "this library was written to have them"


def _present(listed: Sequence[str], known: Sequence[str], what: str) -> Finding:
    absent = [name for name in listed if name not in known]
    note = f"{len(known)} {what} in all"
    return Finding(
        len(listed) - len(absent),
        holds=not absent,
        note=f"{note}; missing: {', '.join(absent)}" if absent else note,
        given=GIVEN,
    )


@check
def covariance_structures(evidence: Evidence, claim: Claim, *, names: Sequence[str]) -> Finding:
    """How many of the named covariance structures the library has."""
    from tabmixnn.encoder.covariance.registry import TYPES

    return _present(names, list(TYPES), "covariance structures")


@check
def families(evidence: Evidence, claim: Claim, *, names: Sequence[str]) -> Finding:
    """How many of the named outcome families the library has."""
    from tabmixnn.families import FAMILIES

    return _present(names, list(FAMILIES), "outcome families")


@check
def backbones(evidence: Evidence, claim: Claim, *, names: Sequence[str]) -> Finding:
    """Whether the library has the named backbones."""
    from tabmixnn.backbones import BACKBONES

    return _present(names, list(BACKBONES), "backbones")


@check
def unseen_strategies(evidence: Evidence, claim: Claim, *, names: Sequence[str]) -> Finding:
    """Whether the library has the named strategies for unseen groups."""
    from tabmixnn.encoder import UNKNOWN_STRATEGIES

    return _present(names, list(UNKNOWN_STRATEGIES), "strategies")


@check
def methods(evidence: Evidence, claim: Claim, *, names: Sequence[str]) -> Finding:
    """Whether the estimators have the named methods."""
    from tabmixnn import TabMixNN

    known = [name for name in names if callable(getattr(TabMixNN, name, None))]
    absent = [name for name in names if name not in known]
    note = f"missing: {', '.join(absent)}" if absent else ""
    return Finding(len(known), holds=not absent, note=note, given=GIVEN)


@check
def cannot(evidence: Evidence, claim: Claim, *, why: str) -> Finding:
    """A claim that no result can test, and why."""
    return Finding(note=why, is_testable=False)
