"""Relative standard deviations and covariance factors, and where they lie in one vector."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from tabmixnn.inference.additive.matrices import Block, Matrices

Array = NDArray[np.float64]
Held = NDArray[np.bool_] | None

LOWEST, HIGHEST = -9.0, 6.0
"""Bounds of the logarithm of a deviation relative to the residual's."""
LARGEST = np.exp(HIGHEST)
"""Bound of an entry off the diagonal of a block's factor."""
START = np.log(0.3)
"""Where a new term's logarithm starts."""


@dataclass(frozen=True, eq=False)
class Scales:
    """What the parameters say of the effects, in units of the residual deviation.

    Attributes
    ----------
    side : ndarray, shape (r + s,)
        Deviation of each effect beside Z.
    own : ndarray, shape (k, k)
        Lower factor T of the covariance ``T T'`` of a level's effects.
    fixed_precision : ndarray of shape (p, p), or None
        See `Matrices`.
    n_informed : int
        See `Matrices`.
    """

    side: Array
    own: Array
    fixed_precision: Array | None = None
    n_informed: int = 0


class Parameters:
    """The vector of parameters: a logarithm a term, then the factor of each block by rows.

    The diagonal of a block's factor is on the logarithmic scale.

    Parameters
    ----------
    matrices : Matrices
    """

    def __init__(self, matrices: Matrices) -> None:
        self.n_terms = matrices.n_terms
        self.blocks = matrices.blocks
        self._side, self._own = matrices.side_terms, matrices.own_terms
        self._prior = matrices.fixed_precision, matrices.n_informed

    def __len__(self) -> int:
        return self.n_terms + sum(block.size * (block.size + 1) // 2 for block in self.blocks)

    @property
    def is_log(self) -> NDArray[np.bool_]:
        """Which parameters are logarithms."""
        parts = [np.ones(self.n_terms, dtype=bool)]
        parts += [np.equal(*np.tril_indices(block.size)) for block in self.blocks]
        return np.concatenate(parts)

    def bounds(self) -> tuple[Array, Array]:
        """Return the least and the largest value of each parameter."""
        is_log = self.is_log
        return np.where(is_log, LOWEST, -LARGEST), np.where(is_log, HIGHEST, LARGEST)

    def scales(self, x: Array) -> Scales:
        """Return what the vector `x` says."""
        deviations = np.exp(x[: self.n_terms])
        own = np.zeros((len(self._own),) * 2)
        single = np.flatnonzero(self._own >= 0)
        own[single, single] = deviations[self._own[single]]
        for block, part in self._parts(x):
            factor = np.zeros((block.size, block.size))
            factor[np.tril_indices(block.size)] = part
            diagonal = np.arange(block.size)
            factor[diagonal, diagonal] = np.exp(factor[diagonal, diagonal])
            _set(own, block, factor)
        return Scales(deviations[self._side], own, *self._prior)

    def vector(self, terms: Array, factors: list[Array]) -> Array:
        """Return the vector of logarithms of deviations and blocks' factors."""
        parts = [terms]
        for factor in factors:
            diagonal = np.arange(len(factor))
            logged = factor.copy()
            logged[diagonal, diagonal] = np.clip(
                np.log(np.maximum(factor[diagonal, diagonal], np.exp(LOWEST))), LOWEST, HIGHEST
            )
            parts.append(logged[np.tril_indices(len(factor))])
        return np.concatenate(parts)

    def rescaled(self, x: Array, ratio: float) -> Array:
        """Return the parameters at which all relative deviations are `ratio` times as large."""
        out = x.copy()
        out[: self.n_terms] += np.log(ratio)
        for block, part in self._parts(out):
            rows, columns = np.tril_indices(block.size)
            part[:] = np.where(rows == columns, part + np.log(ratio), part * ratio)
        return out

    def largest_deviation(self, x: Array) -> float:
        """Return the largest relative deviation of an effect; 0 without effects."""
        scales = self.scales(x)
        own = np.sqrt(np.einsum("ij,ij->i", scales.own, scales.own))
        return float(max(scales.side.max(initial=0.0), own.max(initial=0.0)))

    def lifted(self, x: Array, held: Held = None) -> Array:
        """Return the parameters with no logarithm below `START`, where a new term's starts.

        Near zero the likelihood hardly knows a variance's logarithm, so that no search would come
        away from there once other terms have made the residual small.

        Parameters
        ----------
        x : ndarray
        held : ndarray of bool, optional
            Parameters that stay.
        """
        is_free = self.is_log
        if held is not None:
            is_free &= ~held
        return np.where(is_free, np.maximum(x, START), x)

    def factors(self, x: Array) -> tuple[Array, list[Array]]:
        """Return the terms' relative deviations, and the factor of each block."""
        own = self.scales(x).own
        return np.exp(x[: self.n_terms]), [_get(own, block) for block in self.blocks]

    def gradient(self, scales: Scales, side: Array, own: Array) -> Array:
        """Turn derivatives by scaled effects into those by the parameters.

        Parameters
        ----------
        scales : Scales
        side : ndarray, shape (r + s,)
            Derivative of the criterion by the logarithm of each effect's deviation, over 2.
        own : ndarray, shape (k, k)
            Its derivative by ``E`` where T becomes ``T (I + E)``, over 2; symmetric.
        """
        out = np.zeros(len(self))
        single = self._own >= 0
        out[: self.n_terms] = np.bincount(self._side, side, minlength=self.n_terms)
        out[: self.n_terms] += np.bincount(
            self._own[single], np.diagonal(own)[single], minlength=self.n_terms
        )
        for block, part in self._parts(out):
            factor = _get(scales.own, block)
            by_factor = solve_triangular(factor, _get(own, block), lower=True, trans="T")
            diagonal = np.arange(block.size)
            by_factor[diagonal, diagonal] *= factor[diagonal, diagonal]
            part[:] = by_factor[np.tril_indices(block.size)]
        return 2.0 * out

    def directions(self, scales: Scales, side: Array, own: Array) -> tuple[Array, Array]:
        """Return ``dV P y`` of each parameter as effects; ``dV`` is the covariance's derivative.

        Parameters
        ----------
        scales : Scales
        side : ndarray, shape (r + s,)
            Scaled effects beside Z.
        own : ndarray, shape (n_levels, k)
            Those of levels.

        Returns
        -------
        side : ndarray, shape (r + s, m)
        own : ndarray, shape (n_levels, k, m)
        """
        out_side = np.zeros((len(side), len(self)))
        out_side[np.arange(len(side)), self._side] = 2.0 * scales.side * side
        out_own = np.zeros((*own.shape, len(self)))
        single = np.flatnonzero(self._own >= 0)
        out_own[:, single, self._own[single]] = 2.0 * own[:, single] * scales.own[single, single]
        for block, at in self._spans():
            part = slice(block.start, block.start + block.size)
            factor, scaled = _get(scales.own, block), own[:, part]
            dual = solve_triangular(factor, scaled.T, lower=True, trans="T").T
            rows, columns = np.tril_indices(block.size)
            for entry, (i, j) in enumerate(zip(rows, columns, strict=True), at.start):
                out_own[:, part, entry] = dual[:, [i]] * factor[:, j]
                out_own[:, block.start + i, entry] += scaled[:, j]
                if i == j:
                    out_own[:, part, entry] *= factor[i, i]
        return out_side, out_own

    def curvature(self, scales: Scales, own: Array) -> Array:
        """Return what the criterion curves by because covariances are squares of their factors.

        Only what is positive, by relative changes of the diagonal: where an entry beside it is
        zero, and so is the diagonal, nothing else is.

        Parameters
        ----------
        scales : Scales
        own : ndarray, shape (k, k)
            As `gradient` takes it.
        """
        out = np.zeros((len(self), len(self)))
        for block, at in self._spans():
            factor = _get(scales.own, block)
            half = solve_triangular(factor, _get(own, block), lower=True, trans="T")
            by_covariance = solve_triangular(factor, half.T, lower=True, trans="T")
            sizes, vectors = np.linalg.eigh(by_covariance + by_covariance.T)
            positive = (vectors * np.maximum(sizes, 0.0)) @ vectors.T
            rows, columns = np.tril_indices(block.size)
            scale = np.where(rows == columns, np.diagonal(factor)[rows], 1.0)
            curved = positive[rows[:, None], rows] * np.outer(scale, scale)
            out[at, at] = np.where(columns[:, None] == columns, curved, 0.0)
        return out

    def _spans(self) -> Iterator[tuple[Block, slice]]:
        """Yield each block and where its factor lies in a vector of parameters."""
        start = self.n_terms
        for block in self.blocks:
            stop = start + block.size * (block.size + 1) // 2
            yield block, slice(start, stop)
            start = stop

    def _parts(self, x: Array) -> Iterator[tuple[Block, Array]]:
        for block, at in self._spans():
            yield block, x[at]


def _get(matrix: Array, block: Block) -> Array:
    part = slice(block.start, block.start + block.size)
    return matrix[part, part]


def _set(matrix: Array, block: Block, value: Array) -> None:
    part = slice(block.start, block.start + block.size)
    matrix[part, part] = value
