"""How a run of the suite differs from the committed reference run, cell by cell."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

KEYS = ["suite", "dataset", "task", "model", "protocol", "metric"]
SIDES = ("reference", "new")
VERDICTS = (
    *("same", "within noise", "differs"),
    *("only in reference", "only in this run", "no split in common"),
)
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
        The keys of a cell, ``reference``, ``new``, ``difference``, ``noise``, how many splits each
        run has of it (``splits_reference``, ``splits_new``) and ``verdict``. Means and noise are
        over the splits that both runs have a score on; of a cell that one run lacks, over all that
        the other has. Folds that leave whole groups out are the same only where a dataset has as
        many of them in both runs. A difference is within noise when it is at most the standard
        error of the reference's mean.
    """
    values = [
        frame.set_index([*KEYS, "split", _folds(frame)])["value"] for frame in (reference, new)
    ]
    splits = pd.concat([side.groupby(KEYS).size() for side in values], axis=1, keys=SIDES)
    both = pd.concat(values, axis=1, keys=SIDES)
    alone = both.groupby(KEYS).mean().reindex(splits.index)
    paired = both.dropna().groupby(KEYS)
    means = paired.mean().reindex(splits.index).where(splits.notna().all(axis=1), alone)
    table = pd.DataFrame(
        {
            "reference": means["reference"],
            "new": means["new"],
            "difference": means["new"] - means["reference"],
            "noise": paired["reference"].sem().reindex(splits.index),
            "splits_reference": splits["reference"].fillna(0).astype(int),
            "splits_new": splits["new"].fillna(0).astype(int),
        }
    )
    size = table["difference"].abs()
    verdicts = {
        "only in this run": splits["reference"].isna(),
        "only in reference": splits["new"].isna(),
        "same": (size <= SAME * table["reference"].abs()) | alone.isna().all(axis=1),
        "no split in common": size.isna(),
        "within noise": size <= table["noise"],
    }
    table["verdict"] = np.select(list(verdicts.values()), list(verdicts), default="differs")
    return table.reset_index()


def _folds(frame: pd.DataFrame) -> pd.Series:
    """How many folds a row's fold is one of; 0 for random splits, of which more are no others."""
    folds = frame.groupby(["suite", "dataset", "protocol"])["split"].transform("max") + 1
    return folds.where(frame["protocol"] == "groups", 0).rename("folds")


def overview(table: pd.DataFrame, limit: int = 40) -> str:
    """Counts of each verdict and the cells that differ most, as text for a terminal."""
    counts = table["verdict"].value_counts()
    lines = [f"{counts.get(verdict, 0):6d}  {verdict}" for verdict in VERDICTS]
    lines += _other_splits(table, limit)
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


def _other_splits(table: pd.DataFrame, limit: int) -> Iterator[str]:
    """Say where the runs have another number of splits."""
    has_both = (table["splits_reference"] > 0) & (table["splits_new"] > 0)
    is_compared = has_both & (table["verdict"] != "no split in common")
    other = table[is_compared & (table["splits_reference"] != table["splits_new"])]
    if other.empty:
        return
    yield ""
    yield f"another number of splits, compared on those of both ({len(other)} cells):"
    keys = ["suite", "dataset", "model", "protocol", "splits_reference", "splits_new"]
    places = other[keys].drop_duplicates()
    for suite, dataset, model, protocol, before, now in places.head(limit).itertuples(index=False):
        yield f"  {suite}, {dataset}, {model}, {protocol}: {now} here, {before} in the reference"
    if len(places) > limit:
        yield f"  and {len(places) - limit} more, as the columns `splits_*` of every cell say"


def _averages(table: pd.DataFrame) -> Iterator[str]:
    """Yield what a score changed by where it did, relative to the reference, with its t."""
    changed = table[table["verdict"].isin(["within noise", "differs"])]
    for metric in AVERAGED:
        cells = changed[(changed["metric"] == metric) & (changed["reference"] > 0)]
        relative = cells["difference"] / cells["reference"]
        if len(cells) > 1 and relative.std() > 0:
            t = relative.mean() / (relative.std() / np.sqrt(len(cells)))
            yield f"{metric} {relative.mean():+.2%} (t = {t:+.1f}, {len(cells)} cells)"
