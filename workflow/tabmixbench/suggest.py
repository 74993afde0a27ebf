"""Messages that name the nearest valid spelling of a name that is not known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

MAX_LISTED = 12


def nearest(name: str, valid: Iterable[str]) -> str | None:
    """Return the valid name that is spelt most like `name`, or None when none is close.

    Case is ignored: ``"SleepStudy"`` is as near to ``"sleepstudy"`` as it can be.
    """
    by_folded = {candidate.casefold(): candidate for candidate in valid}
    hits = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[hits[0]] if hits else None


def unknown(kind: str, name: str, valid: Iterable[str]) -> str:
    """Return one sentence for a name that is not known.

    Parameters
    ----------
    kind
        What the name should have been, such as ``"dataset"`` or ``"model"``.
    name
        What was written.
    valid
        The names that exist.

    Examples
    --------
    >>> unknown("dataset", "slepstudy", ["sleepstudy", "Milk"])
    "unknown dataset 'slepstudy': did you mean 'sleepstudy'?"
    """
    names = sorted(valid)
    close = nearest(name, names)
    if close is not None:
        return f"unknown {kind} {name!r}: did you mean {close!r}?"
    listed = ", ".join(names[:MAX_LISTED]) + (", ..." if len(names) > MAX_LISTED else "")
    return f"unknown {kind} {name!r}: choose one of {listed or 'none, as none is registered'}."
