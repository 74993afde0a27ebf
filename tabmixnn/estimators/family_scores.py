"""What the general estimator is to scikit-learn's tools, by what its outcome is."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import RegressorTags, Tags

from tabmixnn.estimators.class_labels import class_labels
from tabmixnn.estimators.responses import NUMERIC


class FamilyScoresMixin:
    """The score of a family's outcomes, and whether predictions are those of a regression."""

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return R^2 of the means, of an outcome that has classes the accuracy of the likeliest.

        Parameters
        ----------
        X : DataFrame or array, shape (n, p)
        y : array, shape (n,), or (n, K) for K numbers a row
        sample_weight : array, shape (n,), optional

        Raises
        ------
        ValueError
            If the outcome is neither numbers that are predicted nor one class a row.
        """
        family, y = self.family_, np.asarray(y)
        if y.ndim > 1 and (family.data_type not in NUMERIC or 0 not in family.columns):
            raise ValueError(
                f"A response of {y.shape[1]} columns has no score in a {family.name} model; "
                "compare predictions with what was observed in another way."
            )
        if family.data_type in NUMERIC:
            from sklearn.metrics import r2_score

            return r2_score(y, self.predict(X), sample_weight=sample_weight)
        labels = class_labels(self)
        unknown = [each for each in np.unique(y).tolist() if each not in labels]
        if unknown:
            shown = ", ".join(map(repr, labels))
            raise ValueError(
                f"The score of a {family.name} model is the accuracy of one class a row, {shown}; "
                f"found {unknown[0]!r}."
            )
        return float(np.average(self.predict(X, kind="class") == y, weights=sample_weight))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        # Of classes `predict` gives probabilities, which is not what a classifier does there.
        if self.outcomes is None and self._data_type() in NUMERIC:
            tags.estimator_type, tags.regressor_tags = "regressor", RegressorTags()
        return tags

    def _data_type(self) -> str | None:
        """Return what the family that is asked for models; None if there is no such family."""
        from tabmixnn.inference.exact.families import get_exact_family, is_exact

        if not isinstance(self.family, str):
            return getattr(self.family, "data_type", None)
        if is_exact(self.family):
            return get_exact_family(self.family).data_type
        from tabmixnn.families import FAMILIES

        return getattr(FAMILIES.get(self.family), "data_type", None)
