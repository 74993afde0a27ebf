"""A formula's model with some candidates let in: which columns it has, and how it starts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from tabmixnn.inference.additive.candidates import Candidate
from tabmixnn.inference.additive.fit import AdditiveFit, Held
from tabmixnn.inference.additive.matrices import Block, Matrices, spread, stack
from tabmixnn.inference.additive.outcome import Outcome
from tabmixnn.inference.additive.parameters import HIGHEST, LOWEST, START, Parameters
from tabmixnn.inference.additive.rows import Rows
from tabmixnn.inference.additive.space import Space, column_size

Array = NDArray[np.float64]

FLOOR = 1e-4
"""What a deviation of zero starts from: at zero itself the logarithm has no slope."""


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
            Grouping factors whose let-in terms are to add nothing, alone and in pairs.
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
            if not term.factors.isdisjoint(off):
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
            n_informed=space.n_informed,
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

    def formula_start(self, matrices: Matrices, rows: Rows, naturals: list[Array]) -> Array:
        """Return the parameters at which the formula's own terms have given covariances.

        Parameters
        ----------
        matrices : Matrices
            Of this model, without candidates.
        rows : Rows
        naturals : list of ndarray, shape (q, q)
            Factor T of the covariance ``T T'`` of the effects of each of the formula's terms,
            relative to the residual variance. Of slopes far from their origin covariances would
            have lost the digits that their factors have.
        """
        singles: list[float] = []
        factors = []
        bases = self.space.group_bases
        for block, basis, natural in zip(rows.groups, bases, naturals, strict=True):
            factor = np.linalg.solve(basis, natural)
            scaled = factor @ factor.T
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
        bases = [np.diag(1.0 / column_size(each.Z)) for each in rows.groups]
        naturals = self._naturals(rows, bases, *Parameters(matrices).factors(x))
        own = Model(self.space)
        formula = own.formula_start(own.matrices(rows), rows, naturals)
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
                sizes = (columns**2).sum(axis=1)
                # That of a pair is one, of a level that was not seen, too.
                own[str(term)] = variance * (np.ones(len(rows)) if term.feature.factors else sizes)
        return smooths, own

    def formula_covariances(self, rows: Rows, fit: AdditiveFit) -> list[Array]:
        """Return the covariance of the effects of each of the formula's terms, each (q, q)."""
        found = self._naturals(rows, self.space.group_bases, *fit.parameters.factors(fit.x))
        return [fit.solution.sigma2 * (each @ each.T) for each in found]

    def _naturals(
        self, rows: Rows, bases: Sequence[Array], deviations: Array, factors: Sequence[Array]
    ) -> list[Array]:
        """Return factors of the covariances relative to the residual variance, each (q, q)."""
        singles, blocks = iter(deviations), iter(factors)
        out = []
        for each, basis in zip(rows.groups, bases, strict=True):
            if each.group == self.space.largest and each.correlated:
                factor = next(blocks)
            else:
                factor = np.diag([next(singles) for _ in basis])
            out.append(basis @ factor)
        return out
