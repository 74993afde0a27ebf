"""The training objective: the one place that weighs likelihood and KL (eqs. 47-50)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.distributions import Distribution

from tabmixnn.encoder.inputs import EncoderSpec


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
    """

    total: Tensor
    nll: Tensor
    kl: Tensor


class Objective:
    r"""``mean NLL + sum over terms of lambda_KL * (KL averaged over the term's levels)``.

    The paper prints sums over rows (eq. 48) and over levels (eqs. 49-50). With both, the
    evidence lower bound is lambda_KL = 1, and the paper's advice, lambda_KL = 1 / (mean group
    size), would under-weight the KL by the group size. With averages in both places the advice
    is exact: :math:`\lambda = G / n` gives
    :math:`\overline{NLL} + \frac{G}{n} \frac{KL}{G} = -ELBO / n`.
    That is ``lambda_kl="auto"``, taken for every term with its own number of levels G. A number
    is used as it is for every term; the paper's default 0.01 therefore regularises less than
    the ELBO wherever groups have fewer than 100 rows.

    Parameters
    ----------
    lambda_kl : float or "auto"
        Weight of the KL averaged over levels.
    spec : EncoderSpec
        For the number of levels of each term.
    n_rows : int
        Number n of training rows.
    """

    def __init__(self, lambda_kl: float | str, spec: EncoderSpec, n_rows: int) -> None:
        weights = [
            block.n_levels / n_rows if lambda_kl == "auto" else float(lambda_kl)
            for block in spec.blocks
        ]
        self.kl_weights = torch.tensor(weights, dtype=torch.float32)

    def nll(self, distribution: Distribution, y: Tensor) -> Tensor:
        """Negative log-likelihood averaged over n rows (eq. 48 divided by n)."""
        return -distribution.log_prob(y).mean()

    def __call__(self, distribution: Distribution, y: Tensor, kl: Tensor) -> Loss:
        """Weigh the parts on one batch.

        Parameters
        ----------
        distribution : Distribution
            Of the batch's n outcomes.
        y : Tensor, shape (n,)
            The outcomes.
        kl : Tensor, shape (n_terms,)
            Each term's divergence averaged over its levels.
        """
        nll = self.nll(distribution, y)
        weighted = (self.kl_weights * kl).sum()
        return Loss(total=nll + weighted, nll=nll, kl=weighted)
