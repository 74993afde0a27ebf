"""Models by their mean rank over datasets, and how much of it chance can explain."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import inf, isnan, nan
from typing import NamedTuple

import pandas as pd

from tabmixbench.adapters import ModelSpec
from tabmixbench.leaderboard.roles import CONFIGURATIONS, DEFAULT, FLOOR, MIXED_MODELS
from tabmixbench.statistics import (
    LEVEL,
    Friedman,
    SignedRank,
    friedman,
    mean_ranks,
    signed_rank,
)

#: Significant digits to which errors that agree are the same: a mean is predicted as the last bits
#: of one program's sums or of another's.
DIGITS = 6
#: Head of a table's column of `p_text`.
PAIRS = "p against the default"


@dataclass(frozen=True)
class Margin:
    """A lead in mean ranks.

    Attributes
    ----------
    lead : float
        Ranks between the first model and the other.
    critical : float
        Nemenyi's critical difference.
    control : float
        Bonferroni and Dunn's, for comparisons with one model named beforehand.
    without : tuple of str
        Models that are not ranked for it.
    """

    lead: float
    critical: float
    control: float
    without: tuple[str, ...] = ()

    @property
    def is_clear(self) -> bool:
        """Whether the lead exceeds Nemenyi's critical difference."""
        return self.lead > self.critical


class Outcomes(NamedTuple):
    """Models that the default is better than, not told apart from, and worse than."""

    better: list[str]
    alike: list[str]
    worse: list[str]


