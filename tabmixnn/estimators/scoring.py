"""Scores of predictions, as scikit-learn has them."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from tabmixnn.estimators.checks import as_pandas


class ScoringMixin:
    """``score``, with responses given apart or as the formula finds them in the data."""

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Return how good predictions are: R^2, of a classifier the accuracy.

        Parameters
        ----------
        X : DataFrame or array, shape (n, p)
            As for `predict`.
        y : array, shape (n,), optional
            The responses. By default those that the formula finds in `X`, on the formula's scale,
            as predictions are: of ``log(w) ~ x`` logarithms. Rows that ``na_action="omit"`` leaves
            out when fitting are then left out here.
        sample_weight : array, shape (n,), optional
            Weights of the rows in the score.

        Returns
        -------
        float

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If there is no response, or it is computed by the formula and `y` is given too.
        """
        check_is_fitted(self)
        response = None if self.formula is None else self._design.formula.response
        if y is not None:
            if response is not None and self._design.formula.response_column is None:
                raise ValueError(
                    f"Predictions are of {response!r}, which the formula computes, and y may be on "
                    "another scale; leave y out, and it is computed from the data."
                )
            return super().score(X, self._score_labels(y), sample_weight)
        if response is None:
            raise ValueError("The formula names no response for a score; pass y.")
        X = as_pandas(X)
        frame, y, _ = self._observed(X)
        if sample_weight is not None:
            sample_weight = np.asarray(sample_weight)[frame.rows]
        labels = y if not hasattr(self, "classes_") else self.classes_[y.astype(np.int64)]
        return super().score(X.iloc[frame.rows], labels, sample_weight)

    def _score_labels(self, y: Any) -> Any:
        """Return the responses of a score, checked if there is something to be mistaken about."""
        return y
