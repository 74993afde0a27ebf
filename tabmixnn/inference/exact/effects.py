"""How the effects of a model's levels, and its residuals, hang together: here, not at all."""

from __future__ import annotations

from typing import Any

import numpy as np

from tabmixnn.inference.marginal.fit import MixedFit


def known_effects(u: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return each row's effects, shape (n, q): zero, their expectation, for unseen levels."""
    padded = np.vstack([u, np.zeros(u.shape[1])])
    return padded[codes]


def semidefinite_root(cov: np.ndarray) -> np.ndarray:
    """Return ``A`` with ``A A' = cov``, which may be singular and have no Cholesky factor."""
    values, vectors = np.linalg.eigh(cov)
    return vectors * np.sqrt(np.maximum(values, 0.0))


class IndependentEffects:
    """Levels that know nothing of each other, and independent residuals.

    Attributes
    ----------
    blocks : list of RandomBlock
        The random-effects terms, as the likelihood takes them.
    """

    residual = None
    is_structured = False

    def __init__(self, blocks: list[Any]) -> None:
        self.blocks = blocks

    def of_rows(self, result: MixedFit, frame: Any, position: int) -> np.ndarray:
        """Return the expected effects of a term in n rows, given the data, shape (n, q)."""
        return known_effects(result.u[position], frame.blocks[position].codes)

    def level_variances(self, result: MixedFit, frame: Any, position: int) -> np.ndarray:
        """Return the factor before a term's covariance ``G`` in n rows, shape (n,)."""
        return np.ones(len(frame.blocks[position].codes))

    def draw(self, rng: np.random.Generator, result: MixedFit, position: int) -> np.ndarray:
        """Draw the effects of all levels of a term, shape (G, q)."""
        G = result.G[position]
        n_levels = len(self.blocks[position].levels)
        return rng.standard_normal((n_levels, len(G))) @ semidefinite_root(G).T

    def residual_deviations(self, result: MixedFit, frame: Any = None) -> np.ndarray | float:
        """Return the residuals' deviations over sigma in n rows, by default the training rows."""
        return 1.0
