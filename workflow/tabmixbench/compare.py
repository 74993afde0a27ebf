"""How a run of the suite differs from the committed reference run, cell by cell."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from tabmixbench.collect import summary

KEYS = ["suite", "dataset", "task", "model", "protocol", "metric"]
VERDICTS = ("same", "within noise", "differs", "only in reference", "only in this run")
#: Scores that agree to this relative error are the same: float arithmetic differs by machine.
SAME = 1e-9
#: Scores whose average change says whether a run is better or worse than the other.
AVERAGED = ("RMSE", "CRPS", "AUROC", "logloss")


def compare(new: pd.DataFrame, reference: pd.DataFrame) -> pd.DataFrame:
    """Put the means of two runs side by side with a verdict for each cell.

    Parameters
    ----------
    new, reference : DataFrame
        Two files of scores (``metrics.csv``).

    Returns
    -------
    DataFrame
        The keys of a cell, ``reference``, ``new``, ``difference``, ``noise`` and ``verdict``.
        A difference is within noise when it is at most the standard error of the reference's
        mean over its splits.
    """
    sides = [summary(frame).set_index(KEYS)[["mean", "sd", "splits"]] for frame in (reference, new)]
    cells = sides[0].add_suffix("_reference").join(sides[1].add_suffix("_new"), how="outer")
    table = pd.DataFrame(
        {
            "reference": cells["mean_reference"],
            "new": cells["mean_new"],
            "difference": cells["mean_new"] - cells["mean_reference"],
            "noise": cells["sd_reference"] / np.sqrt(cells["splits_reference"]),
        }
    )
    size = table["difference"].abs()
    conditions = [
        cells["splits_reference"].isna(),
        cells["splits_new"].isna(),
        (size <= SAME * table["reference"].abs())
        | (table["reference"].isna() & table["new"].isna()),
        size <= table["noise"],
    ]
    verdicts = [VERDICTS[4], VERDICTS[3], VERDICTS[0], VERDICTS[1]]
    table["verdict"] = np.select(conditions, verdicts, default=VERDICTS[2])
    return table.reset_index()


def overview(table: pd.DataFrame, limit: int = 40) -> str:
    """Counts of each verdict and the cells that differ most, as text for a terminal."""
    counts = table["verdict"].value_counts()
    lines = [f"{counts.get(verdict, 0):6d}  {verdict}" for verdict in VERDICTS]
    differs = table[table["verdict"] == "differs"]
    if len(differs):
        ratio = (differs["difference"].abs() / differs["noise"]).sort_values(ascending=False)
        worst = differs.loc[ratio.index[:limit]]
        shown = worst.drop(columns=["task", "verdict"]).to_string(index=False, float_format="%.4g")
        lines += ["", f"the {len(worst)} of {len(differs)} that differ most:", shown]
    averages = list(_averages(table))
    if averages:
        lines += ["", f"where scores changed, on average over cells: {'; '.join(averages)}"]
    return "\n".join(lines)


def _averages(table: pd.DataFrame) -> Iterator[str]:
    """Yield what a score changed by where it did, relative to the reference, with its t."""
    changed = table[table["verdict"].isin(["within noise", "differs"])]
    for metric in AVERAGED:
        cells = changed[(changed["metric"] == metric) & (changed["reference"] > 0)]
        relative = cells["difference"] / cells["reference"]
        if len(cells) > 1 and relative.std() > 0:
            t = relative.mean() / (relative.std() / np.sqrt(len(cells)))
            yield f"{metric} {relative.mean():+.2%} (t = {t:+.1f}, {len(cells)} cells)"
