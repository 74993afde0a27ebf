"""Sufficient statistics of a linear mixed model, added up over batches of rows.

A batch is summed in a *basis* guessed from a sample of the rows, in which columns are about
orthonormal and the response about a residual, so that the sums keep their digits. The basis in
which the likelihood works follows from the sums themselves; going over to it is a small
correction. Where the sample was a bad guess, the sums say so, and are formed again.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from scipy.linalg import solve_triangular

from .conditions import DesignError, RankDeficientWarning
from .fixed import CLEAR_RANK, independent_columns, signed_root
from .growing import GrowingCells, LevelSums
from .summed import FixedSums, SummedGrouping
from .terms import Block, column_scale, lay_out, merge_by_group, whitening_of, working_columns

INTERCEPT = "(Intercept)"
GOOD_GUESS = 1e-2
"""A column of the basis whose part outside those before it is shorter than this was a bad guess."""


class Batch(NamedTuple):
    """Some rows.

    Attributes
    ----------
    X : ndarray of shape (b, p)
    y : ndarray of shape (b,)
        Response, offset included.
    offset : ndarray of shape (b,)
    blocks : sequence of blocks
        Of the b rows, the same terms in every batch.
    weights : ndarray of shape (b,) or None
    """

    X: np.ndarray
    y: np.ndarray
    offset: np.ndarray
    blocks: Sequence[Block]
    weights: np.ndarray | None

    @property
    def response(self) -> np.ndarray:
        """Response less its offset."""
        return self.y - self.offset

    @property
    def root_weights(self) -> np.ndarray | None:
        """Square roots of the weights."""
        return None if self.weights is None else np.sqrt(self.weights)


@dataclass(frozen=True)
class Basis:
    """Columns in which rows are summed.

    Attributes
    ----------
    kept : ndarray of shape (k,)
        Columns of ``X``.
    root : ndarray of shape (k, k)
        Upper triangular ``R``; the columns are ``[X R^-1, y - X beta]``.
    beta : ndarray of shape (k,)
    whitenings : list of ndarray of shape (q, q)
        Of each term.
    """

    kept: np.ndarray
    root: np.ndarray
    beta: np.ndarray
    whitenings: list[np.ndarray]

    @classmethod
    def of_sample(cls, sample: Batch) -> Basis:
        """Guess a basis from some rows, which need not have the rank of all."""
        X, y = _weighted(sample)
        p = X.shape[1]
        gram = X.T @ X
        scale = column_scale(gram)
        # What the sample does not tell apart, or has not at all, gets a little of its own.
        relative = gram / np.outer(scale, scale) + 1e-6 * np.eye(p)
        root = np.linalg.cholesky(relative).T * scale if p else gram
        inner = solve_triangular(root, X.T @ y, trans="T") if p else np.zeros(0)
        beta = solve_triangular(root, inner) if p else inner
        whitenings = [working_columns(b, sample.root_weights)[1] for b in sample.blocks]
        return cls(np.arange(p), root, beta, whitenings)


def _weighted(batch: Batch) -> tuple[np.ndarray, np.ndarray]:
    X, y, root = batch.X, batch.response, batch.root_weights
    return (X, y) if root is None else (X * root[:, None], y * root)


class Pieces:
    """Sums over the rows that were added.

    Parameters
    ----------
    blocks : sequence of blocks
        The terms and the levels of all rows; their rows are not looked at.
    basis : Basis
    weighted : bool
        Whether rows have weights.

    Attributes
    ----------
    n : int
        Number of rows.
    """

    def __init__(self, blocks: Sequence[Block], basis: Basis, *, weighted: bool) -> None:
        self.blocks, self.basis = blocks, basis
        self.merged = merge_by_group(blocks)
        self._inverse = np.linalg.inv(basis.root)
        self._whiten = [np.linalg.inv(each) for each in basis.whitenings]
        names = [[b for m in members for b in blocks[m].names] for members in self.merged]
        self._unit = [not weighted and each == [INTERCEPT] for each in names]
        self._widths = [
            sum(len(basis.whitenings[position]) for position in members) for members in self.merged
        ]
        self._open([len(blocks[members[0]].levels) for members in self.merged])

    def _open(self, counts: Sequence[int]) -> None:
        """Start from no rows, and so many levels of each factor."""
        d = len(self.basis.kept) + 1
        self.n, self.log_weights = 0, 0.0
        self.low, self.high = np.inf, -np.inf
        self.C = np.zeros((d, d))
        sizes = zip(counts, self._widths, self._unit, strict=True)
        self.levels = [LevelSums(count, width, d, unit=unit) for count, width, unit in sizes]
        # The pairs that elimination asks for: the first factor with others, these with each other.
        pairs = [(0, i) for i in range(1, len(counts))]
        pairs += [(i, j) for i in range(2, len(counts)) for j in range(1, i)]
        self.cells = {(i, j): GrowingCells(counts[j]) for i, j in pairs}

    def without_levels(self) -> Pieces:
        """Return what says how rows are summed, for `of_levels`; it knows no level's name."""
        part = copy(self)
        part.blocks = ()
        return part.of_levels([0] * len(self.merged))

    def of_levels(self, counts: Sequence[int]) -> Pieces:
        """Return sums over no rows in the same basis, with so many levels of each factor."""
        part = copy(self)
        part._open(counts)
        return part

    def merge(self, other: Pieces, levels: Sequence[np.ndarray]) -> None:
        """Add the sums over other rows, in the same basis.

        Parameters
        ----------
        other : Pieces
            Used up.
        levels : sequence of ndarray
            For every factor, which of its levels the other sums count, ascending.
        """
        self.n += other.n
        self.C += other.C
        self.log_weights += other.log_weights
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)
        for own, found, places in zip(self.levels, other.levels, levels, strict=True):
            own.merge(found, places)
        for (i, j), cells in self.cells.items():
            cells.merge(other.cells[i, j], levels[i], levels[j])

    def add(self, batch: Batch) -> None:
        """Add a batch of rows."""
        X, y = _weighted(batch)
        X = X[:, self.basis.kept]
        root = batch.root_weights
        D = np.empty((len(y), len(self.C)))
        np.matmul(X, self._inverse, out=D[:, :-1])
        D[:, -1] = y - X @ self.basis.beta
        self.n += len(y)
        self.C += D.T @ D
        self.low = min(self.low, float(batch.y.min(initial=np.inf)))
        self.high = max(self.high, float(batch.y.max(initial=-np.inf)))
        if root is not None:
            self.log_weights += float(np.log(batch.weights).sum())
        columns = []
        for members, sums in zip(self.merged, self.levels, strict=True):
            codes = batch.blocks[members[0]].codes
            Z = np.ones((len(y), 1)) if sums.unit else self._columns(batch, members, root)
            sums.add(codes, Z, D)
            columns.append((codes, Z))
        for (i, j), cells in self.cells.items():
            cells.add(*columns[i], *columns[j])

    def _columns(self, batch: Batch, members: list[int], root: np.ndarray | None) -> np.ndarray:
        Z = np.hstack([batch.blocks[position].Z @ self._whiten[position] for position in members])
        return Z if root is None else Z * root[:, None]


