"""Grouping factors as integer codes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tabmixnn.formula.bars import RandomTerm
from tabmixnn.formula.evaluate import Evaluator
from tabmixnn.formula.learned import Learned
from tabmixnn.formula.many_levels import WholeLevels
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
    levels : ndarray of str, shape (G,), or a sequence that names very many
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
    levels: NDArray[np.str_] | WholeLevels
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


def group_codes(group: str, evaluator: Evaluator) -> NDArray[np.int64]:
    """Return the codes of a grouping factor; `group_levels` has what they count.

    An interaction has the combinations that the training data had, sorted by the first factor,
    then the second.

    Returns
    -------
    ndarray of int64, shape (n,)
        -1 for levels and combinations that the training data did not have.
    """
    if len(group_factors(group)) == 1:
        return evaluator.factor(group_factors(group)[0]).codes
    keys = combination_keys(group, evaluator)
    learned = evaluator.learned.groups
    if evaluator.learning and group not in learned:
        learned[group] = {"keys": np.sort(pd.unique(keys)).tolist()}
    known = np.array(evaluator.learned.recall("groups", group)["keys"], dtype=np.int64)
    return pd.Index(known).get_indexer(keys).astype(np.int64, copy=False)


def combination_keys(group: str, evaluator: Evaluator) -> NDArray[np.int64]:
    """Return a number for each row's combination of levels of an interaction, shape (n,).

    It is -1 where the training data did not have one of the levels.
    """
    factors = [evaluator.factor(node) for node in group_factors(group)]
    keys = factors[0].codes
    for factor in factors[1:]:
        keys = keys * len(factor.levels) + factor.codes
    unknown = np.logical_or.reduce([factor.codes < 0 for factor in factors])
    return np.where(unknown, -1, keys)


def group_levels(group: str, learned: Learned) -> NDArray[np.str_] | WholeLevels:
    """Return the levels of a grouping factor, shape (G,), as `group_codes` counts them.

    Combinations of levels are named ``"level1:level2"``.
    """
    levels = [learned.recall("factors", deparse(node))["levels"] for node in group_factors(group)]
    if len(levels) == 1:
        (names,) = levels
        return names if isinstance(names, WholeLevels) else np.array(names, dtype=np.str_)
    rest = np.array(learned.recall("groups", group)["keys"], dtype=np.int64)
    texts: list[list[str]] = []
    for each in reversed(levels):
        rest, own = np.divmod(rest, len(each))
        texts.append([each[code] for code in own])
    return np.array([":".join(parts) for parts in zip(*reversed(texts), strict=True)])


def random_blocks(
    terms: tuple[RandomTerm, ...],
    effects: list[Terms],
    evaluator: Evaluator,
    levels: Mapping[str, NDArray[np.str_] | WholeLevels] | None = None,
    *,
    known: Collection[str] | None = None,
) -> list[RandomBlock]:
    """Return the block of each random-effects term; terms of one group share their codes.

    Parameters
    ----------
    terms : tuple of RandomTerm
    effects : list of Terms
        What the left of each bar stands for.
    evaluator : Evaluator
    levels : mapping, optional
        `group_levels` of every group, if they have been named before.
    known : collection of str, optional
        The grouping factors whose levels the data tell, by default all; of another every row has
        the first level.
    """
    blocks: list[RandomBlock] = []
    coded: dict[str, NDArray[np.int64]] = {}
    named = dict(levels or {})
    for term, effect in zip(terms, effects, strict=True):
        if term.group not in coded:
            n = len(evaluator)
            coded[term.group] = (
                group_codes(term.group, evaluator)
                if known is None or term.group in known
                else np.zeros(n, dtype=np.int64)
            )
        if term.group not in named:
            named[term.group] = group_levels(term.group, evaluator.learned)
        matrix = model_matrix(effect, evaluator)
        blocks.append(
            RandomBlock(
                group=group_name(term.group),
                codes=coded[term.group],
                levels=named[term.group],
                names=matrix.names,
                Z=matrix.values,
                correlated=term.correlated,
            )
        )
    return blocks
