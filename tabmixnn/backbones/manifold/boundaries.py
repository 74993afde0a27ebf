"""What happens at the edge of a grid, and the basis in which its Laplacian is diagonal."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor


class Boundary(ABC):
    """A boundary condition: eigenvalues and orthonormal eigenvectors of minus the Laplacian.

    Neighbouring points of an axis are a distance of 1 apart. Transforms act along one axis, of
    which an N-dimensional grid has N, and cost O(n log n).
    """

    @abstractmethod
    def eigenvalues(self, n: int, like: Tensor) -> Tensor:
        """Eigenvalues of minus the Laplacian of n points, (n,), of the type of `like`."""

    @abstractmethod
    def forward(self, field: Tensor, dim: int) -> Tensor:
        """Coefficients of a field in the eigenvectors along axis `dim`; same shape, real."""

    @abstractmethod
    def inverse(self, coefficients: Tensor, dim: int) -> Tensor:
        """Field with the given coefficients: the inverse and the transpose of `forward`."""

    @abstractmethod
    def offsets(self, n: int, like: Tensor) -> Tensor:
        """Distance of every two of n points of an axis, (n, n)."""


class Reflecting(Boundary):
    """No flux through the edge (Neumann), which lies half a step outside; the basis is DCT-II.

    A sampled field is one on the whole space folded at the edge: within about a range of it the
    variance rises, up to twofold at an edge and fourfold at a corner. Let the grid reach a range
    beyond what matters where that would be harmful.
    """

    def eigenvalues(self, n: int, like: Tensor) -> Tensor:
        k = torch.arange(n, dtype=like.dtype, device=like.device)
        return 2.0 - 2.0 * torch.cos(math.pi * k / n)

    def forward(self, field: Tensor, dim: int) -> Tensor:
        """DCT-II by one FFT of the same length (Makhoul 1980)."""
        field = field.movedim(dim, -1)
        n = field.shape[-1]
        folded = torch.cat([field[..., ::2], field[..., 1::2].flip(-1)], dim=-1)
        turned = torch.fft.fft(folded) * _turn(n, field)
        return (turned.real * _norm(n, field)).movedim(-1, dim)

    def inverse(self, coefficients: Tensor, dim: int) -> Tensor:
        """DCT-III by one inverse FFT."""
        scaled = coefficients.movedim(dim, -1)
        n = scaled.shape[-1]
        scaled = scaled / _norm(n, scaled)
        # The imaginary part that the forward transform dropped is the reversed real part.
        dropped = torch.cat([torch.zeros_like(scaled[..., :1]), scaled[..., 1:].flip(-1)], dim=-1)
        folded = torch.fft.ifft(torch.complex(scaled, -dropped) * _turn(n, scaled).conj()).real
        field = torch.empty_like(folded)
        half = (n + 1) // 2
        field[..., ::2] = folded[..., :half]
        field[..., 1::2] = folded[..., half:].flip(-1)
        return field.movedim(-1, dim)

    def offsets(self, n: int, like: Tensor) -> Tensor:
        k = torch.arange(n, dtype=like.dtype, device=like.device)
        return (k[:, None] - k).abs()


def _turn(n: int, like: Tensor) -> Tensor:
    k = torch.arange(n, dtype=like.dtype, device=like.device)
    return torch.polar(torch.ones_like(k), -math.pi * k / (2 * n))


def _norm(n: int, like: Tensor) -> Tensor:
    norm = torch.full((n,), math.sqrt(2.0 / n), dtype=like.dtype, device=like.device)
    norm[0] = math.sqrt(1.0 / n)
    return norm


class Periodic(Boundary):
    """The last point of an axis is a neighbour of the first; the basis is the Hartley transform.

    For angles and seasons. The variance is the same everywhere.
    """

    def eigenvalues(self, n: int, like: Tensor) -> Tensor:
        k = torch.arange(n, dtype=like.dtype, device=like.device)
        return 2.0 - 2.0 * torch.cos(2.0 * math.pi * k / n)

    def forward(self, field: Tensor, dim: int) -> Tensor:
        """``Re - Im`` of the Fourier transform, which is its own inverse."""
        turned = torch.fft.fft(field, dim=dim, norm="ortho")
        return turned.real - turned.imag

    def inverse(self, coefficients: Tensor, dim: int) -> Tensor:
        return self.forward(coefficients, dim)

    def offsets(self, n: int, like: Tensor) -> Tensor:
        k = torch.arange(n, dtype=like.dtype, device=like.device)
        apart = (k[:, None] - k).abs()
        return torch.minimum(apart, n - apart)


BOUNDARIES: dict[str, type[Boundary]] = {"periodic": Periodic, "reflecting": Reflecting}
"""Boundary conditions by name."""
