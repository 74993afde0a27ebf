"""Groups that differ in an interaction: who finds what the formula does not name?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from tabmixbench.simulations.distance import DistanceStudy
from tabmixbench.simulations.study import Setting

#: Training and test rows of each group.
ROWS, TEST_ROWS = 20, 20


class Interactions(DistanceStudy):
    """y = x₁ + x₂ / 2 + b + c x₁x₂ + e: groups with an effect c of the product of two predictors.

    Predictors, b and e are standard normal, c is normal with mean zero. The formula has the lines
    and b; with a deviation of zero its mixed model is the truth, and whatever else is found noise.
    """

    name = "interactions"
    title = "Groups that differ in an interaction"
    formula = "y ~ x1 + x2 + x3 + (1 | g)"
    numeric = ("x1", "x2", "x3")
    noise = 1.0
    heads = ("groups", "deviation")
    note = f"{ROWS} training rows a group, every group of the test rows known."
    panel = f"{{:g}} groups of {ROWS} rows"
    xlabel = "standard deviation of the groups' interactions"

    def settings(self, options: Mapping[str, Any]) -> Iterator[Setting]:
        """Every number of groups with every deviation."""
        for groups in options["groups"]:
            for deviation in options["deviations"]:
                yield Setting(f"g{groups}_d{deviation:g}", groups, deviation)

    def draw(
        self, setting: Setting, options: Mapping[str, Any], rng: np.random.Generator
    ) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
        """Simulate once (see `Study.draw`); every group has the same number of rows."""
        each = ROWS + TEST_ROWS
        group = np.repeat(np.arange(setting.groups), each)
        x = rng.normal(size=(group.size, len(self.numeric)))
        shift, slope = rng.normal(size=(2, setting.groups))[:, group]
        truth = x[:, 0] + x[:, 1] / 2 + shift + setting.size * slope * x[:, 0] * x[:, 1]
        data = pd.DataFrame(x, columns=list(self.numeric))
        data["y"] = truth + np.sqrt(self.noise) * rng.normal(size=group.size)
        data["g"] = pd.Categorical(group.astype(str))
        return data, truth, np.tile(np.arange(each) >= ROWS, setting.groups)
