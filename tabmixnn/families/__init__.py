"""Outcome families (section 3.3 of the paper), one file each, found by name in `FAMILIES`.

A new family subclasses `Family`: a name, the parameters with their links, ``distribution``,
``check_response``; then one line in `FAMILIES`.
"""

from __future__ import annotations

from tabmixnn.families.base import Family, Parameter, ResponseScale
from tabmixnn.families.binomial import Binomial
from tabmixnn.families.gaussian import Gaussian
from tabmixnn.families.multinomial import Multinomial

FAMILIES: dict[str, type[Family]] = {
    family.name: family for family in (Gaussian, Binomial, Multinomial)
}

__all__ = [
    "FAMILIES",
    "Binomial",
    "Family",
    "Gaussian",
    "Multinomial",
    "Parameter",
    "ResponseScale",
    "get_family",
]


def get_family(family: str | Family) -> Family:
    """Return a family from its name or unchanged.

    Raises
    ------
    ValueError
        If no family has this name.
    TypeError
        If `family` is neither a name nor a `Family`.
    """
    if isinstance(family, Family):
        return family
    if not isinstance(family, str):
        raise TypeError(
            f"family must be a name or a Family such as Gaussian(), not {type(family).__name__}."
        )
    if family not in FAMILIES:
        names = ", ".join(sorted(FAMILIES))
        raise ValueError(f"There is no family {family!r}; choose one of {names}.")
    return FAMILIES[family]()
