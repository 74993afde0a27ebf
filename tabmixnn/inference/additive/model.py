"""A formula's model with some candidates let in: which columns it has, and how it starts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from tabmixnn.inference.additive.candidates import Candidate, list_candidates, varying
from tabmixnn.inference.additive.fit import AdditiveFit, Held
from tabmixnn.inference.additive.matrices import Block, Matrices, spread, stack
from tabmixnn.inference.additive.outcome import Outcome
from tabmixnn.inference.additive.parameters import HIGHEST, LOWEST, START, Parameters
from tabmixnn.inference.additive.prior import FixedPrior
from tabmixnn.inference.additive.rows import GroupColumns, Rows
from tabmixnn.inference.additive.variables import NEW, Reading, Variables

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

DEPENDENT = 1e-8
"""Share of its size that a column needs beyond those before it to have a direction of its own."""
FLOOR = 1e-4
"""What a deviation of zero starts from: at zero itself the logarithm has no slope."""


class Space:
    """What is known of the training rows, and all terms that models of them can have.

    Parameters
    ----------
    rows : Rows
        The training rows.
    kept : ndarray of int
        Columns of the formula's fixed effects that are linearly independent.
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
    largest : str or None
        The grouping factor with the most levels.
    constant : frozenset of str
        Predictors that hardly vary within its levels.
    n_levels : dict of str to int
    basis : ndarray, shape (p, p)
        What the formula's p columns are multiplied by, so that those of the training rows are
        orthogonal, with mean squares of one: years and dollars are not to cost digits.
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
        self.kept, self.basis = kept, _orthogonal(rows.X[:, kept])
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
        self._tried = Counter(each.is_main for each in self.candidates)

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

    def tried(self, is_main: bool) -> int:
        """Return how many terms there are to try, of one predictor or of two."""
        return self._tried[is_main]

    def is_contextual(self, candidate: Candidate) -> bool:
        """Return whether a term over all rows says the same of all rows of a group."""
        return candidate.group is None and self.constant.issuperset(candidate.feature.names)

    def columns(self, rows: Rows, candidate: Candidate) -> Array:
        """Return the columns of a candidate's term, shape (n, m).

        Those of its feature; but where the fixed effects have a penalty, a term over all rows has
        nothing of what their columns are, or it would undo the penalty.
        """
        own = candidate.feature.columns(self.variables, rows.table)
        return self.less_fixed(own, rows, candidate)

    def less_fixed(self, columns: Array, rows: Rows, candidate: Candidate) -> Array:
        """Return a feature's columns, (n, m), less what the fixed effects' columns say of them."""
        if not self.penalty or candidate.group is not None or not self.reading.is_apart:
            return columns
        if candidate not in self._explained:
            training = self._rows
            values = columns
            if rows is not training:
                values = candidate.feature.columns(self.variables, training.table)
            fixed = training.X[:, self.kept] @ self.basis
            self._explained[candidate] = self.basis @ (fixed.T @ values / len(training))
        return columns - rows.X[:, self.kept] @ self._explained[candidate]


