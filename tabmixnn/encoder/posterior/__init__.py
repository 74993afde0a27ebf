"""Variational posteriors of the random effects, found by name in `POSTERIORS`.

A posterior is over the effects of all terms. It has ``mean()`` and ``draw()``, lists of tables of
shape (G, q, d); ``variances()``, those of effects whose levels are independent of each other, None
for a term whose levels are not; ``kl(priors)``, a list of each term's share of the divergence; and
``predictor_variance(groups, weight)``, the variance of what the effects add to a predictor that
is linear in them, shape (n,). Where the divergence is not a sum over terms, a term's share has
the entropy of its effects given those of the terms before it, so that the shares add up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import nn

from tabmixnn.encoder.inputs import BlockSpec
from tabmixnn.encoder.posterior.diagonal import DiagonalPosterior
from tabmixnn.encoder.posterior.factorised import FactorisedPosterior
from tabmixnn.encoder.posterior.full import FullPosterior
from tabmixnn.encoder.posterior.joint import JointPosterior


def _diagonal(specs: Sequence[BlockSpec], dim: int) -> nn.Module:
    return FactorisedPosterior([DiagonalPosterior(spec, dim) for spec in specs])


def _full(specs: Sequence[BlockSpec], dim: int) -> nn.Module:
    return FactorisedPosterior([FullPosterior(spec, dim) for spec in specs])


POSTERIORS: dict[str, Callable[[Sequence[BlockSpec], int], nn.Module]] = {
    "diagonal": _diagonal,
    "full": _full,
    "joint": JointPosterior,
}
"""By ``posterior``: eq. 6 of the paper, a full covariance a level, one normal of all terms."""

__all__ = [
    "POSTERIORS",
    "DiagonalPosterior",
    "FactorisedPosterior",
    "FullPosterior",
    "JointPosterior",
]
