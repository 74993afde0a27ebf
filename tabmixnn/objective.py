"""The training objective: the one place that weighs likelihood, KL and penalties (eqs. 47-53)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.distributions import Distribution

from tabmixnn.encoder.inputs import BlockSpec, EncoderSpec
from tabmixnn.penalty_weights import PenaltyWeight


@dataclass(frozen=True)
class Loss:
    """The parts of the objective on one batch, all scalars.

    Parameters
    ----------
    total : Tensor
        What is minimised.
    nll : Tensor
        Negative log-likelihood averaged over rows.
    kl : Tensor
        Kullback-Leibler divergence as it enters the total, weights included.
    penalties : mapping of str to Tensor
        ``penalty``, the sum of the penalties as it enters the total, and each penalty before its
        weight; empty where the network has none. Always ``total = nll + kl + penalty``.
    """

    total: Tensor
    nll: Tensor
    kl: Tensor
    penalties: Mapping[str, Tensor] = field(default_factory=dict)

    def parts(self) -> dict[str, Tensor]:
        """Return everything by the name it has in the history, without gradients."""
        parts = {"loss": self.total, "nll": self.nll, "kl": self.kl, **self.penalties}
        return {name: value.detach().to(self.total.dtype) for name, value in parts.items()}


def kl_weight(lambda_kl: float | str | Mapping[str, float], block: BlockSpec, n_rows: int) -> float:
    """Return the weight of a term's KL averaged over its levels.

    Raises
    ------
    ValueError
        If a mapping has no weight for the term's group.
    """
    if lambda_kl == "auto":
        return block.n_levels / n_rows
    if not isinstance(lambda_kl, Mapping):
        return float(lambda_kl)
    if block.group not in lambda_kl:
        known = ", ".join(repr(group) for group in lambda_kl)
        raise ValueError(
            f"lambda_kl has weights for {known}, but none for group {block.group!r}; add it."
        )
    return float(lambda_kl[block.group])


def _check_groups(weights: Mapping[str, float], spec: EncoderSpec) -> None:
    """Raise ValueError if there is a weight for a group that the formula does not have."""
    groups = list(dict.fromkeys(block.group for block in spec.blocks))
    for name in weights:
        if name not in groups:
            known = ", ".join(repr(group) for group in groups) or "none"
            raise ValueError(
                f"lambda_kl has a weight for {name!r}, which is no group of the formula; it has "
                f"{known}."
            )


class Objective:
    r"""``mean NLL + sum_terms lambda_KL * (KL averaged over levels) + sum_j lambda_j L_j``.

    The paper prints sums over rows (eq. 48) and over levels (eqs. 49-50). With both, the
    evidence lower bound is lambda_KL = 1, and the paper's advice, lambda_KL = 1 / (mean group
    size), would under-weight the KL by the group size. With averages in both places the advice
    is exact: :math:`\lambda = G / n` gives
    :math:`\overline{NLL} + \frac{G}{n} \frac{KL}{G} = -ELBO / n`.
    That is ``lambda_kl="auto"``, taken for every term with its own number of levels G. A number
    is used as it is for every term; the paper's default 0.01 therefore regularises less than
    the ELBO wherever groups have fewer than 100 rows. A mapping has a number for each group.

    The penalties L_j (eqs. 51-53) are what the network found in a forward pass, summed over its
    layers, each with a weight of its own.

    Parameters
    ----------
    lambda_kl : float, "auto" or mapping of str to float
        Weight of the KL averaged over levels.
    spec : EncoderSpec
        For the number of levels of each term, and its group.
    n_rows : int
        Number n of training rows.
    weights : mapping of str to PenaltyWeight, optional
        By name of the penalty. A penalty without a weight is recorded and not minimised.
    """

    def __init__(
        self,
        lambda_kl: float | str | Mapping[str, float],
        spec: EncoderSpec,
        n_rows: int,
        weights: Mapping[str, PenaltyWeight] | None = None,
    ) -> None:
        if isinstance(lambda_kl, Mapping):
            _check_groups(lambda_kl, spec)
        kl_weights = [kl_weight(lambda_kl, block, n_rows) for block in spec.blocks]
        self.kl_weights = torch.tensor(kl_weights, dtype=torch.float32)
        self.weights = dict(weights or {})

    def nll(self, distribution: Distribution, y: Tensor) -> Tensor:
        """Negative log-likelihood averaged over n rows (eq. 48 divided by n)."""
        return -distribution.log_prob(y).mean()

    def __call__(
        self,
        distribution: Distribution,
        y: Tensor,
        kl: Tensor,
        penalties: Mapping[str, Tensor] | None = None,
        weight: float = 1.0,
    ) -> Loss:
        """Weigh the parts on one batch.

        Parameters
        ----------
        distribution : Distribution
            Of the batch's n outcomes.
        y : Tensor, shape (n,)
            The outcomes.
        kl : Tensor, shape (n_terms,)
            Each term's divergence averaged over its levels.
        penalties : mapping of str to Tensor, optional
            Scalars, before their weights.
        weight : float
            Factor of the likelihood, for a part of the rows of a batch.
        """
        nll = weight * self.nll(distribution, y)
        weighted = (self.kl_weights.to(kl.device) * kl).sum()
        total = nll + weighted
        if not penalties:
            return Loss(total=total, nll=nll, kl=weighted)
        penalty = nll.new_zeros(())
        for name, weight in self.weights.items():
            penalty = penalty + weight.weigh(penalties[name]).to(nll.dtype)
        return Loss(total + penalty, nll, weighted, {"penalty": penalty, **penalties})

    def end_epoch(self, record: Mapping[str, float]) -> None:
        """Let the weights' schedules see the epoch's mean penalties."""
        for name, weight in self.weights.items():
            weight.end_epoch(record[name])
