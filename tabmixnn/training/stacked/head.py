"""Output heads of R replicas (eq. 30 of the paper), with their derivatives."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from tabmixnn.heads import OutputHead
from tabmixnn.training.stacked.likelihood import Scores, likelihood_of
from tabmixnn.training.stacked.linear import StackedLinear
from tabmixnn.training.stacked.pool import ParameterPool
from tabmixnn.training.stacked.rows import Batch


class StackedHead:
    """`OutputHead` with its likelihood, one a replica.

    Parameters
    ----------
    pool : ParameterPool
    heads : sequence of OutputHead
        Of the same family.
    """

    def __init__(self, pool: ParameterPool, heads: Sequence[OutputHead]) -> None:
        first = heads[0]
        self.family, self.location = first.family, first.location
        self._differentiate = likelihood_of(self.family)
        self.predicted = {
            name: StackedLinear(pool, [head.predicted[name] for head in heads])
            for name in first.predicted
        }
        self.shared = {
            name: pool.claim([head.shared[name] for head in heads], len(heads), len(values))
            for name, values in first.shared.items()
        }

    def nll(self, features: Tensor, batch: Batch) -> Tensor:
        """Return each replica's mean negative log-likelihood, shape (R,).

        Parameters
        ----------
        features : Tensor, shape (R, n, in_features)
        batch : Batch
        """
        return self._slopes(features, batch).nll

    def backward(self, features: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Set the parameters' gradients; return the `nll` and the features' gradient."""
        slopes = self._slopes(features, batch)
        for name, grad in slopes.shared.items():
            self.shared[name].grad.copy_(grad)
        grads = [
            linear.backward(features, slopes.predicted[name])
            for name, linear in self.predicted.items()
        ]
        return slopes.nll, sum(grads[1:], grads[0])

    def _slopes(self, features: Tensor, batch: Batch):
        scores: dict[str, Tensor] = {k: v.forward(features) for k, v in self.predicted.items()}
        if batch.offset is not None:
            scores[self.location] = scores[self.location] + batch.offset
        shared: Scores = {name: slot.value for name, slot in self.shared.items()}
        return self._differentiate(self.family, scores, shared, batch.y, batch.weight, batch.mass)
