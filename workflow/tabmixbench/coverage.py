"""How often intervals cover what they should: known groups, new groups, every regression set.

A model's own intervals beside the paper's recipe (section 3.5.2) and conformal calibration, of the
library's default model, of the exact linear mixed model and of the paper's network.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tabmixbench.imputation import filled
from tabmixbench.registry import Dataset
from tabmixbench.splits import codes, group_folds, row_split
from tabmixbench.streams import stream
from tabmixbench.tables.table import Table, Text

LEVELS = (0.5, 0.8, 0.9, 0.95)
SPLITS = 5
"""Splits of each protocol; one where there are more than `MANY_ROWS` rows."""
MODELS: dict[str, dict[str, Any]] = {
    "TabMixNN": {},
    "mixed model": {"inference": "marginal", "hidden_dims": []},
    "network": {"inference": "variational"},
}
"""Options of the estimator: its defaults, the formula's mixed model, and the paper's network."""
METHODS: dict[str, dict[str, Any]] = {
    "default": {},
    "recipe": {"method": "monte_carlo"},
    "conformal": {"calibrate": "conformal"},
}
TITLES = {"default": "own", "recipe": "the paper's recipe", "conformal": "conformal"}
PROTOCOLS = {"rows": "known groups", "groups": "new groups"}
MANY_ROWS = 10_000
"""Beyond these there is neither a network nor conformal calibration, which refits models."""
CALIBRATION_SHARE = 0.25


def coverage(data: pd.DataFrame, dataset: Dataset, seed: int) -> pd.DataFrame:
    """Return the coverage of one dataset's test rows.

    Parameters
    ----------
    data : DataFrame, shape (n, ...)
        The prepared rows.
    dataset
        Its entry in the registry.
    seed
        Of the splits, of the networks and of the rows they are calibrated on.

    Returns
    -------
    DataFrame
        A row for each model, split, method and level: ``dataset``, ``model``, ``protocol``,
        ``split``, ``method``, ``level``, ``coverage``, ``width`` (in training standard
        deviations), ``rows``, and ``reason`` where there is no interval.
    """
    out, splits = [], coverage_splits(data, dataset, seed)
    for model, split in ((m, s) for m in MODELS for s in splits):
        if model == "network" and len(data) > MANY_ROWS:
            continue
        test = splits[split]
        for method, found in _intervals(model, data, test, dataset, seed, split):
            name, _, number = split.partition("_")
            head = (dataset.name, model, name, int(number), method)
            out += [(*head, *row) for row in _measure(found, data[test], data[~test], dataset)]
    names = ["dataset", "model", "protocol", "split", "method"]
    return pd.DataFrame(out, columns=[*names, "level", "coverage", "width", "rows", "reason"])


def coverage_splits(data: pd.DataFrame, dataset: Dataset, seed: int) -> dict[str, np.ndarray]:
    """Return the test rows, (n,) booleans, of ``rows_0``, ..., ``groups_0``, ....

    Drawn apart from the splits that models are compared on, whose first two of each protocol
    intervals were developed on. Each group is new once.
    """
    factors = _factors(data, dataset)
    count = SPLITS if len(data) <= MANY_ROWS else 1
    out = {}
    for k in range(count):
        rng = stream(seed, dataset.rows_of, "coverage rows", k)
        out[f"rows_{k}"] = row_split(np.zeros(len(data)), factors, rng)
    fold = group_folds(factors[0], SPLITS, stream(seed, dataset.rows_of, "coverage groups"))
    return out | {f"groups_{k}": fold == k for k in range(min(count, int(fold.max()) + 1))}


def _factors(data: pd.DataFrame, dataset: Dataset) -> list[np.ndarray]:
    return [codes(data[column]) for column in (*dataset.groups, *dataset.categorical)]


def _intervals(
    model: str, data: pd.DataFrame, test: np.ndarray, dataset: Dataset, seed: int, split: str
) -> Iterator[tuple[str, list[pd.DataFrame | str]]]:
    """Yield each method with its tables of the test rows by level, or why there is none."""
    from tabmixnn import TabMixNNRegressor

    def fitted(rows: pd.DataFrame) -> Any:
        return TabMixNNRegressor(dataset.formula, random_state=seed, **MODELS[model]).fit(rows)

    with warnings.catch_warnings():
        # Singular fits are what some of these sets have.
        warnings.simplefilter("ignore")
        train, held_out = filled(data[~test], data[test], dataset)
        whole = fitted(train)
        for method, options in METHODS.items():
            used = whole
            if method == "conformal":
                if len(data) > MANY_ROWS:
                    continue
                if model == "network":
                    held = _held_out(train, dataset, seed, split)
                    try:
                        used = fitted(train[~held]).calibrate(train[held])
                    except ValueError as error:  # without those rows there are too few groups
                        yield method, [str(error)] * len(LEVELS)
                        continue
            tables: list[pd.DataFrame | str] = []
            for level in LEVELS:
                try:
                    tables.append(used.predict(held_out, interval=level, **options))
                except ValueError as error:
                    tables.append(str(error))
            yield method, tables


def _held_out(train: pd.DataFrame, dataset: Dataset, seed: int, split: str) -> np.ndarray:
    """Return the training rows that a network is calibrated on: of the protocol's kind."""
    rng = stream(seed, dataset.rows_of, "calibration", split)
    factors = _factors(train, dataset)
    if split.startswith("rows"):
        return row_split(np.zeros(len(train)), factors, rng, CALIBRATION_SHARE)
    return group_folds(factors[0], round(1 / CALIBRATION_SHARE), rng) == 0


