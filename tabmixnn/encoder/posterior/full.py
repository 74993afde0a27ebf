"""A posterior of one term with a full covariance a level."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from tabmixnn.draws import normals_like
from tabmixnn.encoder.inputs import BlockSpec, GroupRows
from tabmixnn.encoder.posterior.diagonal import INITIAL_SIGMA
from tabmixnn.encoder.posterior.divergence import divergence
from tabmixnn.encoder.priors import Prior


class LowerTriangular(nn.Module):
    """Lower triangular matrices with positive diagonals, to be learned.

    They start as 0.1 times the identity; see `DiagonalPosterior`.

    Parameters
    ----------
    n_matrices, size : int
    """

    def __init__(self, n_matrices: int, size: int) -> None:
        super().__init__()
        self.log_diagonal = nn.Parameter(torch.full((n_matrices, size), math.log(INITIAL_SIGMA)))
        self.below = nn.Parameter(torch.zeros(n_matrices, size * (size - 1) // 2))
        self.register_buffer("_places", torch.tril_indices(size, size, -1), persistent=False)

    @property
    def rows(self) -> Tensor:
        """Row of each entry of ``below``."""
        return self._places[0]

    def forward(self) -> Tensor:
        """Return the matrices, shape (n_matrices, size, size)."""
        lower = torch.diag_embed(self.log_diagonal.exp())
        rows, columns = self._places
        lower[:, rows, columns] = self.below
        return lower


class FullPosterior(nn.Module):
    """``q(u_g) = N(mu_g, L_g L_g')`` for the q d effects of each level together.

    In a model that is linear in them, the effects of a level are correlated given the data, and a
    diagonal posterior makes their variances too small; this one is the posterior itself, as long
    as there is one term and its levels are independent.

    Parameters
    ----------
    spec : BlockSpec
        Number G of levels and names of the q slope terms.
    dim : int
        Embedding dimension d.
    """

    def __init__(self, spec: BlockSpec, dim: int) -> None:
        super().__init__()
        n_effects = len(spec.names)
        self.mu = nn.Parameter(torch.zeros(spec.n_levels, n_effects, dim))
        self.lower = LowerTriangular(spec.n_levels, n_effects * dim)

    def mean(self) -> Tensor:
        """Return the means, shape (G, q, d)."""
        return self.mu

    def variances(self) -> Tensor:
        """Return the variances, shape (G, q, d)."""
        return self.lower().square().sum(dim=-1).view_as(self.mu)

    def draw(self) -> Tensor:
        """Draw every level once, shape (G, q, d)."""
        noise = normals_like(self.lower.log_diagonal)
        return self.mu + (self.lower() @ noise[..., None]).view_as(self.mu)

    def spread(self, prior: Prior) -> Tensor:
        """Return ``tr(P C)`` of the prior's precision and this covariance."""
        factor = self.lower().reshape(*self.mu.shape[:2], -1)
        precisions = prior.level_precisions()
        factor = factor.to(precisions.dtype)
        return (factor * (precisions @ factor)).sum()

    def logdet(self) -> Tensor:
        """Return the log-determinant of the covariance."""
        return 2 * self.lower.log_diagonal.sum()

    def kl(self, prior: Prior) -> Tensor:
        """Return the divergence from a prior, a scalar."""
        return divergence(prior, self.mu, self.spread(prior), self.logdet())

    def predictor_variance(self, rows: GroupRows, weight: Tensor) -> Tensor:
        """Return the variance of ``sum_s z_s weight' u_gs`` in n rows; `weight` has shape (d,)."""
        factor = self.lower().view(*self.mu.shape, -1)
        by_slope = torch.einsum("gsdm,d->gsm", factor, weight).index_select(0, rows.codes)
        return torch.einsum("ns,nsm->nm", rows.z, by_slope).square().sum(dim=1)
