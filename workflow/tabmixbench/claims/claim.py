"""What one claim of the paper is, and what a check found about it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

#: Kinds of claim; `tabmixbench.claims.verdict` says by which rule each is judged.
KINDS = ("score", "difference", "count", "time", "statement", "untestable")

#: What the paper prints: a number, a range (None: no limit), or nothing for a statement.
Printed = float | tuple[float | None, float | None] | None


class ClaimError(ValueError):
    """``config/claims.yaml`` says something that cannot be meant."""


@dataclass(frozen=True)
class Claim:
    """One number or testable sentence of the paper.

    Attributes
    ----------
    id : str
        Path of the printed number in ``config/paper.yaml``, or the entry's own name.
    section : str
        Section or table of the paper.
    text : str
        A short paraphrase.
    kind : str
        One of `KINDS`.
    check : str
        The function of `tabmixbench.claims.checks` that looks at the results.
    settings : mapping
        Its keywords.
    printed : Printed
        The paper's value.
    digits : int or None
        Decimals it is printed with; None where nothing was rounded.
    source : str
        Path in ``config/paper.yaml`` of what is printed; empty for a statement.
    """

    id: str
    section: str
    text: str
    kind: str
    check: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    printed: Printed = None
    digits: int | None = None
    source: str = ""

    @property
    def half_unit(self) -> float:
        """Half a unit of the last printed digit: what rounding may have taken."""
        return 0.0 if self.digits is None else 0.5 * 10.0**-self.digits


@dataclass(frozen=True)
class Finding:
    """What the results say about a claim.

    Attributes
    ----------
    value : float or None
        Ours, in the unit of the paper's; None where there is no single number.
    spread : float or None
        Standard deviation over splits.
    holds : bool or None
        Whether a statement holds; None where the results cannot tell.
    open : str
        What the paper leaves open and a statement hangs on, where it is not the noise.
    better : bool or None
        Whether our value is better than the paper's; None where there is no better.
    note : str
        What a reader needs to judge the verdict: the other variant, the test, the reason.
    chance : float
        What guessing gives; zero where that is not known.
    between : tuple of float or None
        The least and the most that `value` can be, where differences within the noise count.
    missing : str
        The target to run where the results do not have it yet.
    given : str
        Why our value is the paper's by construction, where it was made to be.
    is_testable : bool
        Whether results can say anything about it at all.
    """

    value: float | None = None
    spread: float | None = None
    holds: bool | None = None
    open: str = ""
    better: bool | None = None
    note: str = ""
    chance: float = 0.0
    between: tuple[float, float] | None = None
    missing: str = ""
    given: str = ""
    is_testable: bool = True


def all_hold(told: Collection[bool | None]) -> bool | None:
    """Whether all parts of a statement hold; None where one is not told and none fails."""
    if False in told:
        return False
    return None if None in told else True


def any_holds(told: Collection[bool | None]) -> bool | None:
    """Whether one of several readings holds; None where none does and one is not told."""
    if True in told:
        return True
    return None if None in told else False
