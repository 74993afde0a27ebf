"""Models by their mean rank over datasets, and how much of it chance can explain."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from math import inf

import pandas as pd

from tabmixbench.adapters import ModelSpec
from tabmixbench.statistics import Friedman, friedman, mean_ranks

#: Ensembles of trees, with and without ids or random effects.
TREES = (
    *("xgboost", "xgboost_ids", "lightgbm", "lightgbm_small", "catboost"),
    *("gpboost", "merf"),
)
#: The model whose margin is asked for, named before anything was ranked.
DEFAULT = "tabmixnn_auto"
#: The library's models are those of this adapter.
OURS = "tabmixnn"
#: The linear or logistic mixed model of the formula: four programs, one model.
MIXED_MODELS = ("tabmixnn_exact", "lme4", "mixedlm", "statsmodels")
#: A floor, not a competitor.
FLOOR = "constant"


class Ranks:
    """Mean ranks of models.

    Parameters
    ----------
    errors : DataFrame of shape (n_datasets, n_models)
        A score of each model on each dataset, less is better; NaN where there is none.
    specs : dict of str to ModelSpec
        What is known of the models.

    Attributes
    ----------
    errors : DataFrame of shape (n_datasets, n_models)
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
    """

    def __init__(self, errors: pd.DataFrame, specs: Mapping[str, ModelSpec]) -> None:
        self.errors = errors
        self.specs = specs
        present = list(errors.columns)
        mixed = [name for name in MIXED_MODELS if name in present]
        self.unranked = {FLOOR, *mixed[1:]} & set(present)
        ranked = [name for name in present if name not in self.unranked]
        self.ranks: dict[str, float] = {}
        if ranked and len(errors):
            found = mean_ranks(errors[ranked].to_numpy(), larger_is_better=False)
            self.ranks = dict(zip(ranked, found, strict=True))
        self.ranked = sorted(ranked, key=lambda name: self.ranks.get(name, inf))
        self.models = [*self.ranked, *(name for name in present if name in self.unranked)]

    @cached_property
    def test(self) -> Friedman | None:
        """Friedman's test over the ranked models and the critical differences."""
        if len(self.ranked) < 3 or len(self.errors) < 2:
            return None
        return friedman(self.errors[self.ranked].to_numpy(), larger_is_better=False)

    @property
    def best(self) -> str:
        """The model with the best mean rank."""
        return self.ranked[0]

    @property
    def best_trees(self) -> str | None:
        """The best ranked tree ensemble, if any has run."""
        return next((name for name in self.ranked if name in TREES), None)

    def is_ours(self, model: str) -> bool:
        """Whether a model is one of the library's."""
        return self.specs[model].adapter == OURS

    def label(self, model: str) -> str:
        """What tables and figures call a model."""
        return self.specs[model].label

    def margin(self) -> list[str]:
        """Whether the first model's lead over the best tree ensemble exceeds chance, in words."""
        best, trees, test, ranks = self.best, self.best_trees, self.test, self.ranks
        said = [f"Best mean rank: {self.label(best)}, {ranks[best]:.2f}."]
        if test is not None:
            p = f"p = {test.p:.2g}" if test.p >= 1e-4 else "p < 0.0001"
            said[0] += (
                f" Friedman's test that all {test.models} ranked models are equally good on the "
                f"{test.datasets} datasets has {p}; Nemenyi's critical difference of two "
                f"mean ranks is {test.critical_difference:.2f} (5% level), Bonferroni and Dunn's, "
                f"for comparisons with one model named beforehand, {test.control_difference:.2f}."
            )
        if trees is None:
            return said
        if best == trees:
            ours = next((m for m in self.ranked if self.is_ours(m)), None)
            behind = "" if ours is None else (
                f"; the best TabMixNN, {self.label(ours)}, is {ranks[ours] - ranks[best]:.2f} "
                "ranks behind it"
            )  # fmt: skip
            said.append(f"The best model is itself a tree ensemble{behind}.")
        elif test is not None:
            margin = ranks[trees] - ranks[best]
            if margin > test.critical_difference:
                verdict = "exceeds the critical difference"
            elif best == DEFAULT and margin > test.control_difference:
                verdict = "does not exceed the critical difference, but Bonferroni and Dunn's"
            else:
                verdict = "does not exceed the critical difference"
            said.append(
                f"Its margin over the best tree ensemble ({self.label(trees)}, "
                f"{ranks[trees]:.2f}) is {margin:.2f} ranks, which {verdict}."
            )
        return said
