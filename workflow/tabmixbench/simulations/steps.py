"""Steps in several predictors at once: a truth that is a tree, where trees are at home."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from tabmixbench.simulations.distance import DistanceStudy
from tabmixbench.simulations.study import Setting

#: Training and test rows of each group, and how far from the middle a split can be.
ROWS, TEST_ROWS, FARTHEST = 20, 20, 0.5


class Steps(DistanceStudy):
    """y = 2 f(x) + b + e: f a regression tree with all leaves at one depth.

    Predictors are uniform on (−1, 1); each node splits by one of them at random, at a place uniform
    on (−0.5, 0.5); leaves, b and e are standard normal. A tree of depth one is a step in one
    predictor, one of depth d steps in d of them at once.
    """

    name = "steps"
    title = "Steps in several predictors at once"
    formula = "y ~ x1 + x2 + x3 + x4 + (1 | g)"
    numeric = ("x1", "x2", "x3", "x4")
    noise = 1.0
    heads = ("groups", "depth")
    note = f"{ROWS} training rows a group, every group of the test rows known."
    panel = f"{{:g}} groups of {ROWS} rows"
    xlabel = "depth of the tree that is the truth"

    def settings(self, options: Mapping[str, Any]) -> Iterator[Setting]:
        """Every number of groups with every depth."""
        for groups in options["groups"]:
            for depth in options["depths"]:
                yield Setting(f"g{groups}_d{depth}", groups, depth)

    def draw(
        self, setting: Setting, options: Mapping[str, Any], rng: np.random.Generator
    ) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
        """Simulate once (see `Study.draw`); every group has the same number of rows."""
        each = ROWS + TEST_ROWS
        group = np.repeat(np.arange(setting.groups), each)
        x = rng.uniform(-1.0, 1.0, size=(group.size, len(self.numeric)))
        truth = 2.0 * _tree(x, int(setting.size), rng) + rng.normal(size=setting.groups)[group]
        data = pd.DataFrame(x, columns=list(self.numeric))
        data["y"] = truth + np.sqrt(self.noise) * rng.normal(size=group.size)
        data["g"] = pd.Categorical(group.astype(str))
        return data, truth, np.tile(np.arange(each) >= ROWS, setting.groups)


def _tree(x: np.ndarray, depth: int, rng: np.random.Generator) -> np.ndarray:
    """Return what a random tree says of rows, (n, p): shape (n,)."""
    node = np.zeros(len(x), dtype=np.int64)
    for level in range(depth):
        predictor = rng.integers(x.shape[1], size=2**level)
        place = rng.uniform(-FARTHEST, FARTHEST, size=2**level)
        is_right = x[np.arange(len(x)), predictor[node]] > place[node]
        node = 2 * node + is_right
    return rng.normal(size=2**depth)[node]
