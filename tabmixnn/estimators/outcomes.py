"""What an estimator of several outcomes tells about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted


def outcome_table(
    predictions: Mapping[str, np.ndarray], levels: Mapping[str, list[Any] | None], index: pd.Index
) -> pd.DataFrame:
    """Return predictions of several outcomes as columns of one table.

    Parameters
    ----------
    predictions : mapping of str to ndarray, each of shape (n,) or (n, K)
    levels : mapping of str to list or None
        Names of the columns of an outcome that has K of them; otherwise they are numbered.
    index : Index, length n

    Returns
    -------
    DataFrame
        With a column ``name``, or columns ``name[level]``, for each outcome.
    """
    columns: dict[str, np.ndarray] = {}
    for name, values in predictions.items():
        if values.ndim == 1:
            columns[name] = values
            continue
        known = levels.get(name)
        width = values.shape[1]
        labels = known if known is not None and len(known) == width else range(width)
        columns.update({f"{name}[{label}]": values[:, k] for k, label in enumerate(labels)})
    return pd.DataFrame(columns, index=index)


class OutcomesMixin:
    """The output SEM of a fitted `TabMixNN`."""

    def get_output_structure(self) -> pd.DataFrame:
        """Return B_output of eq. 46 on the scale of the linear predictors.

        Returns
        -------
        DataFrame, shape (d, d)
            Effects of the column's outcome on the row's. An outcome whose linear predictor has
            several components has a row ``name[k]`` for each.

        Raises
        ------
        ValueError
            If the model has no edges between outcomes.
        """
        check_is_fitted(self)
        if self.outcomes is None or not self.engine_.options.outputs.graph.edges:
            raise ValueError(
                "The model was fitted without edges between outcomes; give it outcomes=[...] and "
                "output_sem_mode='learned' or 'lavaan'."
            )
        head = self.engine_.network.head
        names = [
            name if size == 1 else f"{name}[{k}]"
            for name, size in zip(head.family.families, head.sizes, strict=True)
            for k in range(size)
        ]
        return pd.DataFrame(head.structure.response_matrix(), index=names, columns=names)
