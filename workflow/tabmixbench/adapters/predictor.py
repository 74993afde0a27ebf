"""The linear predictor of a mixed model on the library's design matrices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tabmixnn.formula import ModelFrame


@dataclass(frozen=True)
class LinearPredictor:
    """Estimates of a (generalised) linear mixed model.

    Attributes
    ----------
    beta : numpy.ndarray
        (p,) fixed effects of the columns of X.
    effects : sequence of numpy.ndarray
        One (levels, q) array of predicted random effects for each block of the design.
    """

    beta: np.ndarray
    effects: Sequence[np.ndarray] = ()

    def eta(self, frame: ModelFrame) -> np.ndarray:
        """Return X β + Z û, (n,); a group that was not seen at the fit has û = 0."""
        eta = frame.X @ self.beta
        for block, effects in zip(frame.blocks, self.effects, strict=True):
            seen = block.codes >= 0
            eta[seen] += np.sum(block.Z[seen] * effects[block.codes[seen]], axis=1)
        return eta


@dataclass(frozen=True)
class Scaled:
    """A design matrix in well-conditioned coordinates, and the way back.

    Attributes
    ----------
    matrix : numpy.ndarray
        (n, r) the new columns.
    back : numpy.ndarray
        (p, r): coefficients of the original columns are ``back @ coefficients``.
    """

    matrix: np.ndarray
    back: np.ndarray


def orthogonalised(matrix: np.ndarray) -> Scaled:
    """Rotate to orthogonal columns of unit mean square, leaving aliased directions out.

    Likelihoods with unpenalised coefficients, or with an unstructured covariance of them, do
    not change under this transformation; optimisers converge much better after it.
    """
    scaled = rescaled(matrix)
    _, singular, right = np.linalg.svd(scaled.matrix, full_matrices=False)
    kept = singular > singular.max(initial=0.0) * 1e-9
    turn = right[kept].T / singular[kept] * np.sqrt(len(matrix))
    return Scaled(scaled.matrix @ turn, scaled.back @ turn)


def rescaled(matrix: np.ndarray) -> Scaled:
    """Divide each column by its root mean square (a column of zeros stays)."""
    size = np.sqrt(np.mean(matrix**2, axis=0))
    size = np.where(size > 0, size, 1.0)
    return Scaled(matrix / size, np.diag(1.0 / size))
