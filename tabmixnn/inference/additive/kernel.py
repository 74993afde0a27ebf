"""Smooth functions of all predictors together, interactions of any order among them.

The ridge regression on a kernel's features is the mean of a Gaussian process (Rasmussen and
Williams 2006, chapters 2 and 8): a function is the smoother, the longer the distance over which its
values go together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.additive.rows import Rows
from tabmixnn.inference.additive.table import LEARNED
from tabmixnn.inference.additive.variables import Variables

Array = NDArray[np.float64]

LENGTHS = (0.4, 0.8, 1.6, 3.2)
"""To choose from, in units of the root mean squared distance of two rows, about."""
LINEAR = 0.02
"""Variance of the linear part of a function, relative to that of the rest."""
MOST_LANDMARKS = 300
SEED = 0
"""Of the landmarks, where there are more distinct rows."""
DEPENDENT = 1e-8
"""Share of the largest eigenvalue below which a feature is rounding."""


@dataclass(frozen=True, eq=False)
class Kernel:
    r"""Features whose products are about a kernel of two rows (Williams and Seeger 2001).

    The kernel is :math:`\exp(-|a - b|^2 / (2 d l^2)) + 0.02\, a'b / d`: the features' span is that
    of the kernel at m landmarks, and their products are the kernel there.

    Attributes
    ----------
    length : float
        l.
    landmarks : ndarray, shape (m, d)
    root : ndarray, shape (m, r)
        What kernels of rows and landmarks are multiplied by.
    """

    length: float
    landmarks: Array
    root: Array

    @classmethod
    def fit(cls, points: Array, length: float) -> Kernel:
        """Choose landmarks among n rows, shape (n, d)."""
        landmarks = np.unique(points, axis=0)
        if len(landmarks) > MOST_LANDMARKS:
            rng = np.random.default_rng(SEED)
            landmarks = landmarks[rng.permutation(len(landmarks))[:MOST_LANDMARKS]]
        values, vectors = np.linalg.eigh(_kernel(landmarks, landmarks, length))
        kept = values > DEPENDENT * values[-1]
        # By rows, as a model file has it: products of another order differ in the last bits.
        root = np.ascontiguousarray(vectors[:, kept] / np.sqrt(values[kept]))
        return cls(length, landmarks, root)

    def __call__(self, points: Array) -> Array:
        """Return the features of n rows, shape (n, r)."""
        return _kernel(points, self.landmarks, self.length) @ self.root


def coordinates(rows: Rows, variables: Variables) -> Array:
    """Return what the distances of n rows are measured in, shape (n, d).

    Numbers inside their fences, standardised on the scale of their smooths, and indicators of
    levels. What networks make of the predictors is none of them.
    """
    numbers = [
        variables.fenced(rows.table, name)[:, :1] for name in variables.numeric if name != LEARNED
    ]
    levels = [
        variables.levels(rows.table, name)
        for name in variables.small()
        if name not in variables.numeric
    ]
    return np.hstack([np.zeros((len(rows), 0)), *numbers, *levels])


def _kernel(a: Array, b: Array, length: float) -> Array:
    d = a.shape[1]
    inner = a @ b.T
    distances = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2.0 * inner
    return np.exp(np.maximum(distances, 0.0) / (-2.0 * d * length**2)) + LINEAR * inner / d
