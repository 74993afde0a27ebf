"""Models by their mean rank over datasets, and how much of it chance can explain."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from math import inf, isnan, nan

import pandas as pd

from tabmixbench.adapters import ModelSpec
from tabmixbench.statistics import Friedman, SignedRank, friedman, mean_ranks, signed_rank

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
#: Methods that are ranked in two configurations.
CONFIGURATIONS = (
    ("xgboost", "xgboost_ids"),
    ("lightgbm", "lightgbm_small"),
    ("tabmixnn_paper", "tabmixnn_paper_long"),
)
#: A floor, not a competitor.
FLOOR = "constant"
#: Of tests.
LEVEL = 0.05
#: Head of a table's column of `p_text`.
PAIRS = "p of the default's difference (Wilcoxon, Holm)"


class Ranks:
    """Mean ranks of models.

    Parameters
    ----------
    errors : DataFrame of shape (n_datasets, n_models)
        Of each model on each dataset, at least 0 and less is better; NaN where there is none.
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
    def best_trees(self) -> str | None:
        """The best ranked tree ensemble, if any has run."""
        return next((name for name in self.ranked if name in TREES), None)

    def is_ours(self, model: str) -> bool:
        """Whether a model is one of the library's."""
        return self.specs[model].adapter == OURS

    def label(self, model: str) -> str:
        """What tables and figures call a model."""
        return self.specs[model].label

    def told_apart(self) -> list[str]:
        """From which models chance does not explain the default's difference, in words."""
        if not self.pairs:
            return []
        better, alike, worse = [], [], []
        for name, test in self.pairs.items():
            kind = alike if test.p >= LEVEL else better if test.effect > 0 else worse
            kind.append(f"{self.label(name)} (p = {test.p:.2g})")
        total = len(self.pairs)
        said = [f"better than {len(better) if alike or worse else 'each'} of the {total} others"]
        if alike:
            said.append(f"not told apart from {', '.join(alike)}")
        if worse:
            said.append(f"worse than {', '.join(worse)}")
        return [f"By Wilcoxon's signed-rank test {self.label(DEFAULT)} is {'; '.join(said)}."]

    def tests(self) -> list[str]:
        """Which tests the margin is held against, in words."""
        if self.test is None:
            return []
        p = f"p = {self.test.p:.2g}" if self.test.p >= 1e-4 else "p < 0.0001"
        return [
            f"Friedman's test that all {self.test.models} ranked models are equally good on the "
            f"{self.test.datasets} datasets has {p}. The critical difference of two mean ranks is "
            f"Nemenyi's, {self.test.critical_difference:.2f} (5% level); Bonferroni and Dunn's, "
            f"for comparisons with one model named beforehand, is "
            f"{self.test.control_difference:.2f}. "
            "Wilcoxon's test over the datasets (5% level, Holm's method) does not, unlike mean "
            "ranks, depend on what else is ranked."
        ]

    def margin(self) -> list[str]:
        """Whether the first model's lead over the best tree ensemble exceeds chance, in words."""
        best, trees, test, ranks = self.best, self.best_trees, self.test, self.ranks
        said = [
            f"Best mean rank: {self.label(best)}, {ranks[best]:.2f} of {len(self.ranked)} models "
            f"on {len(self.errors)} datasets."
        ]
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
            does = "exceeds" if margin > test.critical_difference else "does not exceed"
            verdict = f"{does} the critical difference of {test.critical_difference:.2f}"
            if best == DEFAULT and test.control_difference < margin <= test.critical_difference:
                verdict += f", but Bonferroni and Dunn's of {test.control_difference:.2f}"
            said.append(
                f"Its margin over the best tree ensemble ({self.label(trees)}, "
                f"{ranks[trees]:.2f}) is {margin:.2f} ranks, which {verdict}."
            )
            said += self._margin_once_a_method(trees)
        return said

    def _margin_once_a_method(self, trees: str) -> list[str]:
        """The margin where second configurations do not push down what both are worse than."""
        worse = [pair[-1] for pair in self._pairs_of_configurations()]
        if not worse or self.best in worse or trees in worse:
            return []
        once = Ranks(self.errors.drop(columns=worse), self.specs)
        if once.test is None:
            return []
        margin = once.ranks[trees] - once.ranks[self.best]
        does = "exceeds" if margin > once.test.critical_difference else "does not exceed"
        dropped = ", ".join(self.label(name) for name in worse)
        return [
            f"With each method ranked once, in the better of its configurations (without "
            f"{dropped}), the margin is {margin:.2f} ranks, which {does} the critical difference "
            f"of {once.test.critical_difference:.2f}."
        ]

    def _pairs_of_configurations(self) -> list[list[str]]:
        """Those of one method, the one with the better mean rank first."""
        ranked = [[name for name in self.ranked if name in pair] for pair in CONFIGURATIONS]
        return [pair for pair in ranked if len(pair) == 2]


def p_text(p: float) -> str:
    """What tables print for a p; a dash for NaN."""
    return "–" if isnan(p) else f"{p:.3f}" if p >= 0.0005 else "< 0.001"