@dataclass(frozen=True, eq=False)
class Model:
    """The formula's own terms and some candidates.

    Only the largest factor's effects can be correlated: those of the others, multiplied by their
    basis, are independent here even where the formula has them correlated, which the exact engine
    follows.

    Attributes
    ----------
    space : Space
    terms : tuple of Candidate
        In the order in which they came in.
    """

    space: Space
    terms: tuple[Candidate, ...] = ()

    def matrices(self, rows: Rows, off: Collection[str] = ()) -> Matrices:
        """Return the matrices of n rows.

        Parameters
        ----------
        rows : Rows
        off : collection of str
            Grouping factors whose let-in terms are to add nothing.
        """
        space, n = self.space, len(rows)
        own, own_terms, side, side_terms, blocks = [], [], [], [], []
        sparse, sparse_terms = [], []
        single = 0
        for block, basis in zip(rows.groups, space.group_bases, strict=True):
            values = block.Z @ basis
            if block.group == space.largest and block.correlated:
                blocks.append(Block(sum(each.shape[1] for each in own), values.shape[1]))
                own.append(values)
                own_terms += [-1] * values.shape[1]
                continue
            for column in values.T[:, :, None]:
                if block.group == space.largest:
                    own.append(column)
                    own_terms.append(single)
                else:
                    sparse.append(spread(column, block.codes, block.n_levels))
                    sparse_terms += [single] * block.n_levels
                single += 1
        for term in self.terms:
            columns = space.columns(rows, term)
            if term.group in off:
                columns = np.zeros_like(columns)
            if term.group is None:
                side.append(columns)
                side_terms += [single] * columns.shape[1]
            elif term.group == space.largest:
                own.append(columns)
                own_terms += [single] * columns.shape[1]
            else:
                levels = space.n_levels[term.group]
                sparse.append(spread(columns, rows.codes(term.group), levels))
                sparse_terms += [single] * (levels * columns.shape[1])
            single += 1
        return Matrices(
            X=rows.X[:, space.kept] @ space.basis,
            R=stack(side, n),
            S=sp.csr_array(sp.hstack(sparse)) if sparse else sp.csr_array((n, 0)),
            side_terms=np.array(side_terms + sparse_terms, dtype=np.int64),
            Z=stack(own, n),
            own_terms=np.array(own_terms, dtype=np.int64),
            blocks=tuple(blocks),
            codes=rows.codes(space.largest),
            n_levels=max(space.n_levels.get(space.largest, 1), 1),
            n_terms=single,
            fixed_precision=space.fixed_precision,
        )

    def start(self, matrices: Matrices, x: Array, before: Sequence[Candidate]) -> Array:
        """Carry the parameters of a smaller or larger model over.

        Parameters
        ----------
        matrices : Matrices
            Of this model.
        x : ndarray
            Parameters of the model with the terms `before`.
        before : sequence of Candidate
        """
        first = matrices.n_terms - len(self.terms)
        known = dict(zip(before, x[first : first + len(before)], strict=True))
        mine = [known.get(term, START) for term in self.terms]
        return np.concatenate([x[:first], mine, x[first + len(before) :]])

    def held(self, matrices: Matrices, outcome: Outcome) -> Held:
        """Return which parameters the responses may not change, as `fit_additive` takes it.

        Those of the formula's own terms where outcomes are not Gaussian: what is maximised here
        would not know them as well as the exact engine does.

        Parameters
        ----------
        matrices : Matrices
            Of this model.
        outcome : Outcome
        """
        if outcome.dispersion is None:
            return None
        of_formula = np.ones(len(Parameters(matrices)), dtype=bool)
        of_formula[matrices.n_terms - len(self.terms) : matrices.n_terms] = False
        return of_formula

    def deviations(self, matrices: Matrices, x: Array) -> Array:
        """Return the deviations of the terms let in, relative to the residual's."""
        return np.exp(x[matrices.n_terms - len(self.terms) : matrices.n_terms])

    def formula_start(self, matrices: Matrices, rows: Rows, covariances: list[Array]) -> Array:
        """Return the parameters at which the formula's own terms have given covariances.

        Parameters
        ----------
        matrices : Matrices
            Of this model, without candidates.
        rows : Rows
        covariances : list of ndarray, shape (q, q)
            Of the effects of each of the formula's terms, relative to the residual variance.
        """
        singles: list[float] = []
        factors = []
        bases = self.space.group_bases
        for block, basis, covariance in zip(rows.groups, bases, covariances, strict=True):
            inverse = np.linalg.inv(basis)
            scaled = inverse @ covariance @ inverse.T
            if block.group == self.space.largest and block.correlated:
                floor = FLOOR * max(np.trace(scaled), FLOOR)
                factors.append(np.linalg.cholesky(scaled + floor * np.eye(len(scaled))))
            else:
                singles += list(np.log(np.sqrt(np.maximum(np.diagonal(scaled), FLOOR**2))))
        logs = np.clip(np.array(singles), LOWEST, HIGHEST)
        return Parameters(matrices).vector(logs, factors)

    def from_scaled(self, matrices: Matrices, rows: Rows, x: Array) -> Array:
        """Return parameters by those of a model whose groups' columns were only scaled.

        Model files of format 6 and before have these.

        Parameters
        ----------
        matrices : Matrices
            Of this model.
        rows : Rows
            The training rows.
        x : ndarray
        """
        bases = [np.diag(1.0 / _size(each.Z)) for each in rows.groups]
        covariances = self._covariances(rows, bases, *Parameters(matrices).factors(x))
        own = Model(self.space)
        formula = own.formula_start(own.matrices(rows), rows, covariances)
        out = self.start(matrices, formula, ())
        first = matrices.n_terms - len(self.terms)
        out[first : matrices.n_terms] = x[first : matrices.n_terms]
        return out

    def term_parts(self, rows: Rows, fit: AdditiveFit) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return what the terms let in add to n rows.

        Parameters
        ----------
        rows : Rows
        fit : AdditiveFit
            Of this model.

        Returns
        -------
        smooths : dict of str to ndarray, shape (n,)
            What each term over all rows adds.
        own : dict of str to ndarray, shape (n,)
            The variance of what each term of a group's levels adds.
        """
        smooths, own, position = {}, {}, 0
        variances = fit.solution.sigma2 * self.deviations(fit.matrices, fit.x) ** 2
        for term, variance in zip(self.terms, variances, strict=True):
            columns = self.space.columns(rows, term)
            if term.group is None:
                stop = position + columns.shape[1]
                smooths[str(term)] = columns @ fit.solution.side[position:stop]
                position = stop
            else:
                own[str(term)] = variance * (columns**2).sum(axis=1)
        return smooths, own

    def formula_covariances(self, rows: Rows, fit: AdditiveFit) -> list[Array]:
        """Return the covariance of the effects of each of the formula's terms, each (q, q)."""
        found = self._covariances(rows, self.space.group_bases, *fit.parameters.factors(fit.x))
        return [fit.solution.sigma2 * each for each in found]

    def _covariances(
        self, rows: Rows, bases: Sequence[Array], deviations: Array, factors: Sequence[Array]
    ) -> list[Array]:
        """Return the covariances relative to the residual variance, each (q, q)."""
        singles, blocks = iter(deviations), iter(factors)
        out = []
        for each, basis in zip(rows.groups, bases, strict=True):
            if each.group == self.space.largest and each.correlated:
                factor = next(blocks)
            else:
                factor = np.diag([next(singles) for _ in basis])
            natural = basis @ factor
            out.append(natural @ natural.T)
        return out


def _orthogonal(X: Array) -> Array:
    """Return what the columns of X, (n, p) of rank p, are to be multiplied by."""
    scale = np.sqrt((X**2).sum(axis=0))
    triangle = np.linalg.qr(X / scale, mode="r")
    inverse = solve_triangular(triangle, np.eye(len(scale))) if len(scale) else triangle
    return np.sqrt(len(X)) * inverse / scale[:, None]


def _group_basis(block: GroupColumns) -> Array:
    """Return what the columns of a random-effects term are to be multiplied by, shape (q, q)."""
    size = _size(block.Z)
    if block.correlated and len(size) > 1 and _is_independent(block.Z / size):
        return _orthogonal(block.Z)
    return np.diag(1.0 / size)


def _is_independent(columns: Array) -> bool:
    diagonal = np.abs(np.diagonal(np.linalg.qr(columns, mode="r")))
    return len(diagonal) == columns.shape[1] and bool(diagonal.min() > DEPENDENT * diagonal.max())


def _size(columns: Array) -> Array:
    """Return the root mean square of each column, one for none."""
    size = np.sqrt((columns**2).mean(axis=0))
    return np.where(size > 0.0, size, 1.0)
