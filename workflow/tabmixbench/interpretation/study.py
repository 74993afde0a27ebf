"""What a model says of each subject's sensitivity to sleep deprivation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tabmixbench.interpretation.models import COLUMN, EXACT, GROUP, MODELS, Entry

if TYPE_CHECKING:
    from tabmixnn.interpret.shapley import Explanation


@dataclass(frozen=True)
class Study:
    """A model explained on the sleep study.

    Attributes
    ----------
    label : str
        What the model is.
    is_linear : bool
        Whether it is the linear mixed model itself.
    explanation : Explanation
        Of all rows; players are Days, and the subjects' intercepts and slopes of Days.
    slopes : DataFrame
        A row a subject, the steepest first: ``slope`` and ``r_squared`` of the line through what
        Days adds, in the fixed part and through the subject's slope; ``exact``, the linear mixed
        model's fixed plus random slope; ``predicted``, the slope of the model's own predictions.
    slope_sd : float
        The linear mixed model's estimate of the standard deviation of the random slopes.
    """

    label: str
    is_linear: bool
    explanation: Explanation
    slopes: pd.DataFrame
    slope_sd: float

    @property
    def contributions(self) -> pd.DataFrame:
        """What each player adds to the prediction of every row; ``group`` and ``x`` name it."""
        found = self.explanation
        rows = {"group": found.levels[GROUP], "x": found.columns[COLUMN].to_numpy()}
        return pd.DataFrame(rows).join(found.frame().reset_index(drop=True))

    def spread(self, count: int) -> list[str]:
        """Return `count` subjects at evenly spaced ranks of the slope, both ends included."""
        ranks = np.linspace(0, len(self.slopes) - 1, count).round().astype(int)
        return list(self.slopes.index[ranks])


def study(name: str, data: pd.DataFrame, seed: int) -> Study:
    """Fit a model of `MODELS` and explain it.

    Parameters
    ----------
    name : str
    data : DataFrame
        The sleep study as it is shipped: the subjects' own numbers, the rows in order.
    seed : int
    """
    data = data.astype({GROUP: str})
    entry = MODELS[name]
    model = entry.fit(data, seed)
    explanation = model.explain(data, random_effects="terms", background="interventional")
    linear = model if entry.options == EXACT else Entry("", EXACT).fit(data, seed)
    slopes = explanation.slopes(COLUMN, GROUP)[["slope", "r_squared"]]
    slopes["exact"] = linear.coef_by_group()[GROUP][COLUMN]
    slopes["predicted"] = _slopes(data, model.predict(data))
    slopes = slopes.sort_values("slope", ascending=False)
    components = linear.var_corr()
    is_slope = (components["term1"] == COLUMN) & components["term2"].isna()
    slope_sd = float(components.loc[is_slope, "sdcor"].iloc[0])
    return Study(entry.label, entry.options == EXACT, explanation, slopes, slope_sd)


def _slopes(data: pd.DataFrame, values: np.ndarray) -> pd.Series:
    """Return the least-squares slope of some values against the days, by subject."""
    table = pd.DataFrame({"x": data[COLUMN], "y": values, "level": data[GROUP]})
    return table.groupby("level").apply(lambda rows: np.polyfit(rows["x"], rows["y"], 1)[0])
