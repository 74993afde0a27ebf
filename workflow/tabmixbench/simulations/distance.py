"""Studies that ask how far predictions are from the true mean, setting by setting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from tabmixbench.simulations.shown import absences, counts, gap, panels, repeated
from tabmixbench.simulations.study import Study
from tabmixbench.tables.table import Table, Text

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class DistanceStudy(Study):
    """A study of several numbers of groups, and of another quantity within them.

    Attributes
    ----------
    heads : tuple of str
        What a setting's ``groups`` and ``size`` are called.
    note : str
        What is to be known of the test rows.
    panel, xlabel : str
        Titles of the figure's panels, one a number of groups, and of the axis of sizes.
    """

    heads: ClassVar[tuple[str, str]]
    note: ClassVar[str]
    panel: ClassVar[str]
    xlabel: ClassVar[str]

    def table(self, scores: pd.DataFrame, labels: Mapping[str, str]) -> Table:
        """One row a setting, one column a model: mean squared distance from the truth."""
        models = [name for name in labels if name in set(scores["model"])]
        number = counts(scores, ["groups", "size"])
        whole = scores["excess"].where(number["ran"] == number["repeats"])
        grouped = whole.groupby([scores["groups"], scores["size"], scores["model"]])
        means, spreads = grouped.mean(), grouped.std()
        gaps = number.groupby([scores["groups"], scores["size"], scores["model"]]).first()
        rows, records = [], []
        for groups, size in dict.fromkeys(zip(scores["groups"], scores["size"], strict=True)):
            found = {m: means.get((groups, size, m), np.nan) for m in models}
            least = np.nanmin([*found.values(), np.inf])
            row = [Text(str(groups)), Text(f"{size:g}")]
            for model, value in found.items():
                sd = spreads.get((groups, size, model), np.nan)
                shown = f"{value:.3f}" + ("" if np.isnan(sd) else f" ± {sd:.3f}")
                best = round(value, 3) == round(least, 3)
                if np.isnan(value):
                    key = groups, size, model
                    shown = gap(*gaps.loc[key]) if key in gaps.index else gap(0, 0)
                row.append(Text(shown, best))
                records.append((groups, size, model, value, sd))
            rows.append(row)
        return Table(
            f"Simulation. {self.title}: mean squared distance from the truth",
            [*self.heads, *(labels[m] for m in models)],
            rows,
            pd.DataFrame(records, columns=["groups", "size", "model", "excess", "sd"]),
            [
                "Mean ± standard deviation over repeats of the mean squared distance of "
                "predictions from the true mean, where the residual variance is "
                f"{self.noise}; {self.note} The best is in bold.",
                repeated(scores),
                *absences(scores, labels),
            ],
        )

    def figure(self, scores: pd.DataFrame, labels: Mapping[str, str]) -> Figure:
        """A panel a number of groups: distance from the truth against size."""
        renamed = scores.rename(columns={"groups": "panel", "size": "x"})
        return panels(renamed, labels, title=self.title, panel=self.panel, xlabel=self.xlabel)
