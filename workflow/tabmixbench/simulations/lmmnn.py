"""The random-intercept simulation of LMMNN: a non-linear mean and a factor of many levels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tabmixbench.simulations.distance import DistanceStudy
from tabmixbench.simulations.shown import panels
from tabmixbench.simulations.study import Setting

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FEATURES = tuple(f"x{j}" for j in range(1, 11))


class RandomIntercepts(DistanceStudy):
    """y = s cos s + 2 x₁ x₂ + b_g + e with s = 1 + Σ x, ten features uniform on (-1, 1).

    One factor of q levels that rows fall into at random, b normal with variance σ²_b, e with
    variance 1; a fifth of the rows are test rows.

    References
    ----------
    Simchoni and Rosset (2021), Using random effects to account for high-cardinality categorical
    features and repeated measures in deep neural networks, NeurIPS; (2023), Integrating random
    effects in deep neural networks, Journal of Machine Learning Research 24.
    """

    name = "lmmnn"
    title = "Random intercepts of many levels (the simulation of LMMNN)"
    formula = f"y ~ {' + '.join(FEATURES)} + (1 | g)"
    numeric = FEATURES
    noise = 1.0
    heads = ("levels", "σ²_b")
    note = "it is how far the expected test MSE is above 1, the least there can be."
    panel = "between-group variance {:g}"
    xlabel = "levels of the factor"

    def settings(self, options: Mapping[str, Any]) -> Iterator[Setting]:
        """Every number of levels with every variance."""
        for groups in options["groups"]:
            for variance in options["variances"]:
                yield Setting(f"q{groups}_v{variance:g}", groups, float(variance))

    def draw(
        self, setting: Setting, options: Mapping[str, Any], rng: np.random.Generator
    ) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
        """Simulate once (see `Study.draw`)."""
        n = options["rows"]
        x = rng.uniform(-1, 1, size=(n, 10))
        group = rng.integers(setting.groups, size=n)
        effect = np.sqrt(setting.size) * rng.normal(size=setting.groups)
        s = 1 + x.sum(axis=1)
        truth = s * np.cos(s) + 2 * x[:, 0] * x[:, 1] + effect[group]
        y = truth + rng.normal(size=n)
        test = np.zeros(n, dtype=bool)
        test[rng.permutation(n)[: n // 5]] = True
        data = pd.DataFrame(x, columns=list(FEATURES))
        return data.assign(y=y, g=pd.Categorical(group.astype(str))), truth, test

    def figure(self, scores: pd.DataFrame, labels: Mapping[str, str]) -> Figure:
        """A panel a variance: distance of the predictions from the truth against levels."""
        renamed = scores.rename(columns={"size": "panel", "groups": "x"})
        return panels(renamed, labels, title=self.title, panel=self.panel, xlabel=self.xlabel)
