"""The observed variables of a structural equation model."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tabmixnn.sem.errors import ModelError
from tabmixnn.sem.ram import Array


def read_observed(data: pd.DataFrame, observed: tuple[str, ...]) -> Array:
    """Return the observed variables' values, shape (n, p).

    Raises
    ------
    TypeError
        If `data` is no DataFrame.
    ModelError
        If a column is not there, not numeric or has missing values.
    """
    if not isinstance(data, pd.DataFrame):
        raise TypeError(f"A model needs a pandas DataFrame; got {type(data).__name__}.")
    for name in observed:
        if name not in data.columns:
            raise ModelError(
                f"The data have no column {name!r}. If it is a latent variable, say how it is "
                f"measured, as in '{name} =~ x1 + x2'."
            )
        if not pd.api.types.is_numeric_dtype(data[name]):
            raise ModelError(f"Column {name!r} is not numeric; a Gaussian model needs numbers.")
        values = data[name].to_numpy(dtype=np.float64, na_value=np.nan)
        bad = int((~np.isfinite(values)).sum())
        if bad:
            raise ModelError(
                f"Column {name!r} has {bad} values that are NaN or infinity; remove those rows."
            )
    return data[list(observed)].to_numpy(dtype=np.float64)


def check_rank(values: Array, observed: tuple[str, ...]) -> None:
    """Raise ModelError unless the covariance matrix of `values`, shape (n, p), has an inverse."""
    # By the range: the standard deviation of equal values may be their mean's rounding error.
    rounding = 4.0 * np.finfo(np.float64).eps * np.abs(values).max(axis=0)
    for name, is_constant in zip(observed, np.ptp(values, axis=0) <= rounding, strict=True):
        if is_constant:
            raise ModelError(f"Column {name!r} is constant; leave it out of the model.")
    rank = np.linalg.matrix_rank((values - values.mean(axis=0)) / values.std(axis=0))
    if rank < len(observed):
        raise ModelError(
            f"The {len(observed)} observed variables are linearly dependent in {len(values)} rows "
            f"(rank {rank}): their covariance matrix has no inverse. Leave some out, or use more "
            "rows."
        )
