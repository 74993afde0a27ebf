"""Random-effects terms, merged by the factor that groups them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from .cells import Cells
from .covariance import Diagonal, RelativeFactor, Unstructured
from .whitening import working_columns


class Block(Protocol):
    """One random-effects term of the data; ``tabmixnn.formula.RandomBlock`` is one.

    Attributes
    ----------
    group : str
        Grouping factor.
    names : list of str
        Coefficients.
    codes : ndarray of shape (n,)
        Position of each row's level in ``levels``.
    levels : sequence
    Z : ndarray of shape (n, q)
        Row values of the coefficients.
    correlated : bool
        Whether the coefficients of a level may covary.
    """

    group: str
    names: Sequence[str]
    codes: np.ndarray
    levels: Sequence[object]
    Z: np.ndarray
    correlated: bool


@dataclass
class Term:
    """One bar term of the formula, in whitened coordinates.

    ``whitening`` is the lower triangular ``L`` with ``L'L = Z'WZ / n``: the working columns are
    ``Z L^-1`` and the working factor is ``L T``, so that the optimiser sees effects of unit size
    whatever the units of the slopes are.
    """

    position: int
    group: str
    names: list[str]
    structure: RelativeFactor
    whitening: np.ndarray
    columns: slice
    params: slice

    @property
    def size(self) -> int:
        """Number of effects of a level."""
        return self.structure.size


@dataclass
class Grouping:
    """The terms that share one grouping factor, their columns side by side.

    Attributes
    ----------
    codes : ndarray of shape (n,)
    n_levels : int
    Z : ndarray of shape (n, q)
        Whitened, and multiplied by the square roots of the weights.
    unit : bool
        Whether ``Z`` is a single column of ones.
    """

    group: str
    codes: np.ndarray
    n_levels: int
    Z: np.ndarray
    unit: bool
    terms: list[Term] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Number of effects of a level, over all terms."""
        return self.Z.shape[1]

    @property
    def n_effects(self) -> int:
        """Number of random effects."""
        return self.n_levels * self.size

    def gram(self, row_weights: np.ndarray | None = None) -> np.ndarray:
        """``Z_g' W Z_g`` of every level, ``(G, q, q)``."""
        q = self.size
        out = np.empty((self.n_levels, q, q))
        for k in range(q):
            for m in range(k + 1):
                if self.unit:
                    product = row_weights
                else:
                    product = self.Z[:, k] * self.Z[:, m]
                    if row_weights is not None:
                        product *= row_weights
                out[:, k, m] = np.bincount(self.codes, product, self.n_levels)
                out[:, m, k] = out[:, k, m]
        return out

    def cross(self, D: np.ndarray) -> np.ndarray:
        """``Z_g' D_g`` of every level, ``(G, q, d)``."""
        out = np.empty((self.n_levels, self.size, D.shape[1]))
        for k in range(self.size):
            for j in range(D.shape[1]):
                column = D[:, j] if self.unit else D[:, j] * self.Z[:, k]
                out[:, k, j] = np.bincount(self.codes, column, self.n_levels)
        return out

    def cells(self, other: Grouping) -> Cells:
        """Combinations of the levels with those of another factor."""
        return Cells(self, other)

    def factor(self, params: np.ndarray) -> np.ndarray:
        """Working relative covariance factor ``(q, q)``, block diagonal over the terms."""
        if len(self.terms) == 1:
            term = self.terms[0]
            return term.structure.factor(params[term.params])
        out = np.zeros((self.size, self.size))
        for term in self.terms:
            out[term.columns, term.columns] = term.structure.factor(params[term.params])
        return out

    def pullback(self, params: np.ndarray, grad: np.ndarray, out: np.ndarray) -> None:
        """Write the gradient with respect to the parameters into ``out``."""
        for term in self.terms:
            block = grad[term.columns, term.columns]
            out[term.params] = term.structure.pullback(params[term.params], block)


def merge_by_group(blocks: Sequence[Block]) -> list[list[int]]:
    """Positions of the terms that share a factor, largest number of effects first."""
    merged: list[list[int]] = []
    for position, block in enumerate(blocks):
        for members in merged:
            head = blocks[members[0]]
            if head.group == block.group and (
                head.codes is block.codes or np.array_equal(head.codes, block.codes)
            ):
                members.append(position)
                break
        else:
            merged.append([position])
    widths = [np.shape(block.Z)[1] for block in blocks]
    return sorted(merged, key=lambda m: -len(blocks[m[0]].levels) * sum(widths[i] for i in m))


def lay_out(
    blocks: Sequence[Block], merged: list[list[int]], whitenings: Sequence[np.ndarray]
) -> list[list[Term]]:
    """Terms of every factor, with the places of their columns and parameters.

    Parameters
    ----------
    blocks : sequence of blocks
    merged : list of list of int
        From :func:`merge_by_group`.
    whitenings : sequence of ndarray of shape (q, q)
        Of each block.
    """
    out, n_params = [], 0
    for members in merged:
        terms, width = [], 0
        for position in members:
            block, whitening = blocks[position], whitenings[position]
            size = len(whitening)
            structure = Unstructured(size) if block.correlated or size == 1 else Diagonal(size)
            columns = slice(width, width + size)
            params = slice(n_params, n_params + structure.n_params)
            names = list(block.names)
            terms.append(Term(position, block.group, names, structure, whitening, columns, params))
            width += size
            n_params += structure.n_params
        out.append(terms)
    return out


def group_terms(blocks: Sequence[Block], root_weights: np.ndarray | None) -> list[Grouping]:
    """Whiten each term and merge the terms of one factor.

    Parameters
    ----------
    blocks : sequence of blocks
    root_weights : ndarray of shape (n,), optional
        Square roots of the precision weights.

    Returns
    -------
    list of Grouping
        Largest number of effects first: that factor is eliminated in batches.
    """
    merged = merge_by_group(blocks)
    columns = [working_columns(block, root_weights) for block in blocks]
    laid = lay_out(blocks, merged, [whitening for _, whitening, _ in columns])
    groupings = []
    for members, terms in zip(merged, laid, strict=True):
        head, parts = blocks[members[0]], [columns[position][0] for position in members]
        Z = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
        unit = len(members) == 1 and columns[members[0]][2]
        codes = np.asarray(head.codes)
        groupings.append(Grouping(head.group, codes, len(head.levels), Z, unit, terms))
    return groupings
