"""Covariance structures as priors of the variational engine (eqs. 8 and 49 with a full prior).

The maps from parameters to matrices stay in numpy; torch sees each as one differentiable function
whose derivative is the structure's own.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from .errors import CovarianceError
from .placed import Placed


class _Matrix(torch.autograd.Function):
    """Correlation matrix of a placed structure as a function of its unconstrained parameters."""

    @staticmethod
    def forward(ctx, params: Tensor, placed: Placed) -> Tensor:
        ctx.save_for_backward(params)
        ctx.placed = placed
        matrix = placed.matrix(params.detach().cpu().numpy().astype(float))
        return torch.as_tensor(matrix.copy(), dtype=params.dtype, device=params.device)

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor, None]:
        (params,) = ctx.saved_tensors
        slopes = ctx.placed.derivatives(params.detach().cpu().numpy().astype(float))
        slopes = torch.as_tensor(slopes, dtype=grad.dtype, device=grad.device)
        return torch.tensordot(slopes, grad, dims=2), None


def correlation_matrix(placed: Placed, params: Tensor) -> Tensor:
    """Correlation matrix ``(s, s)`` that torch can differentiate in ``params (n_params,)``."""
    return _Matrix.apply(params, placed)


class StructuredPrior(nn.Module):
    """Prior ``N(0, R (x) S)`` of the effects of one term, its parameters learned (eq. 13).

    Parameters
    ----------
    n_levels, n_effects : int
        ``G`` and ``q``.
    over_levels : Placed, optional
        Structure of ``R``; independent levels without one.
    over_effects : Placed, optional
        Structure of the correlations of ``S``; free ones without one.
    correlated : bool
        Whether ``S`` has free covariances, where it has no structure.
    heterogeneous : bool
        Whether each effect under ``over_effects`` has its own standard deviation.
    scale : float
        Standard deviation that each effect starts with.
    dtype : torch.dtype
        Double unless given: inverses of correlations near one need the digits.
    """

    def __init__(
        self,
        n_levels: int,
        n_effects: int,
        over_levels: Placed | None = None,
        over_effects: Placed | None = None,
        *,
        correlated: bool = True,
        heterogeneous: bool = True,
        scale: float = 1.0,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        self.n_levels, self.n_effects = n_levels, n_effects
        self.over_levels, self.over_effects = over_levels, over_effects
        n_sd = n_effects if over_effects is None or heterogeneous else 1
        self.log_sd = nn.Parameter(torch.full((n_sd,), float(np.log(scale)), dtype=dtype))
        self.level_params = self._start(over_levels, dtype)
        self.effect_params = self._start(over_effects, dtype)
        self._below = torch.tril_indices(n_effects, n_effects, -1)
        n_below = self._below.shape[1] if over_effects is None and correlated else 0
        self.below = nn.Parameter(torch.zeros(n_below, dtype=dtype))

    @staticmethod
    def _start(placed: Placed | None, dtype: torch.dtype) -> nn.Parameter:
        start = np.zeros(0) if placed is None else placed.start
        return nn.Parameter(torch.as_tensor(start, dtype=dtype))

    def level_factor(self) -> Tensor | None:
        """Lower Cholesky factor ``(G, G)`` of ``R``, or None for independent levels.

        Raises
        ------
        CovarianceError
            ``R`` is singular, so that no density exists.
        """
        if self.over_levels is None:
            return None
        return _cholesky(correlation_matrix(self.over_levels, self.level_params), self.over_levels)

    def effect_factor(self) -> Tensor:
        """Lower Cholesky factor ``(q, q)`` of ``S``."""
        sd = self.log_sd.exp().expand(self.n_effects)
        if self.over_effects is not None:
            R = correlation_matrix(self.over_effects, self.effect_params)
            return sd[:, None] * _cholesky(R, self.over_effects)
        lower = torch.diag(sd)
        return lower.index_put(tuple(self._below), self.below) if len(self.below) else lower

    def effect_covariance(self) -> Tensor:
        """``S``, ``(q, q)``."""
        T = self.effect_factor()
        return T @ T.T

    def logdet(self) -> Tensor:
        """``q log|R| + G log|S|``."""
        L = self.level_factor()
        total = 2.0 * self.n_levels * self.effect_factor().diagonal().log().sum()
        return total if L is None else total + 2.0 * self.n_effects * L.diagonal().log().sum()

    def quadratic(self, u: Tensor) -> Tensor:
        """``sum_c u_c'(R (x) S)^-1 u_c`` of effects ``(G, q, c)``."""
        u = u.to(self.log_sd.dtype)
        half = torch.linalg.solve_triangular(self.effect_factor(), u, upper=False)
        L = self.level_factor()
        if L is not None:
            half = torch.linalg.solve_triangular(L, half.flatten(1), upper=False)
        return half.square().sum()

    def level_precisions(self) -> Tensor:
        """Diagonal blocks of ``(R (x) S)^-1``: ``(G, q, q)``, or ``(1, q, q)`` where ``R = I``."""
        inverse = torch.cholesky_inverse(self.effect_factor())[None]
        L = self.level_factor()
        if L is None:
            return inverse
        return torch.cholesky_inverse(L).diagonal()[:, None, None] * inverse


NUGGET = 1e-6
"""Added to the diagonal of a correlation matrix that is singular to working precision, as those of
smooth kernels at places near each other are, and relationship matrices of centred genotypes."""


def _cholesky(matrix: Tensor, placed: Placed) -> Tensor:
    lower, fail = torch.linalg.cholesky_ex(matrix)
    if fail:
        nugget = NUGGET * matrix.diagonal().mean().detach()
        eye = torch.eye(len(matrix), dtype=matrix.dtype, device=matrix.device)
        lower, fail = torch.linalg.cholesky_ex(matrix + nugget * eye)
    if fail:
        raise CovarianceError(
            f"{placed.where}: the {placed.structure.type} matrix is singular, so it gives the "
            "variational engine no prior density; use inference='marginal', or add to its diagonal"
        )
    return lower
