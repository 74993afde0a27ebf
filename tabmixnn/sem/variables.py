"""Which variables of a model are latent, observed, exogenous or dependent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class VariableNames:
    """The variables of a model by their role, each in lavaan's order.

    Parameters
    ----------
    latent : tuple of str
        Left-hand sides of ``=~``.
    observed : tuple of str
        Indicators, then dependent, then explanatory variables, then those that only appear in
        covariances or intercepts.
    exogenous : tuple of str
        Observed explanatory variables about whose distribution the model says nothing.
    exogenous_latent : tuple of str
        Latent variables that are neither indicators nor dependent.
    outcomes : tuple of str
        Dependent variables that explain nothing, the latent ones first.
    """

    latent: tuple[str, ...]
    observed: tuple[str, ...]
    exogenous: tuple[str, ...]
    exogenous_latent: tuple[str, ...]
    outcomes: tuple[str, ...]

    @classmethod
    def of(cls, elements: Iterable[Any]) -> VariableNames:
        """Read the roles off elements with `lhs`, `op` and `rhs`."""
        elements = list(elements)
        latent = _unique(e.lhs for e in elements if e.op == "=~")
        measured = _unique(e.rhs for e in elements if e.op == "=~")
        dependent = _unique(e.lhs for e in elements if e.op == "~")
        explaining = _unique(e.rhs for e in elements if e.op == "~")
        covarying = [name for e in elements if e.op == "~~" for name in (e.lhs,)]
        covarying += [e.rhs for e in elements if e.op == "~~"]
        named = covarying + [e.lhs for e in elements if e.op == "~1"]
        indicators = _without(measured, latent)
        dependent_observed = _without(dependent, latent, indicators)
        explanatory = _without(explaining, latent, indicators, dependent_observed)
        ordered = _unique([*indicators, *dependent_observed, *explanatory, *named])
        last = _without(dependent, measured, explaining)
        return cls(
            latent=tuple(latent),
            observed=tuple(_without(ordered, latent)),
            exogenous=tuple(_without(explanatory, named)),
            exogenous_latent=tuple(_without(latent, measured, dependent)),
            outcomes=(*(n for n in latent if n in last), *(n for n in last if n not in latent)),
        )

    @property
    def modelled(self) -> tuple[str, ...]:
        """The observed variables that are not exogenous."""
        return tuple(_without(self.observed, self.exogenous))


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _without(names: Iterable[str], *others: Iterable[str]) -> list[str]:
    left_out = {name for other in others for name in other}
    return [name for name in names if name not in left_out]
