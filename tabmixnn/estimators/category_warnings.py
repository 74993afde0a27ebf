"""Warnings of categories that may not be meant as such, and of those not seen in training."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from tabmixnn.caller import warn_caller
from tabmixnn.formula.unseen import Unseen

MANY_LEVELS = 20
"""Categories up to which those of a predictor may be numbers without a word."""
FEW_ROWS = 5
"""Rows a category, on average, from which on many categories may be a predictor without a word."""
HANDFUL = 5
"""Different numbers in a column of text from which on it may be meant as a quantity."""
MOSTLY = 0.9
"""Share of a text's values from which on the others may be slips among numbers."""


def warn_numbers_as_text(data: pd.DataFrame, levels: Mapping[str, Sequence[str]]) -> None:
    """Warn of columns of text that are numbers, all or nearly: files are often read so by mistake.

    Parameters
    ----------
    data : DataFrame
    levels : mapping of str to sequence of str
        The categories of predictors; columns that are a pandas Categorical are meant to have them,
        and columns of numbers are groups besides.
    """
    for name, found in levels.items():
        is_text = not isinstance(data[name].dtype, pd.CategoricalDtype)
        is_text = is_text and not pd.api.types.is_numeric_dtype(data[name])
        if not is_text:
            continue
        numbers = [each for each in found if _is_number(each)]
        if len(found) > MANY_LEVELS and len(numbers) == len(found):
            warn_caller(
                f"Column {name!r} is text, and each of its {len(found)} categories has an effect "
                f"of its own, though all of them are numbers, such as {found[0]!r}; if it is one "
                f"quantity, convert it with pandas.to_numeric, else make it a Categorical.",
            )
        elif HANDFUL < len(numbers) < len(found):
            _warn_of_slips(data[name].dropna(), name, len(found))


def _warn_of_slips(values: pd.Series, name: str, n_levels: int) -> None:
    """Warn of a text column if nearly all of its values are numbers, but not all."""
    others = values[~values.map(lambda value: _is_number(str(value)))]
    if 0 < len(others) <= (1.0 - MOSTLY) * len(values):
        warn_caller(
            f"Column {name!r} is text, and each of its {n_levels} categories has an effect of its "
            f"own, though all but {len(others)} of its {len(values)} values are numbers, the first "
            f"of the others {others.iloc[0]!r}; if it is one quantity, mend these or convert it "
            "with pandas.to_numeric(..., errors='coerce'), else make it a Categorical.",
        )


def warn_rare_categories(levels: Mapping[str, Sequence[str]], n_rows: int) -> None:
    """Warn of predictors with many categories of a few rows each, which are groups.

    Parameters
    ----------
    levels : mapping of str to sequence of str
        The categories of predictors.
    n_rows : int
    """
    for name, found in levels.items():
        if len(found) > MANY_LEVELS and n_rows < FEW_ROWS * len(found):
            warn_caller(
                f"Column {name!r} has {len(found)} categories in {n_rows} rows, each with an "
                f"effect of its own; as a group, (1 | {name}) in the formula, those of few rows "
                "borrow from the others, and categories not seen can be predicted."
            )


def _is_number(text: str) -> bool:
    try:
        return np.isfinite(float(text))
    except ValueError:
        return False


def warn_unseen(found: Iterable[Unseen], *, by_design: bool) -> None:
    """Warn of categories that the training rows did not have, and say what is predicted.

    Parameters
    ----------
    found : iterable of Unseen
    by_design : bool
        Whether predictions are of the columns of the design alone, so that a row with the coding
        of the reference level has its prediction.
    """
    for each in found:
        if by_design and each.reference is not None:
            predicted = f"with the coding of the reference level {each.reference!r}"
        else:
            predicted = (
                "with zeros in all that stands for a level, which need not be the prediction of "
                "any level"
            )
        warn_caller(
            f"Column {each.column!r} has {each.rows} rows with a category that the training rows "
            f"did not have; they are predicted {predicted}.",
        )
