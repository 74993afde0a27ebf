"""Scores of predictions, as scikit-learn has them."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from tabmixnn.estimators.checks import as_pandas


class ScoringMixin:
    """``score``, with responses given apart or as the formula finds them in the data."""

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Return how good predictions are: R^2, of classes the accuracy.

        A row of a class that a classifier has never seen is a miss.

        Of `TabMixNN` that is R^2 of the means, whatever the family, where the outcome is numbers,
        and the accuracy of ``predict(kind="class")`` where it is one class a row. Several
        outcomes, counts of successes and failures, and times with their events have none. What
        part of the deviance of counts and positive numbers is explained, `d2_tweedie_score` of
        scikit-learn says.

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
            If there is no response, or it is computed by the formula and `y` is given too, or
            the outcome has no score.
        """
        check_is_fitted(self)
        if getattr(self, "outcomes", None) is not None:
            raise ValueError(
                "A score is of one outcome, and the model has several; compare the predictions of "
                "each with what was observed."
            )
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
        rows, y = self._scored(X)
        if sample_weight is not None:
            sample_weight = np.asarray(sample_weight)[rows]
        return super().score(X.iloc[rows], y, sample_weight)

    def _scored(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return the positions of the rows that have their responses, and these, for `score`."""
        frame, y, _ = self._observed(X)
        return frame.rows, self._as_labels(y)

    def _as_labels(self, codes: np.ndarray) -> np.ndarray:
        """Return responses as `score` takes them, from what the formula makes of them."""
        return codes

    def _score_labels(self, y: Any) -> Any:
        """Return the responses of a score, checked if there is something to be mistaken about."""
        return y
