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
    edge can be changed for the better. Where all variables share a variance, an edge is judged
    beside the residuals that the others have in the best graph so far, and the search goes on
    while that graph improves.

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
        self._rest = np.zeros(self._d)
        self._chosen: dict[tuple[int, frozenset[int]], tuple[frozenset[int], float]] = {}

    def bic(self, parents: Parents) -> float:
        """Return the BIC of a graph, given each variable's parents."""
        squares = [self.moments.regress(j, pa)[1] for j, pa in enumerate(parents)]
        return self._bic(np.array(squares), sum(self._size(pa) for pa in parents))

    def parents(self, order: Sequence[int]) -> Parents:
        """Return the parents chosen for each variable, 0 to d - 1, in an order."""
        self._stand_beside(self._before(order))
        return self._settle(order)[0]

    def improve(self, order: Sequence[int]) -> tuple[Parents, float]:
        """Search from an order of the variables 0 to d - 1.

        Returns
        -------
        parents : tuple of frozenset of int
            Of each variable.
        bic : float
            Of the graph.
        """
        self._stand_beside(self._before(order))
        best, best_bic = self._settle(order)
        while True:
            order = self._best_order(order)
            parents, bic = self._settle(order)
            if not bic < best_bic - 1e-9:
                return best, best_bic
            best, best_bic = parents, bic

    def _before(self, order: Sequence[int]) -> Parents:
        """Return the variables before each variable, 0 to d - 1."""
        places = np.argsort(order)
        return tuple(frozenset(order[:place]) for place in places)

    def _stand_beside(self, parents: Parents) -> None:
        """Judge parents of a variable beside the residuals that the others have in a graph."""
        if self.noise.is_shared:
            squares = np.array([self.moments.regress(j, pa)[1] for j, pa in enumerate(parents)])
            self._rest = squares.sum() - squares
            self._chosen.clear()

    def _settle(self, order: Sequence[int]) -> tuple[Parents, float]:
        """Choose parents in an order until they are judged beside each other; return the BIC."""
        best: Parents = ()
        best_bic = math.inf
        while True:
            parents = tuple(
                self._choose(j, before)[0] for j, before in enumerate(self._before(order))
            )
            bic = self.bic(parents)
            if not bic < best_bic - 1e-9:
                return best, best_bic
            best, best_bic = parents, bic
            self._stand_beside(best)

    def _best_order(self, order: Sequence[int]) -> Order:
        """Move variables to their best places, until none wants to move."""
        best: Order = tuple(order)
        best_bic = math.inf
        while True:
            before = best_bic
            for variable in best:
                bic, trial = self._best_place(variable, best)
                if bic < best_bic - 1e-9:
                    best, best_bic = trial, bic
            if not best_bic < before:
                return best

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
            fall = -np.minimum(gains, (1.0 - 1e-10) * square)
            change = self._rise(fall, square, effect) + math.log(n) * self._sizes[candidates]
            if change.min() >= 0:
                break
            parents = parents | {candidates[int(change.argmin())]}
        return parents

    def _shrink(self, effect: int, parents: frozenset[int]) -> tuple[frozenset[int], float]:
        n = self.moments.n_rows
        while True:
            ordered = sorted(parents)
            square, losses = self.moments.losses(effect, ordered)
            change = self._rise(losses, square, effect) - math.log(n) * self._sizes[ordered]
            if not (change < 0).any():
                return parents, square
            parents = parents - {ordered[int(change.argmin())]}

    def _rise(self, change: np.ndarray, square: float, effect: int) -> np.ndarray:
        rest = float(self._rest[effect])
        return self.noise.rise(change, square, rest, self.moments.n_rows, self._d)

    def _bic(self, squares: np.ndarray, size: int) -> float:
        n = self.moments.n_rows
        n_parameters = size + self.noise.n_variances(self._d)
        return self.noise.deviance(squares, n) + math.log(n) * n_parameters

    def _size(self, parents: frozenset[int]) -> int:
        return int(sum(self._sizes[j] for j in parents))
