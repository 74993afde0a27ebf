"""Names that data give, beside those that tables have for other things."""

from __future__ import annotations

from collections.abc import Collection

RESIDUAL = "Residual"
"""What tables of variance components call the residual's."""


def told_apart(group: str, taken: Collection[str]) -> str:
    """Return what a table calls a grouping factor: ``"(g)"`` if it has the name already."""
    return f"({group})" if group in taken else group
