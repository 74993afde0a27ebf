"""Published scores: of the committed reference run, for models that nothing here has fitted."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from tabmixbench.adapters import ModelSpec
from tabmixbench.leaderboard.roles import FLOOR

#: Where the scores lie that were published.
FOLDER = "results/reference/leaderboard"
#: What the model that decides nothing must score here as it did there.
SPLIT = ["suite", "dataset", "protocol", "split", "metric"]
BOARD = ["suite", "dataset", "protocol"]
RUN = [*BOARD, "model"]
#: Columns of the file of digests.
ENTRIES = ["dataset", "entry"]
#: Relative error up to which two of its scores are the same.
SAME = 1e-6


class OtherSplitsError(ValueError):
    """Scores of other rows, or of other splits, cannot be ranked together."""


class OtherEntryError(ValueError):
    """Scores of models that were given another formula, or other columns, cannot be either."""


def fill(
    metrics: pd.DataFrame,
    reasons: pd.DataFrame,
    published: pd.DataFrame,
    published_reasons: pd.DataFrame,
    entries: Mapping[str, str] | None = None,
    published_entries: Mapping[str, str] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Add the published scores of every model that has not run on a dataset and protocol here.

    The constant predictor knows only the training rows' mean and is scored on the test rows: where
    it scores the same here as there, so are the rows, the target and every split. Datasets and
    protocols on which it did not run here are not added.

    Parameters
    ----------
    metrics, reasons : DataFrame
        Of this run (`collect.long_metrics`, `collect.reasons`).
    published, published_reasons : DataFrame
        The same of the reference run.
    entries, published_entries : mapping of str to str, optional
        Digest of each dataset's entry (`Digests.entry`), of this run and of the reference run;
        what is not known of the latter is not checked.

    Returns
    -------
    metrics, reasons : DataFrame
        Of both, this run's first; a column ``published`` says which. What a reader has to know of
        published scores stays with them in a column ``remark``, where there is one.

    Raises
    ------
    OtherSplitsError
        Where the constant predictor scores otherwise.
    OtherEntryError
        Where scores would be added to a dataset whose entry has changed since.
    """
    here, there = (_floor(frame) for frame in (metrics, published))
    boards = here.index.droplevel(["split", "metric"]).unique()
    there = there[_in(there.reset_index()[BOARD], boards)]
    for board in there.index.droplevel(["split", "metric"]).unique():
        mine, theirs = here.loc[board], there.loc[board]
        if not (
            mine.index.equals(theirs.index) and np.allclose(mine, theirs, SAME, equal_nan=True)
        ):
            _, dataset, protocol = board
            raise OtherSplitsError(
                f"the published scores of {dataset} ({protocol}) are of other rows or splits than "
                "these: set seed and splits as config/config.yaml has them, or published to false"
            )
    ran = pd.MultiIndex.from_frame(pd.concat([metrics[RUN], reasons[RUN]]))
    both = (
        _joined(metrics, published, boards, ran),
        _joined(reasons, published_reasons, boards, ran),
    )
    for frame in both:
        _check_entries(frame, entries or {}, published_entries or {})
    return both


def known(
    metrics: pd.DataFrame, entries: Mapping[str, str], published_entries: Mapping[str, str]
) -> pd.DataFrame:
    """The digests of `fill` that hold for all scores of a dataset: columns dataset and entry."""
    filled = metrics.loc[metrics["published"], "dataset"] if "published" in metrics else ()
    unknown = set(filled) - set(published_entries)
    rows = [(name, digest) for name, digest in entries.items() if name not in unknown]
    return pd.DataFrame(rows, columns=ENTRIES)


def note(metrics: pd.DataFrame, models: Mapping[str, ModelSpec]) -> list[str]:
    """Which models have published scores, and what a reader has to know of those; else nothing."""
    if "published" not in metrics:
        return []
    metrics = metrics[metrics["model"].isin(models)]
    those = set(metrics.loc[metrics["published"].fillna(False).astype(bool), "model"])
    if not those:
        return []
    said = [
        "Not of this run but of the committed reference run, on the same splits: the scores of "
        f"{_labels(those, models)}, wherever they have not run here. Their seconds are of that run."
    ]
    remarks = metrics.groupby("remark")["model"].unique() if "remark" in metrics else {}
    return said + [f"{_labels(names, models)}: {remark}" for remark, names in remarks.items()]


def _labels(names: Collection[str], models: Mapping[str, ModelSpec]) -> str:
    return ", ".join(spec.label for name, spec in models.items() if name in names)


def _floor(metrics: pd.DataFrame) -> pd.Series:
    mine = metrics[metrics["model"] == FLOOR]
    return mine.set_index(SPLIT)["value"].sort_index()


def _joined(
    own: pd.DataFrame, other: pd.DataFrame, boards: pd.MultiIndex, ran: pd.MultiIndex
) -> pd.DataFrame:
    missing = other[_in(other[BOARD], boards) & ~_in(other[RUN], ran)]
    parts = [own.assign(published=False), missing.assign(published=True)]
    return pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)


def _check_entries(
    frame: pd.DataFrame, entries: Mapping[str, str], published_entries: Mapping[str, str]
) -> None:
    used = frame.loc[frame["published"], "dataset"].unique()
    checked = [name for name in used if name in published_entries]
    if changed := [name for name in checked if published_entries[name] != entries[name]]:
        raise OtherEntryError(
            f"the published scores of {', '.join(changed)} are of another entry in "
            "config/datasets.yaml, whose formula or columns have changed since: put the entry "
            "back, or set published to false and fit the other models, too"
        )


def _in(frame: pd.DataFrame, keys: pd.MultiIndex) -> np.ndarray:
    return pd.MultiIndex.from_frame(frame).isin(keys)
