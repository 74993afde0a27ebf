"""Priors of the random effects of a term (eqs. 8, 13 and 49 of the paper), by name in `PRIORS`.

Each of the d embedding dimensions has the same prior, independently of the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor, nn

from tabmixnn.encoder.covariance.torch_prior import StructuredPrior
from tabmixnn.encoder.inputs import BlockSpec


class Prior(Protocol):
    """What a divergence needs of a prior ``N(0, P^-1)`` of the G q effects of one dimension."""

    def quadratic(self, u: Tensor) -> Tensor:
        """Return ``sum_c u_c' P u_c`` of effects, shape (G, q, c)."""

    def level_precisions(self) -> Tensor:
        """Return the diagonal blocks of P, shape (G, q, q), or (1, q, q) if all are the same."""

    def logdet(self) -> Tensor:
        """Return ``-log|P|``."""

    def effect_covariance(self) -> Tensor:
        """Return the covariance of the effects of a level, before a structure over the levels."""


class StandardPrior(nn.Module):
    """``N(0, I)``, what the paper prints (eq. 49).

    Parameters
    ----------
    n_effects : int
        q.
    """

    def __init__(self, n_effects: int) -> None:
        super().__init__()
        self.register_buffer("precision", torch.eye(n_effects)[None], persistent=False)
        self.register_buffer("zero", torch.zeros(()), persistent=False)

    def quadratic(self, u: Tensor) -> Tensor:
        return u.square().sum()

    def level_precisions(self) -> Tensor:
        return self.precision

    def logdet(self) -> Tensor:
        return self.zero

    def effect_covariance(self) -> Tensor:
        return self.precision[0]


def _standard(spec: BlockSpec) -> Prior:
    return StandardPrior(len(spec.names))


def _learned(spec: BlockSpec) -> Prior:
    return StructuredPrior(
        spec.n_levels,
        len(spec.names),
        spec.over_levels,
        spec.over_effects,
        correlated=spec.correlated,
        heterogeneous=spec.heterogeneous,
    )


PRIORS: dict[str, Callable[[BlockSpec], Prior]] = {"standard": _standard, "learned": _learned}
"""``N(0, I)``, or a covariance that is learned with the network (empirical Bayes)."""


def build_prior(kind: str, spec: BlockSpec) -> Prior:
    """Return the prior of a term; a term with a structure learns its parameters in any case."""
    structured = spec.over_levels is not None or spec.over_effects is not None
    return PRIORS["learned" if structured else kind](spec)
