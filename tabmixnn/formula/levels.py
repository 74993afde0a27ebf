"""Names of levels."""

from __future__ import annotations

from datetime import datetime

from tabmixnn.formula.nodes import number_text


def level_name(value: object) -> str:
    """Return the name of a value as a level.

    Whole numbers look the same whether a column stores them as integers or as floats, so that a
    group keeps its name when missing values elsewhere turned its column into floats; other
    numbers have 15 digits, as in R. So do days: a time at midnight has the name of its date.
    """
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else number_text(value)
    if isinstance(value, datetime):
        return str(value).removesuffix(" 00:00:00")
    return str(value)
