"""Names of effects in messages."""

from __future__ import annotations

from collections.abc import Sequence

MOST = 6
"""Names that a message gives; of a factor with many levels it says how many there are."""


def listed(names: Sequence[str], between: str = ", ") -> str:
    """Return the names in a row, the first of them where there are many."""
    if len(names) <= MOST:
        return between.join(names)
    return between.join([*names[: MOST - 1], f"... ({len(names)} in all)"])
