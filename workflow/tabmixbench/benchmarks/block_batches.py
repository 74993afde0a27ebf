"""Accuracy of batches of neighbouring rows against fully random ones, paired.

Everything else is the same: the splits, the seeds, the paper's configuration. Batches of fewer
than 2,048 rows are fully random anyway (`tabmixnn.training.batches.BatchPlan`), so larger ones than
the paper's 256 are compared, on sets with two of them or more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from tabmixbench.registry import Dataset
from tabmixbench.runs import iterate_splits
from tabmixbench.statistics import corrected_resampled_t
from tabmixbench.tables.table import Table, Text

KINDS = {"blocks": 1024, "random": 10**9}
"""Blocks in a batch at least; more than it has rows: each row is one."""
SMALL, FEW = 0.01, 2
"""A difference that would count, relative to the error; t from which on it is none of chance."""


@contextmanager
def blocks_in_batch(count: int) -> Iterator[None]:
    """Train with batches of that many blocks."""
    from tabmixnn.training.batches import BatchPlan

    before = BatchPlan.blocks
    BatchPlan.blocks = count
    try:
        yield
    finally:
        BatchPlan.blocks = before


def compared(
    dataset: Dataset, data: pd.DataFrame, splits: pd.DataFrame, options: Mapping[str, Any]
) -> pd.DataFrame:
    """Fit with both kinds of batches on every split by every seed.

    Parameters
    ----------
    dataset : Dataset
        A regression.
    data, splits : DataFrame
        The prepared rows, and the test rows of every split.
    options : mapping
        ``batches`` (rows of one), ``seeds``, ``epochs``, ``max_rows``.

    Returns
    -------
    DataFrame
        Columns dataset, batch, split, seed, and the root mean squared test error with ``blocks``
        and ``random`` batches, in standard deviations of the training target; no rows if the
        training rows are fewer than two batches.
    """
    records = []
    for protocol, split, test in iterate_splits(splits):
        train = _drawn(data[~test], options["max_rows"], split)
        for batch in options["batches"] if protocol == "rows" else ():
            if len(train) < 2 * batch:
                continue
            errors = {
                kind: _errors(dataset, train, data[test], batch, count, options)
                for kind, count in KINDS.items()
            }
            for seed in range(options["seeds"]):
                own = {kind: found[seed] for kind, found in errors.items()}
                key = {"dataset": dataset.name, "batch": batch, "split": split, "seed": seed}
                records.append(key | own)
    return pd.DataFrame(records, columns=["dataset", "batch", "split", "seed", *KINDS])


def _drawn(train: pd.DataFrame, most: int, seed: int) -> pd.DataFrame:
    train = train.sample(most, random_state=seed) if len(train) > most else train
    return train.reset_index(drop=True)


def _errors(
    dataset: Dataset,
    train: pd.DataFrame,
    test: pd.DataFrame,
    batch: int,
    count: int,
    options: Mapping[str, Any],
) -> list[float]:
    from tabmixnn import TabMixNNRegressor, fit_together

    target = train[dataset.target]
    train = train.assign(**{dataset.target: (target - target.mean()) / target.std()})
    truth = ((test[dataset.target] - target.mean()) / target.std()).to_numpy()
    models = [
        TabMixNNRegressor(
            dataset.formula,
            inference="variational",
            batch_size=batch,
            epochs=options["epochs"],
            patience=None,
            random_state=seed,
        )
        for seed in range(options["seeds"])
    ]
    with blocks_in_batch(count):
        fit_together(models, [train] * len(models))
    return [float(np.sqrt(np.mean((model.predict(test) - truth) ** 2))) for model in models]


def block_table(found: pd.DataFrame, absent: Sequence[str]) -> Table:
    """One row a set and size of the batch: both errors, and their paired difference.

    Parameters
    ----------
    found : DataFrame
        Of `compared`, of all sets.
    absent : sequence of str
        Sets with too few rows.
    """
    texts, records = [], []
    for (name, batch), rows in found.groupby(["dataset", "batch"], sort=False):
        relative = (rows["blocks"] / rows["random"] - 1).groupby(rows["split"]).mean()
        test = corrected_resampled_t(relative.to_numpy(), 1 / 4)
        means = {kind: float(rows[kind].mean()) for kind in KINDS}
        records.append(
            {"dataset": name, "batch": batch, **means, "difference": test.mean}
            | {"se": test.standard_error, "t": test.t, "pairs": len(rows)}
        )
        worse = test.mean > SMALL and test.t > FEW
        texts.append(
            [
                Text(name),
                Text(str(batch)),
                *(Text(f"{mean:.4f}") for mean in means.values()),
                Text(f"{100 * test.mean:+.2f}% ± {100 * test.standard_error:.2f}", worse),
                Text(f"{test.t:+.1f}"),
                Text(str(len(rows))),
            ]
        )
    data = pd.DataFrame(records)
    notes = [
        "Root mean squared test error in standard deviations of the training target, after the "
        "same epochs of the paper's configuration with larger batches; difference of each pair, "
        "relative to the random one, mean over seeds and splits ± its standard error, corrected "
        "for splits that share rows. In bold: more than 1% worse, with t above 2."
    ]
    if len(data):
        error = data["difference"].std() / np.sqrt(len(data))
        of_chance = f" (t = {data['difference'].mean() / error:+.1f})" if len(data) > 1 else ""
        lost = int(((data["difference"] > SMALL) & (data["t"] > FEW)).sum())
        notes.append(
            f"Over the {len(data)} comparisons blocks change the error by "
            f"{100 * data['difference'].mean():+.2f}% on average{of_chance}; they are worse in "
            f"{lost}."
        )
    if absent:
        notes.append(f"Too few rows for two batches, so that nothing differs: {', '.join(absent)}.")
    header = ["dataset", "rows a batch", *KINDS, "difference", "t", "pairs"]
    return Table("Batches of blocks against random batches", header, texts, data, notes)
