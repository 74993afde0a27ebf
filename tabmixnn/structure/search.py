"""Search over orders of the variables by the Bayesian information criterion."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tabmixnn.structure.moments import Moments
from tabmixnn.structure.noise import NoiseModel

Order = tuple[int, ...]
Parents = tuple[frozenset[int], ...]


class OrderSearch:
    """Find the order in which a triangular B, with the zeros it deserves, has the lowest BIC.

    Given an order, each variable's parents are chosen among those before it, forwards and then
    backwards. Orders are improved by moving one variable at a time to its best place, until none
    wants to move (Andrews et al. 2023). Steps among orders get past graphs at which no single
    edge can be changed for the better.

    Parameters
    ----------
    moments : Moments
        Of d columns.
    noise : NoiseModel
        The likelihood.
    """

    def __init__(self, moments: Moments, noise: NoiseModel) -> None:
        self.moments, self.noise = moments, noise
        self._d = len(moments.variances)
        self._sizes = np.bincount(moments.owner, minlength=self._d)
        self._chosen: dict[tuple[int, frozenset[int]], tuple[frozenset[int], float]] = {}

    def bic(self, parents: Parents) -> float:
        """Return the BIC of a graph, given each variable's parents."""
        squares = [self.moments.regress(j, pa)[1] for j, pa in enumerate(parents)]
        return self._bic(np.array(squares), sum(self._size(pa) for pa in parents))

    def parents(self, order: Sequence[int]) -> Parents:
        """Return the parents chosen for each variable, 0 to d - 1, in an order."""
        found: dict[int, frozenset[int]] = {}
        for place, variable in enumerate(order):
            found[variable] = self._choose(variable, frozenset(order[:place]))[0]
        return tuple(found[j] for j in range(self._d))

    def improve(self, order: Sequence[int]) -> tuple[Parents, float]:
        """Search from an order of the variables 0 to d - 1.

        Returns
        -------
        parents : tuple of frozenset of int
            Of each variable.
        bic : float
            Of the graph.
        """
        best: Order = tuple(order)
        best_bic = math.inf
        while True:
            before = best_bic
            for variable in best:
                bic, trial = self._best_place(variable, best)
                if bic < best_bic - 1e-9:
                    best, best_bic = trial, bic
            if not best_bic < before:
                return self.parents(best), best_bic

    def _best_place(self, variable: int, order: Order) -> tuple[float, Order]:
        """Return the best BIC with one variable moved, and the order that has it."""
        others = [j for j in order if j != variable]
        trial = [variable, *others]
        squares, sizes = np.empty(self._d), np.empty(self._d, dtype=np.int64)
        for place, j in enumerate(trial):
            sizes[j], squares[j] = self._fit(j, frozenset(trial[:place]))
        best = self._bic(squares, sizes.sum()), 0
        for place, passed in enumerate(others):
            # One step back changes what is before the variable, and before what it lets pass.
            before = frozenset(others[:place])
            sizes[passed], squares[passed] = self._fit(passed, before)
            sizes[variable], squares[variable] = self._fit(variable, before | {passed})
            best = min(best, (self._bic(squares, sizes.sum()), place + 1))
        bic, place = best
        return bic, (*others[:place], variable, *others[place:])

    def _fit(self, effect: int, before: frozenset[int]) -> tuple[int, float]:
        parents, square = self._choose(effect, before)
        return self._size(parents), square

    def _choose(self, effect: int, before: frozenset[int]) -> tuple[frozenset[int], float]:
        """Return the parents among the variables before, and the mean squared residual."""
        key = effect, before
        if key not in self._chosen:
            self._chosen[key] = self._shrink(effect, self._grow(effect, before))
        return self._chosen[key]

    def _grow(self, effect: int, before: frozenset[int]) -> frozenset[int]:
        parents: frozenset[int] = frozenset()
        n = self.moments.n_rows
        while candidates := sorted(before - parents):
            square, gains = self.moments.gains(effect, parents, candidates)
            left = np.maximum(square - gains, 1e-10 * square)
            change = n * np.log(left / square) + math.log(n) * self._sizes[candidates]
            if change.min() >= 0:
                break
            parents = parents | {candidates[int(change.argmin())]}
        return parents

    def _shrink(self, effect: int, parents: frozenset[int]) -> tuple[frozenset[int], float]:
        n = self.moments.n_rows
        while True:
            ordered = sorted(parents)
            square, losses = self.moments.losses(effect, ordered)
            change = n * np.log1p(losses / square) - math.log(n) * self._sizes[ordered]
            if not (change < 0).any():
                return parents, square
            parents = parents - {ordered[int(change.argmin())]}

    def _bic(self, squares: np.ndarray, size: int) -> float:
        n = self.moments.n_rows
        n_parameters = size + self.noise.n_variances(self._d)
        return self.noise.deviance(squares, n) + math.log(n) * n_parameters

    def _size(self, parents: frozenset[int]) -> int:
        return int(sum(self._sizes[j] for j in parents))
