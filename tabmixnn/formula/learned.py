"""What a design remembers of its training data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from tabmixnn.formula.contrasts import CONTRASTS
from tabmixnn.formula.errors import FormulaError

KINDS = ("numeric", "logical", "factor")


@dataclass
class Learned:
    """Levels, contrasts and the state of transforms, as JSON-able dicts.

    Attributes
    ----------
    kinds : dict of str to str
        For each column ``"numeric"``, ``"logical"`` or ``"factor"``.
    factors : dict of str to dict
        ``{"levels": [...], "contrast": ...}`` for each categorical variable, by its text.
    transforms : dict of str to dict
        The state of each call of a transform, by its text.
    groups : dict of str to dict
        The combinations of levels that each interaction of grouping factors has.
    """

    kinds: dict[str, str] = field(default_factory=dict)
    factors: dict[str, dict[str, Any]] = field(default_factory=dict)
    transforms: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able copy."""
        factors = {
            label: {**state, "levels": list(state["levels"])}
            for label, state in self.factors.items()
        }
        return {**asdict(replace(self, factors={})), "factors": factors}

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Learned:
        """Take what :meth:`to_dict` returned.

        Raises
        ------
        FormulaError
            If it holds something else.
        """
        try:
            learned = cls(**{name: dict(part) for name, part in state.items()})
            known = all(kind in KINDS for kind in learned.kinds.values()) and all(
                factor["contrast"] in CONTRASTS and isinstance(factor["levels"], list)
                for factor in learned.factors.values()
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise FormulaError(f"this is not the state of a design: {error}") from error
        if not known:
            raise FormulaError("this is not the state of a design: unknown kind or contrasts")
        return learned

    def recall(self, part: str, label: str) -> Any:
        """Return what was learned about `label`.

        Raises
        ------
        FormulaError
            If nothing was, which happens only to a stored design that is incomplete.
        """
        try:
            return getattr(self, part)[label]
        except KeyError:
            raise FormulaError(
                f"the design has learned nothing about {label!r}; fit it again"
            ) from None
