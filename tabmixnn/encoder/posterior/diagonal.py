"""The paper's posterior of one term (eqs. 6-7)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tabmixnn.draws import normals_like
from tabmixnn.encoder.inputs import BlockSpec, GroupRows
from tabmixnn.encoder.posterior.divergence import divergence
from tabmixnn.encoder.priors import Prior

INITIAL_SIGMA = 0.1


class DiagonalPosterior(nn.Module):
    """``q(u_gs) = N(mu_gs, diag(sigma_gs^2))`` in d dimensions, eq. 6 of the paper.

    The means start at zero, so that an untrained model makes population-level predictions; the
    standard deviations start at 0.1, small beside the prior's 1, so that the first steps see
    signal rather than sampling noise.

    Parameters
    ----------
    spec : BlockSpec
        Number G of levels and names of the q slope terms.
    dim : int
        Embedding dimension d.
    """

    def __init__(self, spec: BlockSpec, dim: int) -> None:
        super().__init__()
        shape = (spec.n_levels, len(spec.names), dim)
        self.mu = nn.Parameter(torch.zeros(shape))
        self.log_sigma = nn.Parameter(torch.full(shape, INITIAL_SIGMA).log())

    def mean(self) -> Tensor:
        """Return the means, shape (G, q, d)."""
        return self.mu

    def variances(self) -> Tensor:
        """Return the variances, shape (G, q, d)."""
        return (2 * self.log_sigma).exp()

    def draw(self) -> Tensor:
        """Draw every level once by the reparameterisation trick (eq. 7), shape (G, q, d)."""
        return torch.addcmul(self.mu, self.log_sigma.exp(), normals_like(self.mu))

    def kl(self, prior: Prior) -> Tensor:
        """Return the divergence from a prior, a scalar: eq. 50 where that is N(0, I)."""
        precisions = prior.level_precisions().diagonal(dim1=1, dim2=2)
        spread = (precisions[..., None] * (2 * self.log_sigma).exp()).sum()
        return divergence(prior, self.mu, spread, 2 * self.log_sigma.sum())

    def predictor_variance(self, rows: GroupRows, weight: Tensor) -> Tensor:
        """Return the variance of ``sum_s z_s weight' u_gs`` in n rows; `weight` has shape (d,)."""
        sigma = self.log_sigma.exp().index_select(0, rows.codes)
        return (rows.z[:, :, None] * weight * sigma).square().sum(dim=(1, 2))
