"""Sufficient statistics of a linear mixed model, added up over batches of rows.

A batch is summed in a *basis* guessed from a sample of the rows, in which columns are about
orthonormal and the response about a residual, so that the sums keep their digits. The basis in
which the likelihood works follows from the sums themselves; going over to it is a small
correction. Where the sample was a bad guess, the sums say so, and are formed again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from scipy.linalg import solve_triangular

from .batches import Basis, Batch
from .conditions import DesignError
from .fixed import CLEAR_RANK, independent_columns, signed_root, warn_of_dropped
from .growing import LevelSums
from .pieces import Pieces
from .summed import FixedSums, SummedGrouping
from .terms import Block, lay_out
from .whitening import column_scale, whitening_of

GOOD_GUESS = 1e-2
"""A column of the basis whose part outside those before it is shorter than this was a bad guess."""


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
        warn_of_dropped(names, kept, sample.X)
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
        X, y = batch.weighted
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