class Rows(Protocol):
    """Rows that can be read again and again."""

    def __call__(self) -> Iterator[Batch]:
        """Yield all of them, in batches."""

    def add_to(self, pieces: Pieces) -> None:
        """Add all of them to sums."""


class Summed(NamedTuple):
    """What the likelihood needs, in its own basis."""

    fixed: FixedSums
    groupings: list[SummedGrouping]


def sum_rows(
    rows: Rows,
    sample: Batch,
    blocks: Sequence[Block],
    names: Sequence[str],
) -> Summed:
    """Sum rows: once, unless the sample misleads or columns are aliased.

    Parameters
    ----------
    rows : Rows
    sample : Batch
        Some of the rows, from all over.
    blocks : sequence of blocks
        Terms and levels.
    names : sequence of str, length p
        Columns of ``X``, for the warning about those that are dropped.

    Raises
    ------
    DesignError
        There are not more rows than independent columns.
    """
    weighted = sample.weights is not None
    pieces = Pieces(blocks, Basis.of_sample(sample), weighted=weighted)
    rows.add_to(pieces)
    better = _better_basis(pieces, rows)
    if better is not None:
        pieces = Pieces(blocks, better, weighted=weighted)
        rows.add_to(pieces)
    kept = pieces.basis.kept
    if len(kept) < len(names):
        dropped = [name for j, name in enumerate(names) if j not in set(kept.tolist())]
        warnings.warn(
            f"fixed-effect model matrix is rank deficient so dropping {len(dropped)} "
            f"column{'s' * (len(dropped) > 1)}: {', '.join(dropped)}",
            RankDeficientWarning,
            stacklevel=3,
        )
    if pieces.n <= len(kept):
        raise DesignError(f"{pieces.n} rows cannot determine {len(kept)} effects and a variance")
    return _finished(pieces)