class Ranks:
    """Mean ranks of models.

    Parameters
    ----------
    errors : DataFrame of shape (n_datasets, n_models)
        Of each model on each dataset, at least 0 and less is better; NaN where there is none.
    specs : dict of str to ModelSpec
        What is known of the models.
    absent : iterable of str
        Models that are not in `errors` though they have run somewhere.

    Attributes
    ----------
    errors : DataFrame of shape (n_datasets, n_models)
        To `DIGITS`; what agrees so far ties, in ranks, in tests and for the lead.
    models : list of str
        Models with a score, best mean rank first; those without a rank come last.
    ranked : list of str
        The models that are ranked. The mixed model of the formula is ranked once, whichever
        program fitted it, and the floor is not: duplicates of one model push everything that it
        beats further down.
    unranked : set of str
        The others.
    ranks : dict of str to float
        Mean rank; a model without a score on a dataset ranks last there.
    absent : list of str
    """

    def __init__(
        self, errors: pd.DataFrame, specs: Mapping[str, ModelSpec], absent: Iterable[str] = ()
    ) -> None:
        self.errors = errors.apply(_rounded)
        self.specs = specs
        self.absent = list(absent)
        present = list(errors.columns)
        mixed = [name for name in MIXED_MODELS if name in present]
        self.unranked = {FLOOR, *mixed[1:]} & set(present)
        ranked = [name for name in present if name not in self.unranked]
        self.ranks: dict[str, float] = {}
        if ranked and len(errors):
            found = mean_ranks(self.errors[ranked].to_numpy(), larger_is_better=False)
            self.ranks = dict(zip(ranked, found, strict=True))
        self.ranked = sorted(ranked, key=lambda name: self.ranks.get(name, inf))
        self.models = [*self.ranked, *(name for name in present if name in self.unranked)]

    @cached_property
    def test(self) -> Friedman | None:
        """Friedman's test over the ranked models and the critical differences."""
        if len(self.ranked) < 3 or len(self.errors) < 2:
            return None
        return friedman(self.errors[self.ranked].to_numpy(), larger_is_better=False)

    @cached_property
    def pairs(self) -> dict[str, SignedRank]:
        """Wilcoxon's test of the default against each other ranked model."""
        others = [name for name in self.ranked if name != DEFAULT]
        if DEFAULT not in self.ranked or len(self.errors) < 2:
            return {}
        found = signed_rank(self.errors[DEFAULT].to_numpy(), self.errors[others].to_numpy())
        return dict(zip(others, found, strict=True))

    def p(self, model: str) -> float:
        """Of the default's difference from another ranked model; NaN for the default itself."""
        return self.pairs[model].p if model in self.pairs else nan

    @property
    def best(self) -> str:
        """The model with the best mean rank."""
        return self.ranked[0]

    @property
    def leaders(self) -> list[str]:
        """The models whose mean rank is the best one as tables print it, all that tie."""
        best = rank_text(min(self.ranks.values(), default=nan))
        return [model for model, rank in self.ranks.items() if rank_text(rank) == best]

    @property
    def best_ours(self) -> str | None:
        """The best ranked model of the library, if any has run."""
        return next(filter(self.is_ours, self.ranked), None)

    @property
    def best_trees(self) -> str | None:
        """The best ranked tree ensemble, if any has run."""
        return next((name for name in self.ranked if self.specs[name].kind == "trees"), None)

    def is_ours(self, model: str) -> bool:
        """Whether a model is one of the library's."""
        return self.specs[model].is_ours

    def label(self, model: str) -> str:
        """What tables and figures call a model."""
        return self.specs[model].label

    @property
    def told_apart(self) -> Outcomes:
        """From which models chance does not explain the default's difference."""
        found = Outcomes([], [], [])
        for name, test in self.pairs.items():
            kind = (
                found.alike if test.p >= LEVEL else found.better if test.effect > 0 else found.worse
            )
            kind.append(name)
        return found

    @property
    def margin(self) -> Margin | None:
        """The lead over the best tree ensemble; None if there is none, or no test of it."""
        trees = self.best_trees
        return None if trees in (None, self.best) else self._lead(self.best, trees)

    @property
    def margin_once(self) -> Margin | None:
        """The lead where every method is ranked in its best configuration alone."""
        worse = [name for ranked in self._configurations() for name in ranked[1:]]
        if self.margin is None or not worse or {self.best, self.best_trees} & set(worse):
            return None
        once = Ranks(self.errors.drop(columns=worse), self.specs)
        return once._lead(self.best, self.best_trees, tuple(worse))

    def _lead(self, first: str, second: str, without: tuple[str, ...] = ()) -> Margin | None:
        if self.test is None:
            return None
        lead = self.ranks[second] - self.ranks[first]
        return Margin(lead, self.test.critical_difference, self.test.control_difference, without)

    @property
    def second(self) -> str | None:
        """The model with the second best mean rank, whoever's it is."""
        return self.ranked[1] if len(self.ranked) > 1 else None

    @property
    def margin_second(self) -> Margin | None:
        """The lead over the second model; None where there is none, or no test of it."""
        return None if self.second is None else self._lead(self.best, self.second)

    @cached_property
    def above_best(self) -> dict[str, float]:
        """Mean excess over the least error on a dataset, in percent of it, of ranked models.

        Of those that have run everywhere: a mean over other datasets does not compare. Nothing is
        a percentage of an error of 0: datasets whose least error is that are left out.
        """
        errors = self.errors[self.ranked]
        errors = errors[errors.min(axis=1) > 0]
        excess = 100 * (errors.div(errors.min(axis=1), axis=0) - 1).mean(skipna=False)
        return excess.dropna().to_dict()

    @property
    def nearest(self) -> str | None:
        """The model with the least mean excess over the best, which ranks do not see."""
        return min(self.above_best, key=self.above_best.get, default=None)

    def best_on(self, dataset: Hashable) -> list[str]:
        """The ranked models with the least error on a dataset, all that tie."""
        errors = self.errors.loc[dataset, self.ranked].dropna()
        return [model for model in self.ranked if model in errors and errors[model] == errors.min()]

    @property
    def led(self) -> list[Hashable]:
        """The datasets on which the default has, or shares, the least error."""
        return [d for d in self.errors.index if DEFAULT in self.best_on(d)]

    @property
    def lost(self) -> list[Hashable]:
        """The datasets on which no model of the library has the least error."""
        return [d for d in self.errors.index if not any(map(self.is_ours, self.best_on(d)))]

    def _configurations(self) -> list[list[str]]:
        """Those ranked of each method, the one with the best mean rank first."""
        return [[name for name in self.ranked if name in each] for each in CONFIGURATIONS]


def rank_text(rank: float) -> str:
    """A mean rank as tables print it."""
    return "–" if isnan(rank) else f"{rank:.2f}"


def _rounded(column: pd.Series) -> pd.Series:
    """To `DIGITS` significant digits."""
    return column.map(lambda error: float(f"{error:.{DIGITS}g}"))
