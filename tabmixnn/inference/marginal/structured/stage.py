"""Integrating out one set of random effects, with adjoints.

Every likelihood here is a chain of such stages on cross-products. Effects ``u ~ N(0, sigma^2 S)``
with cross-products ``A = Z'Z``, ``B = Z'W``, ``C = W'W`` leave ``C - B'(S^-1 + A)^-1 B`` and add
``log|I + A S|``. Where the effects explain all of ``W`` and ``S`` is large that difference would be
rounding. So ``W`` is given as ``R + Z T`` with any ``T``, best that of least squares, and with
``A = L L'``, ``b = L^-1 Z'R`` and ``t = L'T + b`` what is left is ``R'R - b'b``, all that no effect
could explain, and ``t'(I + L'S L)^-1 t``. Neither ``A`` nor ``S`` has to be regular.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri

from ..profiled import CriterionError
from .root import DiagonalRoot, Root, root_of


class Stage:
    """The elimination at one covariance; a leading axis ``G`` batches independent levels.

    Parameters
    ----------
    A : ndarray of shape (G, q, q)
    B : ndarray of shape (G, q, d)
        ``Z'R``.
    S : ndarray of shape (q, q)
    T : ndarray of shape (G, q, d)
    root : Root or DiagonalRoot, optional
        Of ``A``, where it is known already.

    Attributes
    ----------
    logdet : float
    N : ndarray of shape (G, q, q)
        ``Z'V^-1 Z`` with ``V = Z S Z' + I``.
    Y : ndarray of shape (G, q, d)
        ``Z'V^-1 W``.
    """

    def __init__(
        self,
        A: np.ndarray,
        B: np.ndarray,
        S: np.ndarray,
        T: np.ndarray,
        root: Root | DiagonalRoot | None = None,
    ) -> None:
        self.A, self.S = A, S
        self.root = root_of(A) if root is None else root
        H = self.root.congruence(S)
        places = np.arange(len(S))
        H[:, places, places] += 1.0
        inverse, self.logdet = _inverse(H) if len(H) == 1 else _inverses(H)
        self._b = self.root.onto(B)
        self._t = self.root.across(T) + self._b
        self._z = inverse @ self._t
        self.N = self.root.wrap(inverse)
        self.Y = self.root.spread(self._z)

    @cached_property
    def left(self) -> np.ndarray:
        """``T`` less the conditional means ``S Y``, or what columns say of it, ``(G, q, d)``."""
        return self.root.back(self._z - self._b)

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
        """``W'V^-1 W``, ``(d, d)``, given ``C = R'R``."""
        d = len(C)
        b, t, z = (part.reshape(-1, d) for part in (self._b, self._t, self._z))
        out = C - b.T @ b + t.T @ z
        return 0.5 * (out + out.T)

    def covariance_adjoint(self, E: np.ndarray) -> np.ndarray:
        """Gradient ``(q, q)`` in ``S`` of ``logdet + <E, reduce(C)>``."""
        q = len(self.S)
        Y = self.Y.transpose(1, 0, 2).reshape(q, -1)
        YE = (self.Y @ E).transpose(1, 0, 2).reshape(q, -1)
        return self.N.sum(axis=0) - YE @ Y.T

    def data_adjoint(self, E: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gradients in ``A (G, q, q)`` and ``B (G, q, d)``, that in ``C`` being ``E``."""
        weighted = self.left @ E
        return self.M + weighted @ self.left.transpose(0, 2, 1), 2.0 * weighted


def _inverse(H: np.ndarray) -> tuple[np.ndarray, float]:
    """Inverse of one block, and the logarithm of its determinant."""
    lower, fail = dpotrf(H[0].T, lower=1)
    if fail:
        raise CriterionError("the covariance of the random effects is not positive")
    logdet = 2.0 * float(np.log(np.diagonal(lower)).sum())
    inverse = np.tril(dpotri(lower, lower=1)[0])
    return (inverse + np.tril(inverse, -1).T)[None], logdet


def _inverses(H: np.ndarray) -> tuple[np.ndarray, float]:
    """Inverses of the blocks, and the sum of the logarithms of their determinants."""
    sign, logdets = np.linalg.slogdet(H)
    if not (sign > 0).all():
        raise CriterionError("the covariance of the random effects is not positive")
    return np.linalg.inv(H), float(logdets.sum())
