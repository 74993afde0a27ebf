"""From the fetched table to the rows that every model sees.

In this order: the entry's recipe, the target, missing values, types, random labels for the ids,
random order of the rows. Some sources are sorted by their outcome (batches by their mean,
chickens by their growth); a model that reads ids or row numbers as numbers would profit from
that order, so neither survives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from tabmixbench.imputation import MEDIAN, with_missing_levels
from tabmixbench.recipes import RECIPES
from tabmixbench.registry import Dataset
from tabmixbench.streams import stream


class DataError(ValueError):
    """A dataset is not what its entry says."""


def prepare(raw_path: str | Path, dataset: Dataset, seed: int) -> pd.DataFrame:
    """Make the rows that every model sees.

    Parameters
    ----------
    raw_path
        The Parquet file that :func:`tabmixbench.sources.fetch` wrote.
    dataset
        The entry of the registry.
    seed
        Decides the labels of ids and the order of rows, and nothing else.

    Returns
    -------
    DataFrame of shape (n, 1 + groups + features)
        The target first: float64 for a regression, int8 0/1 for a binary task. Grouping factors
        and categorical features are categories of strings, numeric features float64. No value
        is infinite, and none is missing but of numbers that each split fills by the median of its
        training rows (`imputation.filled`).

    Raises
    ------
    DataError
        With one sentence that names the dataset and the column.
    """
    frame = RECIPES[dataset.recipe](pd.read_parquet(raw_path))
    _check_columns(frame, dataset)
    frame = _keep_measured(frame, dataset)
    prepared = pd.DataFrame({dataset.target: _target(frame[dataset.target], dataset)})
    for column in dataset.groups:
        prepared[column] = _grouping_factor(frame[column], dataset, seed)
    for column in dataset.features:
        values = _imputed(frame[column], dataset)
        as_type = _numeric if column in dataset.numeric else _categorical
        prepared[column] = as_type(values, dataset)
    order = stream(seed, dataset.rows_of, "row order").permutation(len(prepared))
    return prepared.iloc[order].reset_index(drop=True)


def _check_columns(frame: pd.DataFrame, dataset: Dataset) -> None:
    used = dataset.columns
    for column in (*used, *dataset.dropped):
        if column not in frame.columns:
            _fail(
                dataset,
                column,
                f"is not in {dataset.source}; its columns are {_list(frame.columns)}",
            )
    for column in frame.columns:
        if column not in used and column not in dataset.dropped:
            _fail(dataset, column, "has no role; make it a feature or list it under `dropped`")


def _keep_measured(frame: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    missing = frame[dataset.target].isna()
    if missing.any() and dataset.missing_target is None:
        _fail(
            dataset,
            dataset.target,
            f"is the target and has {missing.sum()} missing values; say under `missing_target` "
            "why those rows may be left out",
        )
    return frame.loc[~missing].reset_index(drop=True)


def _target(values: pd.Series, dataset: Dataset) -> pd.Series:
    if values.nunique() < 2:
        _fail(dataset, dataset.target, "is the target and is constant; there is nothing to predict")
    return TARGETS[dataset.task](values, dataset)


def _binary(values: pd.Series, dataset: Dataset) -> pd.Series:
    """Code the positive level 1; a recipe that made the target has coded it already."""
    levels = sorted(values.unique().tolist(), key=str)
    if len(levels) != 2:
        _fail(
            dataset,
            dataset.target,
            f"must have two levels for a binary task and has {len(levels)}: {_list(levels[:6])}",
        )
    if dataset.positive is None:
        if levels != [0, 1]:
            _fail(
                dataset,
                dataset.target,
                f"must have two levels coded 0 and 1, or `positive` must say which of "
                f"{_list(levels)} is 1",
            )
        return values.astype("int8")
    if dataset.positive not in levels:
        _fail(
            dataset,
            dataset.target,
            f"has the levels {_list(levels)}, and `positive` is {dataset.positive!r}",
        )
    return (values == dataset.positive).astype("int8")


def _numeric(values: pd.Series, dataset: Dataset) -> pd.Series:
    if not pd.api.types.is_numeric_dtype(values):
        _fail(dataset, str(values.name), "holds text; list it under `categorical`")
    numbers = values.astype("float64")
    if np.isinf(numbers).any():
        _fail(dataset, str(values.name), f"has {int(np.isinf(numbers).sum())} infinite values")
    return numbers


def _categorical(values: pd.Series, dataset: Dataset) -> pd.Series:
    # Levels that are numbers are sorted as numbers, as R's factor() does: 2 before 10.
    found = values.unique().tolist()
    levels = [str(level) for level in sorted(found, key=lambda each: (isinstance(each, str), each))]
    return pd.Series(pd.Categorical(values.astype(str), categories=levels), index=values.index)


TARGETS: dict[str, Callable[[pd.Series, Dataset], pd.Series]] = {
    "regression": _numeric,
    "binary": _binary,
}


def _grouping_factor(values: pd.Series, dataset: Dataset, seed: int) -> pd.Series:
    """Relabel a factor at random; one whose levels are words keeps them, in random order."""
    name = str(values.name)
    if values.isna().any():
        _fail(dataset, name, f"is a grouping factor and has {values.isna().sum()} missing values")
    levels = sorted(values.unique().tolist())
    if len(levels) < 2:
        _fail(dataset, name, "has a single level, so it groups nothing; drop it")
    if len(levels) == len(values):
        _fail(dataset, name, "has a level of its own in every row, so it groups nothing; drop it")
    order = stream(seed, dataset.rows_of, "labels", name).permutation(len(levels))
    if name in dataset.named_levels:
        shuffled = [str(levels[position]) for position in order]
        return pd.Series(pd.Categorical(values.astype(str), categories=shuffled))
    width = len(str(len(levels)))
    labels = [f"{name}_{rank + 1:0{width}d}" for rank in order]
    relabelled = values.map(dict(zip(levels, labels, strict=True)))
    return pd.Series(pd.Categorical(relabelled, categories=sorted(labels)))


def _imputed(values: pd.Series, dataset: Dataset) -> pd.Series:
    """Fill missing categories; missing numbers are filled in every split (`imputation.filled`)."""
    name = str(values.name)
    missing = int(values.isna().sum())
    if name not in dataset.impute:
        if missing:
            _fail(dataset, name, f"has {missing} missing values; give it a rule under `impute`")
        return values
    if not missing:
        _fail(dataset, name, "has a rule under `impute` and nothing missing; remove the rule")
    return values if dataset.impute[name].rule == MEDIAN else with_missing_levels(values)


def _fail(dataset: Dataset, column: str, what: str) -> None:
    raise DataError(f"dataset {dataset.name!r}: column {column!r} {what}.")


def _list(names: Iterable[object]) -> str:
    return ", ".join(map(str, names))
