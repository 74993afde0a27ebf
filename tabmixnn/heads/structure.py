"""The output-level structural equation model, eq. 46 of the paper."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from tabmixnn.heads.graph import Edge, OutputGraph


class OutputStructure(nn.Module):
    """``theta = (I - B)^-1 xi`` among the location parameters of all outcomes.

    An edge between outcomes joins all components of one with all components of the other, so an
    outcome with K classes has K rows. The diagonal blocks are zero.

    With a full ``W_output`` the likelihood alone does not identify B: every B can be undone by
    W. What is learnt is the sparsest description (penalty) or what the edges left out allow.

    Parameters
    ----------
    graph : OutputGraph
        Acyclic, so that I - B always has an inverse.
    sizes : mapping of str to int
        Number of components by outcome, in order; d in all.
    units : ndarray, shape (d,), optional
        What one unit of the network's scale is on the response's. Fixed values, starting values
        and equalities are meant on the response's scale.
    """

    def __init__(
        self, graph: OutputGraph, sizes: Mapping[str, int], units: np.ndarray | None = None
    ) -> None:
        super().__init__()
        ends = np.cumsum(list(sizes.values()))
        rows = {
            name: np.arange(end - size, end)
            for (name, size), end in zip(sizes.items(), ends, strict=True)
        }
        d = int(ends[-1])
        self.graph = graph
        self.units = np.ones(d) if units is None else units
        to, origin, entry, factor, start = [], [], [], [], []
        constant = torch.zeros(d, d)
        first: dict[tuple, tuple[int, float]] = {}
        for number, edge in enumerate(graph.edges):
            for i, row in enumerate(rows[edge.to]):
                for j, column in enumerate(rows[edge.origin]):
                    unit = self.units[column] / self.units[row]
                    if edge.fixed is not None:
                        constant[row, column] = edge.fixed * unit
                        continue
                    known = first.setdefault(_key(edge, number, i, j), (len(start), unit))
                    if known[0] == len(start):
                        start.append(edge.start * unit)
                    to.append(row)
                    origin.append(column)
                    entry.append(known[0])
                    factor.append(unit / known[1])
        self.effects = nn.Parameter(torch.tensor(start, dtype=torch.float32))
        self.register_buffer("constant", constant)
        self.register_buffer("edge_to", torch.tensor(to, dtype=torch.long))
        self.register_buffer("edge_from", torch.tensor(origin, dtype=torch.long))
        self.register_buffer("entry", torch.tensor(entry, dtype=torch.long))
        self.register_buffer("factor", torch.tensor(factor, dtype=torch.float32))

    def matrix(self) -> Tensor:
        """Return B on the network's scale, shape (d, d): row to, column from."""
        values = self.effects[self.entry] * self.factor
        return self.constant.index_put((self.edge_to, self.edge_from), values)

    def response_matrix(self) -> np.ndarray:
        """Return B on the response's scale, shape (d, d)."""
        matrix = self.matrix().detach().numpy()
        return matrix * self.units[:, None] / self.units

    def forward(self, scores: Tensor) -> Tensor:
        """Return theta, shape (n, d), from xi = W H, shape (n, d)."""
        identity = torch.eye(len(self.constant), dtype=scores.dtype, device=scores.device)
        return torch.linalg.solve(identity - self.matrix(), scores.T).T

    def sparsity(self) -> Tensor:
        """Return ``||B||_1`` on the network's scale (eq. 53), a scalar."""
        return self.matrix().abs().sum()


def _key(edge: Edge, number: int, i: int, j: int) -> tuple:
    """Return what says which effects are equal: label and place, or the edge itself."""
    return (number if edge.label is None else edge.label, i, j)
