"""``factor``, ``ordered``, ``relevel`` and ``C``: how a formula makes a column categorical."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

from tabmixnn.formula.contrasts import CONTRASTS
from tabmixnn.formula.errors import suggest
from tabmixnn.formula.levels import level_name


@dataclass(frozen=True)
class FactorFunction(ABC):
    """A function that orders levels and chooses contrasts.

    Attributes
    ----------
    parameters : dict of str to object
        The names and defaults of the arguments after the column, in R's order.
    """

    parameters: dict[str, Any] = field(default_factory=dict)

    @abstractmethod
    def fit(
        self, found: tuple[str, ...], contrast: str, /, **options: Any
    ) -> tuple[tuple[str, ...], str]:
        """Return the levels and the name of the contrasts, given what the column has."""


class AsFactor(FactorFunction):
    """``factor(x, levels, ordered)``; ``as.factor`` and ``ordered`` are this with fixed options."""

    def fit(
        self, found: tuple[str, ...], contrast: str, /, **options: Any
    ) -> tuple[tuple[str, ...], str]:
        """Take the levels in the order given, if one is."""
        if options.get("levels") is not None:
            given = (
                options["levels"] if isinstance(options["levels"], list) else [options["levels"]]
            )
            ordered = tuple(level_name(item) for item in given)
            left_out = [level for level in found if level not in ordered]
            if left_out:
                raise ValueError(f"levels must list {left_out[0]!r}, which the column has")
            found = tuple(level for level in ordered if level in found)
        choice = options.get("ordered")
        if choice is not None:
            contrast = "poly" if choice else "treatment"
        return found, contrast


class Relevel(FactorFunction):
    """``relevel(x, ref)``: put one level first, as the reference."""

    def fit(
        self, found: tuple[str, ...], contrast: str, /, **options: Any
    ) -> tuple[tuple[str, ...], str]:
        """Move the reference level to the front."""
        if options["ref"] is None:
            raise ValueError("ref must name the level that comes first")
        reference = level_name(options["ref"])
        if reference not in found:
            raise ValueError(
                f"ref must be a level of the column, not {reference!r}.{suggest(reference, found)}"
            )
        rest = tuple(level for level in found if level != reference)
        return (reference, *rest), contrast


class Contrasts(FactorFunction):
    """``C(x, contr)``: choose contrasts, ``treatment``, ``sum``, ``helmert`` or ``poly``."""

    def fit(
        self, found: tuple[str, ...], contrast: str, /, **options: Any
    ) -> tuple[tuple[str, ...], str]:
        """Look the contrasts up; R's names with ``contr.`` in front are known too."""
        if options["contr"] is None:
            return found, contrast
        name = str(options["contr"]).removeprefix("contr.")
        if name not in CONTRASTS:
            raise ValueError(f"contr must be one of {', '.join(CONTRASTS)}, not {name!r}")
        return found, name


FACTOR_FUNCTIONS: dict[str, FactorFunction] = {
    "factor": AsFactor({"levels": None, "ordered": None}),
    "as.factor": AsFactor(),
    "ordered": AsFactor({"levels": None, "ordered": True}),
    "relevel": Relevel({"ref": None}),
    "C": Contrasts({"contr": None}),
}

NOMINAL = frozenset(FACTOR_FUNCTIONS) - {"ordered"}
"""Those after which numbers are only names."""
