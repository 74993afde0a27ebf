"""The terms that a formula's model may be given besides its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tabmixnn.inference.additive import features
from tabmixnn.inference.additive.features import Feature
from tabmixnn.inference.additive.table import Table
from tabmixnn.inference.additive.variables import MOST_LEVELS, Variables

VARYING_SHARE = 0.2
"""Share of groups in which a predictor must vary for a group to have an effect of its own."""
WITHIN_GROUPS = features.LineProduct, features.Product, features.LevelPairs
"""Interactions of two predictors in which groups may differ."""
MOST_PAIRED = 100
"""Levels of the factor with fewer of them up to which pairs of two factors have effects."""
SHARED_CELLS = 0.2
"""Share of rows that must have another with the same levels of two factors for pairs' effects."""


@dataclass(frozen=True)
class Candidate:
    """A term: a feature, over all rows or with coefficients of each group's own.

    Attributes
    ----------
    feature : Feature
    group : str or None
        Name of the grouping factor.
    """

    feature: Feature
    group: str | None = None

    @property
    def is_main(self) -> bool:
        """Whether the term is tried before the interactions of two predictors are."""
        return len(self.feature.names) == 1 and not self.feature.factors

    @property
    def factors(self) -> frozenset[str]:
        """The grouping factors whose levels the term's effects belong to."""
        own = () if self.group is None else (self.group,)
        return frozenset((*own, *self.feature.factors))

    @property
    def in_common(self) -> Candidate | None:
        """What groups have in common of an interaction in which they differ.

        Effects of groups whose mean is taken for zero would take what is the same in all of them
        for their own, and new groups would not have it.
        """
        is_within = self.group is not None and isinstance(self.feature, WITHIN_GROUPS)
        return Candidate(self.feature) if is_within else None

    def __str__(self) -> str:
        return str(self.feature) if self.group is None else f"{self.feature} | {self.group}"


def list_candidates(
    variables: Variables,
    table: Table,
    codes: Mapping[str, NDArray[np.int64]],
    slopes: Mapping[str, set[str]],
) -> list[Candidate]:
    """Return the terms that the training rows can tell something about.

    Parameters
    ----------
    variables : Variables
    table : Table
        The n training rows.
    codes : mapping of str to ndarray, shape (n,)
        The levels of each grouping factor.
    slopes : mapping of str to set of str
        The effects that the formula already gives each of them.
    """
    found = [Candidate(feature) for feature in _of_all_rows(variables)]
    for group, levels in codes.items():
        vary = varying(variables, table, levels)
        found += _of_what_varies(_of_a_group(variables, slopes[group]), group, vary)
    return found


def list_group_interactions(
    variables: Variables, table: Table, codes: Mapping[str, NDArray[np.int64]]
) -> list[Candidate]:
    """Return interactions in which groups may differ, and pairs of groups that may.

    Parameters
    ----------
    variables : Variables
    table : Table
        The n training rows.
    codes : mapping of str to ndarray, shape (n,)
        The levels of each grouping factor.
    """
    found: list[Candidate] = []
    for group, levels in codes.items():
        vary = varying(variables, table, levels)
        found += _of_what_varies(_within_a_group(variables), group, vary)
    return [*found, *_of_pairs_of_factors(codes)]


def list_rough_interactions(
    variables: Variables, table: Table, codes: Mapping[str, NDArray[np.int64]]
) -> list[Candidate]:
    """Return interactions over all rows with steps in them, as trees have them.

    It takes what `list_group_interactions` takes; groups have no say in it.
    """
    paths = [name for name, each in variables.numeric.items() if each.path is not None]
    pairs = [features.PathProduct(pair) for pair in combinations(paths, 2)]
    by_level = [
        features.PathByLevel((number, name))
        for number in paths
        for name in variables.small()
        if name != number
    ]
    return list(map(Candidate, [*pairs, *by_level]))


Listing = Callable[[Variables, Table, Mapping[str, NDArray[np.int64]]], list[Candidate]]