def _measure(
    tables: Sequence[pd.DataFrame | str], test: pd.DataFrame, train: pd.DataFrame, dataset: Dataset
) -> Iterator[tuple[float, float, float, int, str]]:
    y, unit = test[dataset.target].to_numpy(float), float(train[dataset.target].std())
    for level, table in zip(LEVELS, tables, strict=True):
        if isinstance(table, str):
            yield level, np.nan, np.nan, len(y), table
            continue
        inside = (y >= table["lower"]) & (y <= table["upper"])
        width = float((table["upper"] - table["lower"]).mean()) / unit
        yield level, float(inside.mean()), width, len(y), ""


def coverage_table(found: pd.DataFrame) -> Table:
    """Return coverage averaged over splits, then over sets, and set by set of own intervals.

    Parameters
    ----------
    found : DataFrame
        Of `coverage`, all sets together.
    """
    keys = ["model", "protocol", "method", "level"]
    by_set = found.groupby(["dataset", *keys], sort=False)["coverage"].mean().reset_index()
    means = by_set.groupby(keys, sort=False)["coverage"].agg(["mean", "count", "sem"])
    rows = []
    for model, protocol, method in dict.fromkeys(i[:3] for i in means.index):
        part = means.loc[(model, protocol, method)]
        least, most = int(part["count"].min()), int(part["count"].max())
        sets = str(most) if least == most else f"{least} to {most}"
        rows.append(_row(f"mean of {sets}", model, protocol, method, part["mean"]))
    own = by_set[by_set["method"] == "default"]
    for (dataset, model, protocol), part in own.groupby(["dataset", *keys[:2]], sort=False):
        values = part.set_index("level")["coverage"]
        rows.append(_row(dataset, model, protocol, "default", values))
    worst = means.xs("default", level="method").reset_index()
    worst["off"] = (worst["mean"] - worst["level"]).abs()
    lines = [
        f"{model}, {PROTOCOLS[protocol]}: its own intervals are at most "
        f"{100 * part['off'].max():.1f} points from nominal on average over the sets; the "
        "averages' standard errors are up to "
        f"{100 * part['sem'].max():.1f}."
        for (model, protocol), part in worst.groupby(["model", "protocol"], sort=False)
    ]
    lines.append(
        f"On {SPLITS} splits of each protocol (one of sets of more than {MANY_ROWS:,} rows), drawn "
        "apart from those that models are compared on and that intervals were developed on; each "
        "group is new once. Sets of more than "
        f"{MANY_ROWS:,} rows have neither a network nor conformal intervals. The recipe has the "
        "random effects as the only thing not known, so of a new group it says nothing. TabMixNN "
        "is the library's default, a mixed model that grows; the mixed model is the formula's own; "
        "the network is the paper's."
    )
    none = found[found["reason"] != ""].drop_duplicates(["dataset", "model", "protocol", "method"])
    lines += [
        f"{r.dataset}, {r.model}, {PROTOCOLS[r.protocol]}, {TITLES[r.method]}: {r.reason}"
        for r in none.itertuples()
    ]
    header = [
        "datasets",
        "model",
        "groups",
        "intervals",
        *(f"{100 * level:g}%" for level in LEVELS),
    ]
    return Table("Coverage of intervals", header, rows, found, lines)


def _row(datasets: str, model: str, protocol: str, method: str, values: pd.Series) -> list[Text]:
    heads = (datasets, model, PROTOCOLS[protocol], TITLES[method])
    return [*map(Text, heads), *(_share(values[level]) for level in LEVELS)]


def _share(value: float) -> Text:
    return Text("–" if np.isnan(value) else f"{100 * value:.1f}")
