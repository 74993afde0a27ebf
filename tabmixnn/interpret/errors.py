"""What a model cannot say."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tabmixnn.families import Family


class NotExactError(AttributeError):
    """A quantity of the exact likelihood is asked of a model that was not fitted by it."""


def several_predictors(family: Family) -> str:
    """Return why one set of coefficients cannot describe a network; nothing if it can."""
    if family.name == "joint":
        return "of several outcomes has a linear predictor for each"
    number = family.n_predictors
    return "" if number == 1 else f"of the {family.name} family has {number} linear predictors"
