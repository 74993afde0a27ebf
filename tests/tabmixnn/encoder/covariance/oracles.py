"""What structures are checked against: sparse finite elements, and a prior as one matrix."""

from __future__ import annotations

from functools import reduce

import numpy as np
import torch
from scipy import sparse


def projection(grid, places):
    """Values at places from those at the nodes of a grid, ``(s, size)``."""
    rows = zip(*grid.weights(places), strict=True)
    return sparse.csr_array(np.array([reduce(np.kron, row) for row in rows]))


def precision(grid, kappa, alpha):
    """Sparse precision ``K (C^-1 K)^(alpha - 1)`` of the nodes with ``K = kappa^2 C + G``."""
    masses, stiffnesses = zip(*map(_elements, grid.axes), strict=True)
    C = reduce(sparse.kron, masses)
    G = sum(
        reduce(sparse.kron, [*masses[:k], stiffnesses[k], *masses[k + 1 :]])
        for k in range(grid.dim)
    )
    K = kappa**2 * C + G
    lumped = sparse.diags_array(1.0 / C.diagonal())
    return sparse.csr_array(reduce(lambda Q, _: Q @ lumped @ K, range(alpha - 1), K))


def _elements(axis):
    """Lumped masses and stiffnesses of linear elements along an axis, element by element."""
    mass, stiffness = np.zeros(len(axis)), np.zeros((len(axis), len(axis)))
    for k, step in enumerate(np.diff(axis)):
        mass[k : k + 2] += step / 2.0
        stiffness[k : k + 2, k : k + 2] += np.array([[1.0, -1.0], [-1.0, 1.0]]) / step
    return sparse.diags_array(mass), sparse.csr_array(stiffness)


def prior_covariance(prior):
    """``R (x) S`` of a `StructuredPrior`, levels running slowest."""
    S, lower = prior.effect_covariance(), prior.level_factor()
    R = torch.eye(prior.n_levels, dtype=S.dtype) if lower is None else lower @ lower.T
    return torch.kron(R, S)
