"""Names of levels, and the other names that the same value has elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tabmixnn.formula.nodes import number_text

MIDNIGHT = " 00:00:00"
"""What a date has more as a time."""
WORDS = {
    word: words
    for words in (("TRUE", "True", "true"), ("FALSE", "False", "false"))
    for word in words
}
"""Booleans in R, in Python and in files of others."""


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
        return str(value).removesuffix(MIDNIGHT)
    return str(value)


def level_values(values: NDArray | pd.Index) -> list[object]:
    """Return values as Python has them; floats of single precision as the decimals they print.

    A group of dose 0.1 is not 0.100000001490116 because its column is of single precision.
    """
    dtype = values.dtype
    if getattr(dtype, "kind", None) == "f" and dtype.itemsize == 4:
        singles = pd.Series(values).to_numpy(np.float32, na_value=np.nan)
        return [float(str(value)) for value in singles]
    return values.tolist()


def place_of(name: str, places: Mapping[str, int]) -> int:
    """Return the place of a level, by another spelling of the same value if not by its own; or -1.

    Files give values back in another type: True as a word, 1 as 1.0, a time at midnight as text,
    0.1 in single precision.
    """
    place = places.get(name)
    if place is not None:
        return place
    return next((places[each] for each in _spellings(name) if each in places), -1)


def places_of(names: NDArray[np.object_], levels: Sequence[str]) -> NDArray[np.int64]:
    """Return the places of n names among levels, as `place_of`; None is the name of no level."""
    codes = pd.Index(levels).get_indexer(names)
    new = codes < 0
    if new.any():
        places = {level: place for place, level in enumerate(levels)}
        found = {each: place_of(each, places) for each in set(names[new]) if each is not None}
        codes[new] = [found.get(each, -1) for each in names[new]]
    return codes


def _spellings(name: str) -> Iterator[str]:
    yield from WORDS.get(name, ())
    if name.endswith(MIDNIGHT):
        yield name.removesuffix(MIDNIGHT)
    elif _is_date(name):
        yield name + MIDNIGHT
    number = name.removesuffix(".0")
    if number.removeprefix("-").isdecimal():
        yield number if number != name else f"{name}.0"
    elif "." in name:
        yield from _of_single_precision(name)


def _of_single_precision(name: str) -> Iterator[str]:
    """Yield what a fraction is called where it was stored in single precision, and from there."""
    try:
        value = float(name)
    except ValueError:
        return
    if number_text(value) != name:
        return
    with np.errstate(over="ignore"):
        single = np.float32(value)
    widened = number_text(float(single))
    yield widened
    if widened == name:
        yield number_text(float(str(single)))


def _is_date(name: str) -> bool:
    return len(name) == 10 and name[4] == name[7] == "-" and name.replace("-", "").isdecimal()
