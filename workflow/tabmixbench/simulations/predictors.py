"""Predictors that say nothing: what a model makes of them, the more there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tabmixbench.registry import Dataset
from tabmixbench.simulations.shown import distances, panels
from tabmixbench.simulations.study import Setting, Study
from tabmixbench.tables.table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Training and test rows of each group.
ROWS, TEST_ROWS = 10, 20


class Predictors(Study):
    """y = 2 x₁ + x₂ + b + e: lines of two predictors among many, and groups.

    All predictors, b and e are standard normal. The formula has all predictors, so that its mixed
    model is the truth; whatever else a model finds is noise.
    """

    name = "predictors"
    title = "Predictors of nothing"
    formula = "y ~ {} + (1 | g)"
    numeric = ("x1", "x2")
    noise = 1.0

    def settings(self, options: Mapping[str, Any]) -> Iterator[Setting]:
        """Every number of groups with every number of predictors."""
        for groups in options["groups"]:
            for predictors in options["predictors"]:
                yield Setting(f"g{groups}_p{predictors}", groups, predictors)

    def dataset(self, setting: Setting) -> Dataset:
        """The rows with all predictors of a setting."""
        names = _names(setting)
        formula = self.formula.format(" + ".join(names))
        return replace(super().dataset(setting), numeric=names, formula=formula)

    def draw(
        self, setting: Setting, options: Mapping[str, Any], rng: np.random.Generator
    ) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
        """Simulate once (see `Study.draw`); every group has the same number of rows."""
        each = ROWS + TEST_ROWS
        group = np.repeat(np.arange(setting.groups), each)
        x = rng.normal(size=(group.size, int(setting.size)))
        truth = 2 * x[:, 0] + x[:, 1] + rng.normal(size=setting.groups)[group]
        data = pd.DataFrame(x, columns=list(_names(setting)))
        data["y"] = truth + np.sqrt(self.noise) * rng.normal(size=group.size)
        data["g"] = pd.Categorical(group.astype(str))
        return data, truth, np.tile(np.arange(each) >= ROWS, setting.groups)

    def table(self, scores: pd.DataFrame, labels: Mapping[str, str]) -> Table:
        """One row a setting, one column a model: mean squared distance from the truth."""
        note = f"{ROWS} training rows a group, every group of the test rows known."
        heads = ("groups", "predictors")
        return distances(scores, labels, title=self.title, heads=heads, noise=self.noise, note=note)

    def figure(self, scores: pd.DataFrame, labels: Mapping[str, str]) -> Figure:
        """A panel a number of groups: distance from the truth against predictors."""
        return panels(
            scores.rename(columns={"groups": "panel", "size": "x"}),
            labels,
            title=self.title,
            panel=f"{{:g}} groups of {ROWS} rows",
            xlabel="predictors, two of which say something",
        )


def _names(setting: Setting) -> tuple[str, ...]:
    return tuple(f"x{k + 1}" for k in range(int(setting.size)))
