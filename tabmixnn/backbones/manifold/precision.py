"""The Matérn field of an SPDE on a regular grid (eqs. 26-28 of the paper), diagonalised."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from tabmixnn.backbones.manifold.boundaries import BOUNDARIES


class GridPrecision(nn.Module):
    r"""Precision :math:`Q = (\kappa^2 I - \Delta)^\alpha` of a field on a grid (eq. 27).

    The Laplacian of finite differences is diagonal in the cosine (or Fourier) basis of the grid,
    so that roots, solves and the determinant cost O(N log N) with N grid points where a sparse
    Cholesky factor of a plane fills up to O(N log N) entries and takes O(N^1.5). ``Q^-1/2`` is
    the symmetric root: ``Q^-1/2 eps`` has the same distribution as the paper's ``L^-T eps``.

    As the step goes to zero the field is Matérn with smoothness ``nu = alpha - d/2`` and range
    ``sqrt(8 nu) / kappa`` (where the correlation is about 0.14). With ``nu <= 0`` (``alpha = 1``
    on a plane) there is a field on the grid, but no Matérn field that it approximates.

    Parameters
    ----------
    shape : sequence of int
        Points along each of d axes; neighbours are a distance of 1 apart.
    alpha : int
        Order of the operator, at least 1.
    kappa : float
        Start value of the inverse range, per grid step; positive.
    boundary : str
        A key of ``BOUNDARIES``.

    Attributes
    ----------
    raw_kappa : Parameter, scalar
        ``kappa = softplus(raw_kappa)``.
    """

    def __init__(
        self,
        shape: Sequence[int],
        alpha: int = 2,
        kappa: float = 0.3,
        boundary: str = "reflecting",
    ) -> None:
        super().__init__()
        self.shape, self.alpha, self.initial = tuple(shape), alpha, kappa
        self.boundary = BOUNDARIES[boundary]()
        self.raw_kappa = nn.Parameter(torch.empty(()))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set kappa to its start value."""
        nn.init.constant_(self.raw_kappa, self.initial + math.log(-math.expm1(-self.initial)))

    @property
    def kappa(self) -> Tensor:
        """Inverse range per grid step, a positive scalar."""
        return functional.softplus(self.raw_kappa)

    @property
    def size(self) -> int:
        """Number N of grid points."""
        return math.prod(self.shape)

    def eigenvalues(self) -> Tensor:
        """Eigenvalues of Q, of the grid's shape; differentiable in kappa."""
        total = self.kappa**2
        for axis, n in enumerate(self.shape):
            own = self.boundary.eigenvalues(n, self.raw_kappa)
            total = total + own.reshape(-1, *[1] * (len(self.shape) - axis - 1))
        return total**self.alpha

    def variance(self) -> Tensor:
        """Variance of the field averaged over the grid, ``trace(Q^-1) / N``."""
        return (1.0 / self.eigenvalues()).mean()

    def logdet(self) -> Tensor:
        """Log-determinant of Q."""
        return self.eigenvalues().log().sum()

    def multiply(self, fields: Tensor, power: float) -> Tensor:
        """Multiply fields (..., *shape) by ``Q**power``; ``power=-0.5`` is eq. 28."""
        return self._backward(self._forward(fields) * self.eigenvalues() ** power)

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Draw n fields ``Q^-1/2 eps`` (eq. 28), (n, *shape)."""
        like = self.raw_kappa
        noise = torch.randn(
            (n, *self.shape), generator=generator, dtype=like.dtype, device=like.device
        )
        # White noise has the same distribution in every orthonormal basis.
        return self._backward(noise * self.eigenvalues() ** -0.5)

    def quadratic(self, fields: Tensor) -> Tensor:
        """``u'Qu`` of each of the fields (..., *shape), (...)."""
        squares = self._forward(fields) ** 2 * self.eigenvalues()
        return squares.flatten(-len(self.shape)).sum(-1)

    def log_prob(self, fields: Tensor) -> Tensor:
        """Log-density of each of the fields (..., *shape) under N(0, Q^-1), (...)."""
        constant = self.size * math.log(2.0 * math.pi)
        return 0.5 * (self.logdet() - self.quadratic(fields) - constant)

    def _forward(self, fields: Tensor) -> Tensor:
        for axis in range(-len(self.shape), 0):
            fields = self.boundary.forward(fields, axis)
        return fields

    def _backward(self, coefficients: Tensor) -> Tensor:
        for axis in range(-len(self.shape), 0):
            coefficients = self.boundary.inverse(coefficients, axis)
        return coefficients
