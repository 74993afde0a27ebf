"""Grouping factors as integer codes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tabmixnn.formula.bars import RandomTerm
from tabmixnn.formula.evaluate import Evaluator
from tabmixnn.formula.learned import Learned
from tabmixnn.formula.matrix import model_matrix
from tabmixnn.formula.nodes import Binary, Name, Node, deparse, strip_parens
from tabmixnn.formula.parser import parse_expression
from tabmixnn.formula.terms import Terms


@dataclass(frozen=True, eq=False)
class RandomBlock:
    """The rows of one random-effects term.

    Attributes
    ----------
    group : str
        R's name of the grouping factor, e.g. ``"g"`` or ``"b:a"``.
    codes : ndarray of int64, shape (n,)
        The level of each row, -1 for one that the training data did not have.
    levels : ndarray of str, shape (G,)
        In R's order.
    names : list of str, length q
        The effects, e.g. ``["(Intercept)", "x"]``.
    Z : ndarray of float64, shape (n, q)
        The values that multiply a row's own group's effects; never n by G.
    correlated : bool
        Whether the covariance of the effects is full (else diagonal).
    """

    group: str
    codes: NDArray[np.int64]
    levels: NDArray[np.str_]
    names: list[str]
    Z: NDArray[np.float64]
    correlated: bool

    @property
    def n_levels(self) -> int:
        """The number of levels, G."""
        return len(self.levels)


def group_factors(group: str) -> list[Node]:
    """Return the factors of a group's text, ``"b:a"`` as b and a."""
    node, factors = strip_parens(parse_expression(group)), []
    while isinstance(node, Binary):
        factors.append(strip_parens(node.right))
        node = strip_parens(node.left)
    return [node, *reversed(factors)]


def group_name(group: str) -> str:
    """Return the name under which a group is reported: a bare column loses its backticks."""
    factors = group_factors(group)
    if len(factors) == 1 and isinstance(factors[0], Name):
        return factors[0].name
    return group


def group_codes(group: str, evaluator: Evaluator) -> tuple[NDArray[np.int64], NDArray[np.str_]]:
    """Return the codes and the levels of a grouping factor.

    An interaction has the combinations that the training data had, sorted by the first factor,
    then the second, and named ``"level1:level2"``.

    Returns
    -------
    codes : ndarray of int64, shape (n,)
        -1 for levels and combinations that the training data did not have.
    levels : ndarray of str, shape (G,)
    """
    factors = [evaluator.factor(node) for node in group_factors(group)]
    if len(factors) == 1:
        return factors[0].codes, np.array(factors[0].levels, dtype=np.str_)
    keys = factors[0].codes
    for factor in factors[1:]:
        keys = keys * len(factor.levels) + factor.codes
    unknown = np.logical_or.reduce([factor.codes < 0 for factor in factors])
    keys = np.where(unknown, -1, keys)
    learned = evaluator.learned.groups
    if evaluator.learning and group not in learned:
        learned[group] = {"keys": np.sort(pd.unique(keys)).tolist()}
    known = np.array(evaluator.learned.recall("groups", group)["keys"], dtype=np.int64)
    codes = pd.Index(known).get_indexer(keys).astype(np.int64, copy=False)
    return codes, group_levels(group, evaluator.learned)


def group_levels(group: str, learned: Learned) -> NDArray[np.str_]:
    """Return the levels of a grouping factor, shape (G,), as `group_codes` counts them."""
    levels = [learned.recall("factors", deparse(node))["levels"] for node in group_factors(group)]
    if len(levels) == 1:
        return np.array(levels[0], dtype=np.str_)
    rest = np.array(learned.recall("groups", group)["keys"], dtype=np.int64)
    texts: list[list[str]] = []
    for each in reversed(levels):
        rest, own = np.divmod(rest, len(each))
        texts.append([each[code] for code in own])
    return np.array([":".join(parts) for parts in zip(*reversed(texts), strict=True)])


def random_blocks(
    terms: tuple[RandomTerm, ...], effects: list[Terms], evaluator: Evaluator
) -> list[RandomBlock]:
    """Return the block of each random-effects term; terms of one group share their codes.

    Parameters
    ----------
    terms : tuple of RandomTerm
    effects : list of Terms
        What the left of each bar stands for.
    evaluator : Evaluator
    """
    blocks: list[RandomBlock] = []
    coded: dict[str, tuple[NDArray[np.int64], NDArray[np.str_]]] = {}
    for term, effect in zip(terms, effects, strict=True):
        if term.group not in coded:
            coded[term.group] = group_codes(term.group, evaluator)
        codes, levels = coded[term.group]
        matrix = model_matrix(effect, evaluator)
        blocks.append(
            RandomBlock(
                group=group_name(term.group),
                codes=codes,
                levels=levels,
                names=matrix.names,
                Z=matrix.values,
                correlated=term.correlated,
            )
        )
    return blocks
