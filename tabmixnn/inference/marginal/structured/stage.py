"""Integrating out one set of random effects, with adjoints.

Every likelihood here is a chain of such stages on cross-products. Effects ``u ~ N(0, sigma^2 S)``
with cross-products ``A = Z'Z``, ``B = Z'W``, ``C = W'W`` leave ``C - B'(S^-1 + A)^-1 B`` and add
``log|I + A S|``. Written with ``(I + A S)^-1``, so that ``S`` may be singular.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri

from ..profiled import CriterionError


class Stage:
    """The elimination at one covariance; a leading axis ``G`` batches independent levels.

    Parameters
    ----------
    A : ndarray of shape (G, q, q)
    B : ndarray of shape (G, q, d)
    S : ndarray of shape (q, q)
    diagonal : ndarray of shape (q,), optional
        The diagonal of ``A`` when ``G = 1`` and ``A`` has nothing else: one Cholesky
        factorisation then does the work.

    Attributes
    ----------
    logdet : float
    N : ndarray of shape (G, q, q)
        ``Z'V^-1 Z`` with ``V = Z S Z' + I``.
    Y : ndarray of shape (G, q, d)
        ``Z'V^-1 W``.
    """

    def __init__(
        self, A: np.ndarray, B: np.ndarray, S: np.ndarray, diagonal: np.ndarray | None = None
    ) -> None:
        self.A, self.B, self.S = A, B, S
        if diagonal is not None:
            self._cholesky(diagonal)
            return
        H = A @ S
        places = np.arange(len(S))
        H[:, places, places] += 1.0
        sign, logdets = np.linalg.slogdet(H)
        if not (sign > 0).all():
            raise CriterionError("the covariance of the random effects is not positive")
        self._inverse = np.linalg.inv(H)
        self.logdet = float(logdets.sum())
        self.N = self._inverse @ A
        self.N = 0.5 * (self.N + self.N.transpose(0, 2, 1))
        self.Y = self._inverse @ B

    def _cholesky(self, diagonal: np.ndarray) -> None:
        root = np.sqrt(diagonal)
        H = self.S * root
        H *= root[:, None]
        H.flat[:: len(root) + 1] += 1.0
        lower, fail = dpotrf(H.T, lower=1)
        if fail:
            raise CriterionError("the covariance of the random effects is not positive")
        self.logdet = 2.0 * float(np.log(np.diagonal(lower)).sum())
        inverse = dpotri(lower, lower=1)[0]
        inverse = np.tril(inverse) + np.tril(inverse, -1).T
        inverse_root = np.divide(1.0, root, out=np.zeros_like(root), where=root > 0)
        scaled = root[:, None] * inverse
        self.Y = (scaled @ (inverse_root[:, None] * self.B[0]))[None]
        self.N = (scaled * root)[None]

    @cached_property
    def M(self) -> np.ndarray:
        """``(S^-1 + A)^-1``: conditional covariance over ``sigma^2``, ``(G, q, q)``.

        By a root of ``S``: the difference ``S - S N S`` would lose what is left of a large ``S``.
        """
        roots, vectors = np.linalg.eigh(self.S)
        F = vectors * np.sqrt(np.maximum(roots, 0.0))
        H = F.T @ self.A @ F
        places = np.arange(len(F))
        H[:, places, places] += 1.0
        return F @ np.linalg.solve(H, np.broadcast_to(F.T, H.shape))

    def reduce(self, C: np.ndarray) -> np.ndarray:
        """``W'V^-1 W``, ``(d, d)``."""
        d = len(C)
        out = C - self.B.reshape(-1, d).T @ (self.S @ self.Y).reshape(-1, d)
        return 0.5 * (out + out.T)

    def covariance_adjoint(self, E: np.ndarray) -> np.ndarray:
        """Gradient ``(q, q)`` in ``S`` of ``logdet + <E, reduce(C)>``."""
        q = len(self.S)
        Y = self.Y.transpose(1, 0, 2).reshape(q, -1)
        YE = (self.Y @ E).transpose(1, 0, 2).reshape(q, -1)
        return self.N.sum(axis=0) - YE @ Y.T

    def data_adjoint(self, E: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gradients in ``A (G, q, q)`` and ``B (G, q, d)``; ``A`` must not be diagonal alone."""
        effects = self.S @ self.Y
        weighted = effects @ E
        bar_A = self.S @ self._inverse + weighted @ effects.transpose(0, 2, 1)
        return 0.5 * (bar_A + bar_A.transpose(0, 2, 1)), -2.0 * weighted
