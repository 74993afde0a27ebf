"""Predictors that say nothing: what a model makes of them, the more there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from tabmixbench.registry import Dataset
from tabmixbench.simulations.distance import DistanceStudy
from tabmixbench.simulations.study import Setting

#: Training and test rows of each group.
ROWS, TEST_ROWS = 10, 20


class Predictors(DistanceStudy):
    """y = 2 x₁ + x₂ + b + e: lines of two predictors among many, and groups.

    All predictors, b and e are standard normal. The formula has all predictors, so that its mixed
    model is the truth; whatever else a model finds is noise.
    """

    name = "predictors"
    title = "Predictors of nothing"
    formula = "y ~ {} + (1 | g)"
    numeric = ("x1", "x2")
    noise = 1.0
    heads = ("groups", "predictors")
    note = f"{ROWS} training rows a group, every group of the test rows known."
    panel = f"{{:g}} groups of {ROWS} rows"
    xlabel = "predictors, two of which say something"

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


def _names(setting: Setting) -> tuple[str, ...]:
    return tuple(f"x{k + 1}" for k in range(int(setting.size)))
