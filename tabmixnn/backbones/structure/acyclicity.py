"""Functions that are zero exactly where a weighted directed graph has no cycle.

A new one is a function from the elementwise square A of the weights, (d, d), to a scalar, and
one line in `ACYCLICITY`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx


class CyclicDomainError(ValueError):
    """The weights are so large that the log-determinant is not defined."""


def trace_exponential(squares: Tensor) -> Tensor:
    r"""NOTEARS: :math:`\operatorname{tr}(e^A) - d` with :math:`A = B \odot B` (eqs. 20 and 51).

    Equal to :math:`\sum_k \operatorname{tr}(A^k) / k!`, where :math:`\operatorname{tr}(A^k)` sums
    the products of squared weights along all closed walks of length k (Zheng et al. 2018,
    theorem 1).

    Parameters
    ----------
    squares : Tensor, shape (d, d)
        Squared weights, not negative.

    Returns
    -------
    Tensor, scalar
    """
    return _TraceExponential.apply(squares)


class _TraceExponential(torch.autograd.Function):
    """With the gradient's closed form, the transposed exponential, which the value has anyway."""

    @staticmethod
    def forward(ctx: FunctionCtx, squares: Tensor) -> Tensor:
        exponential = torch.matrix_exp(squares)
        ctx.save_for_backward(exponential)
        # The diagonal minus 1, not the trace minus d: in a large graph the difference of two
        # large numbers would hide a short cycle.
        return (exponential.diagonal() - 1).sum()

    @staticmethod
    def backward(ctx: FunctionCtx, gradient: Tensor) -> Tensor:
        (exponential,) = ctx.saved_tensors
        return gradient * exponential.mT


def log_determinant(squares: Tensor, scale: float = 1.0) -> Tensor:
    r"""DAGMA: :math:`-\log\det(sI - A) + d \log s` (Bello et al. 2022, theorem 1).

    Equal to :math:`\sum_k \operatorname{tr}(A^k) / (k s^k)`: long cycles count for more than in
    the trace of the exponential, so that their gradient does not vanish.

    Parameters
    ----------
    squares : Tensor, shape (d, d)
        Squared weights, not negative.
    scale : float
        s; the spectral radius of `squares` has to be less.

    Returns
    -------
    Tensor, scalar

    Raises
    ------
    CyclicDomainError
        If the spectral radius is s or more.
    """
    radius = torch.linalg.eigvals(squares.detach()).abs().max().item() if len(squares) else 0.0
    if not radius < scale:
        raise CyclicDomainError(
            f"acyclicity='log_det' is defined while the squared weights have a spectral radius "
            f"below {scale:g}, and it became {radius:.3g}: the graph has strong cycles. Take "
            "smaller steps (lr), or acyclicity='trace_exp', which has no such limit."
        )
    identity = torch.eye(len(squares), dtype=squares.dtype, device=squares.device)
    return len(squares) * math.log(scale) - torch.logdet(scale * identity - squares)


ACYCLICITY: dict[str, Callable[[Tensor], Tensor]] = {
    "trace_exp": trace_exponential,
    "log_det": log_determinant,
}
"""Functions of the squared weights by the name a user gives."""


def is_acyclic(adjacency: Tensor) -> bool:
    """Say whether a directed graph has no cycle.

    Sources are taken away until none is left, with no arithmetic on the weights.

    Parameters
    ----------
    adjacency : Tensor, shape (d, d)
        Anything but zero is an edge, in either orientation.
    """
    edges = adjacency != 0
    while len(edges):
        inner = edges.any(0) & edges.any(1)
        if bool(inner.all()):
            return False
        edges = edges[inner][:, inner]
    return True


def strongest_order(strength: Tensor) -> Tensor:
    """Return the order of the variables in the strongest graph without cycles.

    Edges are taken from the strongest down, leaving out those that would close a cycle; if the
    graph has none, every edge is kept.

    Parameters
    ----------
    strength : Tensor, shape (d, d)
        Not negative; ``[i, j]`` is how strongly j affects i. Zero is no edge.

    Returns
    -------
    Tensor of int64, shape (d,)
        Variables, causes before effects; those that no edge tells apart in their given order.
    """
    size = len(strength)
    reaches = torch.eye(size, dtype=torch.bool)
    flat = strength.detach().flatten()
    for edge in flat.argsort(descending=True, stable=True)[: int((flat > 0).sum())].tolist():
        effect, cause = divmod(edge, size)
        if not reaches[effect, cause]:
            reaches |= torch.outer(reaches[:, cause], reaches[effect])
    # A cause has more variables downstream than any of its effects.
    return reaches.sum(1).argsort(descending=True, stable=True)
