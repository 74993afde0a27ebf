"""Messages that name the nearest valid spelling of a name that is not known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

MAX_LISTED = 12


def require(
    name: str, valid: Iterable[str], kind: str, error: type[Exception], place: str = ""
) -> str:
    """Return a name that is known.

    Parameters
    ----------
    name, valid, kind
        As of `unknown`.
    error : type of Exception
        What to raise for any other.
    place : str
        Where the name stands, for the message.

    Raises
    ------
    Exception
        Of the type `error`, with one sentence that names the nearest valid name.
    """
    valid = list(valid)
    if name not in valid:
        sentence = unknown(kind, name, valid)
        raise error(f"{place}: {sentence}" if place else sentence)
    return name


def nearest(name: str, valid: Iterable[str]) -> str | None:
    """Return the valid name that is spelt most like `name`, or None when none is close.

    Case is ignored: ``"SleepStudy"`` is as near to ``"sleepstudy"`` as it can be.
    """
    by_folded = {candidate.casefold(): candidate for candidate in valid}
    hits = get_close_matches(str(name).casefold(), by_folded, n=1, cutoff=0.6)
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
