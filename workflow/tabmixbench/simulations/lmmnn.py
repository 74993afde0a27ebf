"""The random-intercept simulation of LMMNN: a non-linear mean and a factor of many levels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tabmixbench.simulations.shown import absences, panels, repeated
from tabmixbench.simulations.study import Setting, Study
from tabmixbench.tables.table import Table, Text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FEATURES = tuple(f"x{j}" for j in range(1, 11))


class RandomIntercepts(Study):
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

    def table(self, scores: pd.DataFrame, labels: Mapping[str, str]) -> Table:
        """One row a setting, one column a model: test MSE above 1, the least possible."""
        models = [name for name in labels if name in set(scores["model"])]
        means = scores.groupby(["groups", "size", "model"])[["mse", "excess"]].mean()
        rows, records = [], []
        for groups, variance in dict.fromkeys(zip(scores["groups"], scores["size"], strict=True)):
            found = {
                m: means.loc[(groups, variance, m), "mse"] - self.noise
                for m in models
                if (groups, variance, m) in means.index
            }
            least = np.nanmin([*found.values(), np.inf])
            row = [Text(str(groups)), Text(f"{variance:g}")]
            for model in models:
                value = found.get(model, np.nan)
                shown = "–" if np.isnan(value) else f"{value:.3f}"
                row.append(Text(shown, round(value, 3) == round(least, 3)))
                if not np.isnan(value):
                    excess = means.loc[(groups, variance, model), "excess"]
                    records.append((groups, variance, model, value + self.noise, value, excess))
            rows.append(row)
        columns = ["groups", "variance", "model", "mse", "above_least", "excess"]
        return Table(
            f"Simulation. {self.title}: test MSE above 1",
            ["levels", "σ²_b", *(labels[m] for m in models)],
            rows,
            pd.DataFrame(records, columns=columns),
            [
                "No model can have a test MSE below 1, the residual variance, apart from chance "
                "in the test rows; what stands here is the distance to it. The best is in bold.",
                "The figure has the distance of predictions from the truth, without that chance.",
                repeated(scores),
                *absences(scores, labels),
            ],
        )

    def figure(self, scores: pd.DataFrame, labels: Mapping[str, str]) -> Figure:
        """A panel a variance: distance of the predictions from the truth against levels."""
        return panels(
            scores.rename(columns={"size": "panel", "groups": "x"}),
            labels,
            title=self.title,
            panel="between-group variance {:g}",
            xlabel="levels of the factor",
        )