def _better_basis(pieces: Pieces, rows: Rows) -> Basis | None:
    """Return the basis to sum in again, if the sums do not have the digits they should."""
    basis, p = pieces.basis, len(pieces.basis.kept)
    if not p:
        return None
    inner = pieces.C[:p, :p]
    gram = basis.root.T @ inner @ basis.root
    if _shortest(gram) > CLEAR_RANK:
        if _shortest(inner) > GOOD_GUESS:
            return None
        root = np.linalg.cholesky(inner).T
        score = solve_triangular(root, pieces.C[:p, p], trans="T")
        root = root @ basis.root
        beta = basis.beta + solve_triangular(root, score)
        return Basis(basis.kept, root, beta, basis.whitenings)
    upper = np.empty((0, p + 1))
    for batch in rows():
        X, y = _weighted(batch)
        upper = np.linalg.qr(np.vstack([upper, np.column_stack([X, y])]), mode="r")
    kept = independent_columns(upper[:, :p])
    root = signed_root(upper[:, kept])
    beta = np.linalg.lstsq(upper[:, kept], upper[:, p], rcond=None)[0]
    return Basis(kept, root, beta, basis.whitenings)


def _shortest(gram: np.ndarray) -> float:
    """Length of the part outside the columns before it of the column that is aliased most."""
    scale = np.sqrt(np.diagonal(gram))
    if not scale.min() > 0:
        return 0.0
    try:
        root = np.linalg.cholesky(gram / np.outer(scale, scale))
    except np.linalg.LinAlgError:
        return 0.0
    return float(np.diagonal(root).min())


def _finished(pieces: Pieces) -> Summed:
    """Go over to the basis of the likelihood; the sums of the pieces are used up."""
    basis, p = pieces.basis, len(pieces.basis.kept)
    inner = np.linalg.cholesky(pieces.C[:p, :p]).T if p else np.zeros((0, 0))
    inverse = np.linalg.inv(inner)
    score = inverse.T @ pieces.C[:p, p]
    change = np.eye(p + 1)
    change[:p, :p], change[:p, p] = inverse, -inverse @ score
    root = inner @ basis.root
    beta = basis.beta + (solve_triangular(root, score) if p else score)
    gram = change.T @ pieces.C @ change
    ends = pieces.low, pieces.high
    fixed = FixedSums(basis.kept, root, beta, pieces.n, gram, pieces.log_weights, *ends)
    whitenings = list(basis.whitenings)
    turns = [
        _turn(pieces, members, sums, whitenings)
        for members, sums in zip(pieces.merged, pieces.levels, strict=True)
    ]
    laid = lay_out(pieces.blocks, pieces.merged, whitenings)
    groupings = []
    for i, (members, terms) in enumerate(zip(pieces.merged, laid, strict=True)):
        head, sums = pieces.blocks[members[0]], pieces.levels[i]
        groupings.append(
            SummedGrouping(
                group=head.group,
                codes=np.empty(0, dtype=np.int64),
                n_levels=sums.n_levels,
                Z=np.empty((0, sums.q)),
                unit=sums.unit,
                terms=terms,
                products=sums.products(turns[i]),
                crossed=sums.crossed(turns[i], change),
                place=i,
                pairs={
                    right: cells.found(turns[left], turns[right])
                    for (left, right), cells in pieces.cells.items()
                    if left == i
                },
            )
        )
    return Summed(fixed, groupings)


def _turn(
    pieces: Pieces, members: list[int], sums: LevelSums, whitenings: list[np.ndarray]
) -> np.ndarray:
    """Return what takes a grouping's columns to whitened ones; write the whitenings."""
    turn = np.eye(sums.q)
    if sums.unit:
        return turn
    total, start = sums.total() / pieces.n, 0
    for position in members:
        q = len(whitenings[position])
        span = slice(start, start + q)
        gram, correlated = total[span, span], pieces.blocks[position].correlated
        found = whitening_of(gram, correlated)
        found = np.diag(column_scale(gram)) if found is None else found
        whitenings[position] = found @ whitenings[position]
        turn[span, span] = np.linalg.inv(found)
        start += q
    return turn
