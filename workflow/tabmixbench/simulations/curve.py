"""A learning curve: accuracy against rows per group and number of groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from tabmixbench.simulations.distance import DistanceStudy
from tabmixbench.simulations.study import Setting

#: Test rows of each group: enough that their noise does not matter.
TEST_ROWS = 50


class LearningCurve(DistanceStudy):
    """y = sin(2 t) + w² / 2 + b₀ + b₁ t + e: curved means, group-specific lines.

    t is uniform on (-1, 1) and w normal; b₀ and b₁ are normal with standard deviations 1 and 0.7
    and correlation 0.4, e normal with standard deviation 0.5. The formula's mixed model knows
    the random line and misses both curves; trees and networks must learn the line group by group.
    """

    name = "curve"
    title = "Learning curve: rows a group and number of groups"
    formula = "y ~ t + w + (t | g)"
    numeric = ("t", "w")
    noise = 0.25
    heads = ("groups", "rows a group")
    note = f"{TEST_ROWS} test rows a group, every group known."
    panel = "{:g} groups"
    xlabel = "training rows a group"

    def settings(self, options: Mapping[str, Any]) -> Iterator[Setting]:
        """Every number of groups with every number of training rows a group."""
        for groups in options["groups"]:
            for rows in options["rows"]:
                yield Setting(f"g{groups}_r{rows}", groups, rows)

    def draw(
        self, setting: Setting, options: Mapping[str, Any], rng: np.random.Generator
    ) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
        """Simulate once (see `Study.draw`); every group has the same number of rows."""
        each = int(setting.size) + TEST_ROWS
        group = np.repeat(np.arange(setting.groups), each)
        t, w = rng.uniform(-1, 1, size=group.size), rng.normal(size=group.size)
        b0, z = rng.normal(size=(2, setting.groups))
        b1 = 0.7 * (0.4 * b0 + np.sqrt(1 - 0.4**2) * z)
        truth = np.sin(2 * t) + w**2 / 2 + b0[group] + b1[group] * t
        y = truth + np.sqrt(self.noise) * rng.normal(size=group.size)
        test = np.tile(np.arange(each) >= setting.size, setting.groups)
        data = pd.DataFrame({"y": y, "g": pd.Categorical(group.astype(str)), "t": t, "w": w})
        return data, truth, test
