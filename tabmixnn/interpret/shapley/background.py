"""What an absent feature is replaced by: rows of a background, with weights.

``"interventional"``: the background's own distribution, whatever the features that are present
(``E f(x_S, X_rest)``). The explanation is of the model: a column it does not use gets nothing.

``"conditional"``: the background's distribution given the present features
(``E[f(X) | X_S = x_S]``), by kernel weights on its rows (Aas, Jullum and Loland 2021, section
3.3.3). The explanation is of the data as well: a column the model does not use can get something,
because it tells about another.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist


class Background(ABC):
    """Distinct background rows and how often each of them occurs.

    Parameters
    ----------
    columns : DataFrame, m rows
        The distinct rows.
    share : ndarray, shape (m,)
        The share of the background that each stands for; they add up to one.
    """

    def __init__(self, columns: pd.DataFrame, share: np.ndarray) -> None:
        self.columns, self.share = columns, share

    def __len__(self) -> int:
        """Return the number of distinct rows."""
        return len(self.columns)

    @abstractmethod
    def weights(self, rows: pd.DataFrame, present: np.ndarray) -> np.ndarray:
        """Return how much each background row counts for n rows, shape (n, m) or (1, m).

        Parameters
        ----------
        rows : DataFrame, n rows
            The columns of the rows that are explained.
        present : ndarray of bool, shape (number of columns,)
            Which of their features are present.
        """


class Interventional(Background):
    """Absent features vary as in the background, independently of those that are present."""

    def weights(self, rows: pd.DataFrame, present: np.ndarray) -> np.ndarray:
        return self.share[None, :]


class Conditional(Background):
    """Absent features vary as in background rows that resemble the explained one.

    A background row counts ``exp(-D^2 / (2 h^2))``, where D is the Mahalanobis distance in the d
    present features, and h = n_eff^(-1 / (d + 4)) (Scott's rule) with n_eff the effective number
    of background rows. Categories count through their indicators. Kernel weights smooth: a
    normal conditional mean is drawn towards the overall mean by the factor 1 / (1 + h^2).
    """

    def __init__(self, columns: pd.DataFrame, share: np.ndarray) -> None:
        super().__init__(columns, share)
        self._known = [pd.Index(pd.unique(columns[name])) for name in columns]
        self._numeric = [pd.api.types.is_numeric_dtype(columns[name]) for name in columns]
        self._owner = np.concatenate(
            [np.zeros(0, dtype=np.int64)]
            + [
                np.full(1 if numeric else len(known), j)
                for j, (numeric, known) in enumerate(zip(self._numeric, self._known, strict=True))
            ]
        )
        self._own = self._encode(columns)
        self._covariance = np.atleast_2d(np.cov(self._own.T, aweights=share, ddof=0))

    def _encode(self, columns: pd.DataFrame) -> np.ndarray:
        """Return numbers and indicators, shape (n, p)."""
        parts = [np.zeros((len(columns), 0))]
        for name, known, numeric in zip(columns, self._known, self._numeric, strict=True):
            values = columns[name]
            if numeric:
                parts.append(values.to_numpy(dtype=np.float64)[:, None])
            else:
                parts.append(known.get_indexer(values)[:, None] == np.arange(len(known)))
        return np.concatenate(parts, axis=1, dtype=np.float64)

    def weights(self, rows: pd.DataFrame, present: np.ndarray) -> np.ndarray:
        chosen = present[self._owner]
        values, vectors = np.linalg.eigh(self._covariance[np.ix_(chosen, chosen)])
        kept = values > 1e-10 * max(values.max(initial=0.0), 1e-300)
        if not kept.any():
            return self.share[None, :]
        whiten = vectors[:, kept] / np.sqrt(values[kept])
        theirs = self._encode(rows)[:, chosen] @ whiten
        squares = cdist(theirs, self._own[:, chosen] @ whiten, "sqeuclidean")
        bandwidth = (1.0 / np.sum(self.share**2)) ** (-1.0 / (kept.sum() + 4))
        logs = np.log(self.share) - squares / (2.0 * bandwidth**2)
        weights = np.exp(logs - logs.max(axis=1, keepdims=True))
        return weights / weights.sum(axis=1, keepdims=True)


BACKGROUNDS: dict[str, type[Background]] = {
    "interventional": Interventional,
    "conditional": Conditional,
}


def distinct_rows(columns: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the distinct rows, and the share of all rows that each stands for."""
    if not columns.shape[1]:
        return columns.iloc[:1], np.ones(1)
    codes = columns.groupby(list(columns), sort=False, observed=True, dropna=False).ngroup()
    counts = np.bincount(codes)
    _, first = np.unique(codes, return_index=True)
    return columns.iloc[first], counts / counts.sum()


def thin(columns: pd.DataFrame, size: int, seed: int) -> pd.DataFrame:
    """Return all rows if at most `size` of them differ, otherwise `size` rows drawn at random."""
    if len(distinct_rows(columns)[0]) <= size:
        return columns
    chosen = np.random.default_rng(seed).choice(len(columns), size, replace=False)
    return columns.iloc[np.sort(chosen)]
