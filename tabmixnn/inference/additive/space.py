"""What models of some training rows have in common: their columns, bases, priors and candidates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from copy import copy
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from tabmixnn.inference.additive.candidates import (
    INTERACTIONS,
    Candidate,
    list_candidates,
    varying,
)
from tabmixnn.inference.additive.prior import FixedPrior
from tabmixnn.inference.additive.rows import GroupColumns, Rows
from tabmixnn.inference.additive.variables import NEW, Reading, Variables
from tabmixnn.inference.additive.wide import standardising

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

DEPENDENT = 1e-10
"""Share of its size that a column needs beyond those before it to have a direction of its own; that
of the exact engine."""


class Space:
    """What is known of the training rows, and all terms that models of them can have.

    Parameters
    ----------
    rows : Rows
        The training rows.
    kept : ndarray of int
        Columns of the formula's fixed effects that are linearly independent, or as many as rows.
    reading : Reading, optional
        That of a model file.
    penalty : float
        Of the fixed effects, in all models of the space; see `penalty`.
    weights : ndarray, shape (n,), optional
        How often each row was seen; by default once.

    Attributes
    ----------
    reading : Reading
    penalty : float
    prior : FixedPrior
    variables : Variables
    candidates : list of Candidate
        The terms tried first; see also `interactions`.
    largest : str or None
        The grouping factor with the most levels.
    constant : frozenset of str
        Predictors that hardly vary within its levels.
    n_levels : dict of str to int
    basis : ndarray, shape (p, p)
        What the formula's p columns are multiplied by, so that those of the training rows are
        orthogonal, with mean squares of one: years and dollars are not to cost digits. Where they
        are as many as rows they are standardised.
    group_bases : list of ndarray, shape (q, q)
        Likewise of the columns of each of the formula's random-effects terms; where its effects
        are independent these are only scaled, as what is orthogonal would be another model.
    """

    def __init__(
        self,
        rows: Rows,
        kept: Codes,
        reading: Reading = NEW,
        penalty: float = 0.0,
        weights: Array | None = None,
    ) -> None:
        self.kept = kept
        self.basis = (orthogonal if len(kept) < len(rows) else standardising)(rows.X[:, kept])
        self.prior = FixedPrior.of(rows.X[:, kept], self.basis, weights)
        self.penalty, self._rows, self._weights = penalty, rows, weights
        self._explained: dict[Candidate, Array] = {}
        self.n_levels = {each.group: each.n_levels for each in rows.groups}
        self.largest = max(self.n_levels, key=self.n_levels.get, default=None)
        self.reading = reading
        self.variables = Variables.fit(rows.table, reading)
        slopes: dict[str, set[str]] = {group: set() for group in self.n_levels}
        for each in rows.groups:
            slopes[each.group].update(each.names)
        codes = {group: rows.codes(group) for group in self.n_levels}
        self.candidates = list_candidates(self.variables, rows.table, codes, slopes)
        names = {*self.variables.numeric, *self.variables.categorical}
        if self.largest is None:
            self.constant: frozenset[str] = frozenset()
        else:
            vary = varying(self.variables, rows.table, codes[self.largest])
            self.constant = frozenset(names - vary)
        self.group_bases = [_group_basis(each) for each in rows.groups]
        self._tried = _tried_with(self.candidates)

    def penalised(self, penalty: float) -> Space:
        """Return the space with another penalty of the fixed effects."""
        out = copy(self)
        out.penalty = penalty
        return out

    def of_rows(self, rows: Rows) -> Space:
        """Return the space of the same training rows with other columns in their table."""
        return Space(rows, self.kept, penalty=self.penalty, weights=self._weights)

    @property
    def fixed_precision(self) -> Array | None:
        """Precision of the fixed effects' prior, as `Matrices` takes it; None without a penalty."""
        if not self.penalty:
            return None
        return self.basis.T @ self.prior.precision(self.penalty) @ self.basis

    @property
    def n_informed(self) -> int:
        """Directions of the fixed effects that their prior says something of."""
        return self.prior.rank if self.penalty else 0

    @cached_property
    def interactions(self) -> dict[str, list[Candidate]]:
        """The terms tried once others are there, by step of the ladder: see `INTERACTIONS`."""
        codes = {group: self._rows.codes(group) for group in self.n_levels}
        found = {
            step: list_terms(self.variables, self._rows.table, codes)
            for step, list_terms in INTERACTIONS.items()
        }
        for terms in found.values():
            self._tried.update(_tried_with(terms))
        return found

    def tried(self, candidate: Candidate) -> int:
        """Return how many terms are tried with one: of one or two predictors, or of its step."""
        return self._tried[candidate]

    def is_contextual(self, candidate: Candidate) -> bool:
        """Return whether a term over all rows says the same of all rows of a group."""
        return candidate.group is None and self.constant.issuperset(candidate.feature.names)

    def columns(self, rows: Rows, candidate: Candidate) -> Array:
        """Return the columns of a candidate's term, shape (n, m).

        Those of its feature; but where the fixed effects have a penalty, a term over all rows has
        nothing of what their columns are, or it would undo the penalty.
        """
        own = candidate.feature.columns(self.variables, rows)
        return self.less_fixed(own, rows, candidate)

    def less_fixed(self, columns: Array, rows: Rows, candidate: Candidate) -> Array:
        """Return a feature's columns, (n, m), less what the fixed effects' columns say of them."""
        if not self.penalty or candidate.group is not None or not self.reading.is_apart:
            return columns
        if candidate not in self._explained:
            training = self._rows
            values = columns
            if rows is not training:
                values = candidate.feature.columns(self.variables, training)
            fixed = training.X[:, self.kept] @ self.basis
            self._explained[candidate] = self.basis @ (fixed.T @ values / len(training))
        return columns - rows.X[:, self.kept] @ self._explained[candidate]


def _tried_with(candidates: Iterable[Candidate]) -> dict[Candidate, int]:
    """Return for each candidate how many are tried with it."""
    numbers = Counter(each.is_main for each in candidates)
    return {each: numbers[each.is_main] for each in candidates}


def orthogonal(X: Array) -> Array:
    """Return what the columns of X, (n, p) of rank p, are to be multiplied by."""
    scale = np.sqrt((X**2).sum(axis=0))
    triangle = np.linalg.qr(X / scale, mode="r")
    inverse = solve_triangular(triangle, np.eye(len(scale))) if len(scale) else triangle
    return np.sqrt(len(X)) * inverse / scale[:, None]


def _group_basis(block: GroupColumns) -> Array:
    """Return what the columns of a random-effects term are to be multiplied by, shape (q, q)."""
    size = column_size(block.Z)
    if block.correlated and len(size) > 1 and _is_independent(block.Z / size):
        return orthogonal(block.Z)
    return np.diag(1.0 / size)


def _is_independent(columns: Array) -> bool:
    diagonal = np.abs(np.diagonal(np.linalg.qr(columns, mode="r")))
    return len(diagonal) == columns.shape[1] and bool(diagonal.min() > DEPENDENT * diagonal.max())


def column_size(columns: Array) -> Array:
    """Return the root mean square of each column, one for none."""
    size = np.sqrt((columns**2).mean(axis=0))
    return np.where(size > 0.0, size, 1.0)
