"""Which of very many interactions are worth a score test."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.additive.candidates import Candidate
from tabmixnn.inference.additive.features import Pair, Parts
from tabmixnn.inference.additive.fit import AdditiveFit
from tabmixnn.inference.additive.rows import Rows
from tabmixnn.inference.additive.space import Space

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

MOST_PAIRS = 400
"""Interactions over all rows that are tested; 100 predictors have 5,000, all but a few for nothing.
"""
MOST_DEAR_PAIRS = 60
"""Likewise of rough ones, and of those of each grouping factor, whose tests cost as much as its
levels' effects."""


def promising(
    pairs: Sequence[Candidate], space: Space, rows: Rows, fit: AdditiveFit
) -> list[Candidate]:
    r"""Leave out the least promising interactions, over all rows or of a group, if there are many.

    A score as `ScoreTest` has it, for all of them at once, as if their columns had nothing in
    common with those of the model. With :math:`A` and :math:`B` the columns of the two predictors
    and :math:`r = Py`, :math:`|N'r|^2` of all their products is :math:`|A'\mathrm{diag}(r)B|_F^2`,
    so that no product needs to be formed; of effects of groups it is the sum over their levels.

    Parameters
    ----------
    pairs : sequence of Candidate
    space : Space
    rows : Rows
        The training rows.
    fit : AdditiveFit

    Returns
    -------
    list of Candidate
        In their order.
    """
    made = Parts(space.variables, rows.table)
    leave: set[Candidate] = set()
    for group in dict.fromkeys(each.group for each in pairs):
        screened = [e for e in pairs if e.group == group and isinstance(e.feature, Pair)]
        is_dear = group is not None or any(each.feature.is_rough for each in screened)
        most = MOST_DEAR_PAIRS if is_dear else MOST_PAIRS
        if len(screened) > most:
            scores = np.empty(len(screened))
            kinds = np.array([type(each.feature).__name__ for each in screened])
            for kind in np.unique(kinds):  # there are no products of one's parts and another's
                at = np.flatnonzero(kinds == kind)
                own = [screened[each] for each in at]
                scores[at] = _scores(own, made, rows.codes(group), fit)
            leave.update(screened[at] for at in np.argsort(-scores, kind="stable")[most:])
    return [each for each in pairs if each not in leave]


def _scores(screened: Sequence[Candidate], made: Parts, codes: Codes, fit: AdditiveFit) -> Array:
    parts = list(dict.fromkeys(part for each in screened for part in each.feature.parts))
    scores = _scores_of_pairs(list(map(made, parts)), fit, codes)
    place = {part: number for number, part in enumerate(parts)}
    places = [[place[part] for part in each.feature.parts] for each in screened]
    return scores[tuple(np.transpose(places))]


def _scores_of_pairs(blocks: list[Array], fit: AdditiveFit, codes: Codes) -> Array:
    """Return the scores of the products of any two blocks of columns, shape (parts, parts)."""
    starts = np.cumsum([0, *(each.shape[1] for each in blocks[:-1])])
    found, expected, squares = np.zeros((3, len(blocks), len(blocks)))

    def in_blocks(products: Array) -> Array:
        return np.add.reduceat(np.add.reduceat(products**2, starts, axis=0), starts, axis=1)

    columns, order = np.hstack(blocks), np.argsort(codes, kind="stable")
    ends = np.flatnonzero(np.diff(codes[order])) + 1
    for rows in np.split(order, ends):
        own, weights, residuals = columns[rows], fit.weights[rows, None], fit.residuals[rows, None]
        found += in_blocks(own.T @ (own * (weights * residuals)))
        lengths = np.add.reduceat(own**2, starts, axis=1)
        expected += lengths.T @ (lengths * weights)
        size = np.diagonal(in_blocks(own.T @ (own * weights))) / weights.sum()
        squares += 2.0 * np.outer(size, size)
    return (found / fit.solution.sigma2 - expected) / np.sqrt(squares)