INTERACTIONS: dict[str, Listing] = {
    "interactions": list_group_interactions,
    "rough interactions": list_rough_interactions,
}
"""Terms by the step of the ladder that tries them, in this order, once all else is there: they are
many, few models need one, and each costs more than others."""


def varying(variables: Variables, table: Table, codes: NDArray[np.int64]) -> set[str]:
    """Return the predictors that vary within more than a few of the groups.

    Parameters
    ----------
    variables : Variables
    table : Table
        The n training rows.
    codes : ndarray, shape (n,)
        Their groups.
    """
    return {
        name
        for name, values in _columns(variables, table)
        if _share_varying(values, codes) > VARYING_SHARE
    }


def _of_what_varies(own: Iterable[Feature], group: str, vary: set[str]) -> list[Candidate]:
    """Return a group's terms of the features whose predictors all vary within its levels."""
    return [Candidate(feature, group) for feature in own if vary.issuperset(feature.names)]


def _of_all_rows(variables: Variables) -> Iterator[Feature]:
    small = variables.small()
    for name, each in variables.numeric.items():
        if each.cubic is not None:
            yield features.Smooth((name,))
            yield features.Path((name,))
        if each.spike is not None:
            yield features.Spike((name,))
        for category in small:
            if category != name:
                yield features.ByLevel((name, category))
    for pair in combinations(variables.numeric, 2):
        yield features.Product(pair)
    for pair in combinations(small, 2):
        yield features.LevelPairs(pair)


def _of_a_group(variables: Variables, slopes: set[str]) -> Iterator[Feature]:
    for name, each in variables.numeric.items():
        if name not in slopes:
            yield features.Line((name,))
        if each.cubic is not None:
            yield features.OwnSmooth((name,))
            yield features.OwnPath((name,))
    for name in variables.small():
        yield features.Levels((name,))
        for number, each in variables.numeric.items():
            if number != name and each.cubic is not None:
                yield features.ByLevel((number, name))
                yield features.PathByLevel((number, name))


def _within_a_group(variables: Variables) -> Iterator[Feature]:
    wide = [name for name, each in variables.numeric.items() if np.ptp(each.fence) > 0.0]
    for pair in combinations(wide, 2):
        yield features.LineProduct(pair)
        if any(variables.numeric[name].coarse is not None for name in pair):
            yield features.Product(pair)
    for pair in combinations(variables.small(), 2):
        if np.prod([len(variables.categorical[name].levels) for name in pair]) <= MOST_LEVELS:
            yield features.LevelPairs(pair)


def _of_pairs_of_factors(codes: Mapping[str, NDArray[np.int64]]) -> Iterator[Candidate]:
    """Yield effects of pairs of two factors' levels that are no factor of the formula already."""
    for pair in combinations(codes, 2):
        # Of equally many levels those of the first factor count as more, as in `Space`.
        more = max(pair, key=lambda group: codes[group].max())
        (fewer,) = set(pair) - {more}
        if codes[fewer].max() >= MOST_PAIRED:
            continue
        cells = pd.DataFrame({each: codes[each] for each in pair}).groupby(list(pair)).ngroup()
        shared = cells.duplicated(keep=False).mean()
        is_known = any(_is_same(cells.to_numpy(), each) for each in codes.values())
        if shared >= SHARED_CELLS and not is_known:
            yield Candidate(features.FactorLevels((fewer,)), more)


def _is_same(cells: NDArray[np.int64], codes: NDArray[np.int64]) -> bool:
    """Return whether two codings of n rows are of the same division."""
    both = len(np.unique(np.column_stack([cells, codes]), axis=0))
    return both == len(np.unique(cells)) == len(np.unique(codes))


def _columns(variables: Variables, table: Table) -> Iterator[tuple[str, Any]]:
    for name in variables.numeric.keys() | variables.categorical.keys():
        values = table.numbers.get(name)
        yield name, table.labels[name] if values is None else values


def _share_varying(values: NDArray, codes: NDArray[np.int64]) -> float:
    return float((pd.Series(values).groupby(codes).nunique() > 1).mean())
