"""Random-effects terms whose levels or effects carry a covariance structure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from ..conditions import DesignError
from ..whitening import working_columns
from .slope import CorrelatedSlope, FactorSlope, SlopeCovariance


class StructuredTerm:
    """One bar term in working coordinates: ``Cov(u) = sigma^2 R (x) S``.

    Parameters
    ----------
    position : int
        Place of the term in the formula.
    block : object
        ``codes``, ``levels``, ``names``, ``Z``, ``correlated``, ``group``, and optionally
        ``over_levels``, ``over_effects``, ``heterogeneous``.
    root_weights : ndarray of shape (n,), optional

    Attributes
    ----------
    Z : ndarray of shape (n, q)
        Whitened, and multiplied by the square roots of the weights.
    over_levels, over_effects : Placed or None
    params, level_params : slice
        Where the parameters of ``S`` and of ``R`` stand in the vector of all.
    """

    def __init__(self, position: int, block, root_weights: np.ndarray | None) -> None:
        self.position, self.block, self.group = position, block, block.group
        self.codes, self.n_levels = np.asarray(block.codes), len(block.levels)
        self.names = list(block.names)
        self.over_levels = getattr(block, "over_levels", None)
        self.over_effects = getattr(block, "over_effects", None)
        self.slope: SlopeCovariance
        if self.over_effects is None:
            self.Z, whitening, _ = working_columns(block, root_weights)
            self.slope = FactorSlope(whitening, block.correlated)
        else:
            Z = np.asarray(block.Z, dtype=float)
            self.Z = Z if root_weights is None else Z * root_weights[:, None]
            self.slope = CorrelatedSlope(self.over_effects, block.heterogeneous)
        for placed, count, what in (
            (self.over_effects, self.Z.shape[1], "effects"),
            (self.over_levels, self.n_levels, "levels"),
        ):
            if placed is not None and len(placed) != count:
                raise DesignError(
                    f"the structure over the {what} of '{block.group}' has {len(placed)} "
                    f"positions, but the term has {count} {what}"
                )
        self.params = self.level_params = slice(0, 0)

    @property
    def q(self) -> int:
        """Effects of a level."""
        return self.Z.shape[1]

    @property
    def size(self) -> int:
        """All effects."""
        return self.n_levels * self.q

    @property
    def effect_params(self) -> slice:
        """Where those of the structure over the effects stand: behind the deviations."""
        n_params = 0 if self.over_effects is None else self.over_effects.n_params
        return slice(self.params.stop - n_params, self.params.stop)

    def columns(self) -> sparse.csr_array:
        """All columns of the term, ``(n, G q)``, levels running slowest."""
        n = len(self.codes)
        places = self.codes[:, None] * self.q + np.arange(self.q)
        return sparse.csr_array(
            (self.Z.ravel(), places.ravel(), np.arange(0, n * self.q + 1, self.q)),
            shape=(n, self.size),
        )

    def covariance(self, x: np.ndarray) -> np.ndarray:
        """Working covariance of one level, ``(q, q)``."""
        return self.slope.covariance(x[self.params])

    def level_matrix(self, x: np.ndarray) -> np.ndarray:
        """Correlation of the levels, ``(G, G)``."""
        if self.over_levels is None:
            return np.eye(self.n_levels)
        return self.over_levels.matrix(x[self.level_params])

    def full_covariance(self, x: np.ndarray) -> np.ndarray:
        """Working covariance of all effects, ``(G q, G q)``."""
        return np.kron(self.level_matrix(x), self.covariance(x))

    def full_pullback(self, x: np.ndarray, bar: np.ndarray, out: np.ndarray) -> None:
        """Write the gradient from that of :meth:`full_covariance` into ``out``."""
        bar = bar.reshape(self.n_levels, self.q, self.n_levels, self.q)
        if self.over_levels is None:
            by_slope = np.einsum("gkgl->kl", bar)
        else:
            by_slope = np.einsum("gh,gkhl->kl", self.level_matrix(x), bar)
            if self.over_levels.n_params:
                by_level = np.einsum("gkhl,kl->gh", bar, self.covariance(x))
                slopes = self.over_levels.derivatives(x[self.level_params])
                out[self.level_params] = np.tensordot(slopes, by_level, axes=2)
        out[self.params] = self.slope.pullback(x[self.params], by_slope)


def structured_terms(
    blocks: Sequence[object], root_weights: np.ndarray | None
) -> list[StructuredTerm]:
    """Terms as written, with their places in the parameter vector."""
    terms, start = [], 0
    for position, block in enumerate(blocks):
        term = StructuredTerm(position, block, root_weights)
        term.params = slice(start, start + term.slope.n_params)
        n_level = 0 if term.over_levels is None else term.over_levels.n_params
        term.level_params = slice(term.params.stop, term.params.stop + n_level)
        start = term.level_params.stop
        terms.append(term)
    return terms
