"""Which of very many interactions are worth a score test."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.additive.candidates import Candidate
from tabmixnn.inference.additive.features import Parts
from tabmixnn.inference.additive.fit import AdditiveFit
from tabmixnn.inference.additive.rows import Rows
from tabmixnn.inference.additive.space import Space

Array = NDArray[np.float64]

MOST_PAIRS = 400
"""Interactions over all rows that are tested; 100 predictors have 5,000, all but a few for nothing.
"""


def promising(
    pairs: Sequence[Candidate], space: Space, rows: Rows, fit: AdditiveFit
) -> list[Candidate]:
    r"""Leave out the least promising interactions over all rows, if there are very many.

    A score as `ScoreTest` has it, for all of them at once, as if their columns had nothing in
    common with those of the model. With :math:`A` and :math:`B` the columns of the two predictors
    and :math:`r = Py`, :math:`|N'r|^2` of all their products is :math:`|A'\mathrm{diag}(r)B|_F^2`,
    so that no product needs to be formed.

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
        In their order; those of groups all.
    """
    screened = [each for each in pairs if each.group is None]
    if len(screened) <= MOST_PAIRS:
        return list(pairs)
    parts = list(dict.fromkeys(part for each in screened for part in each.feature.parts))
    blocks = list(map(Parts(space.variables, rows.table), parts))
    scores = _scores_of_pairs(blocks, fit)
    place = {part: number for number, part in enumerate(parts)}
    places = [[place[part] for part in each.feature.parts] for each in screened]
    order = np.argsort(-scores[tuple(np.transpose(places))], kind="stable")
    stay = {screened[number] for number in order[:MOST_PAIRS]}
    return [each for each in pairs if each.group is not None or each in stay]


def _scores_of_pairs(blocks: list[Array], fit: AdditiveFit) -> Array:
    """Return the scores of the products of any two blocks of columns, shape (parts, parts)."""
    columns, weights = np.hstack(blocks), fit.weights[:, None]
    starts = np.cumsum([0, *(each.shape[1] for each in blocks[:-1])])

    def in_blocks(products: Array) -> Array:
        return np.add.reduceat(np.add.reduceat(products**2, starts, axis=0), starts, axis=1)

    found = in_blocks(columns.T @ (columns * (weights * fit.residuals[:, None])))
    lengths = np.add.reduceat(columns**2, starts, axis=1)
    expected = lengths.T @ (lengths * weights)
    size = np.sqrt(np.diagonal(in_blocks(columns.T @ (columns * weights))))
    spread = np.sqrt(2.0) * np.outer(size, size) / weights.sum()
    return (found / fit.solution.sigma2 - expected) / spread
