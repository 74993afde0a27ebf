"""How predictions compare with what was observed: residuals, and calibration of probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from tabmixnn.estimators.checks import check_numeric_response, check_one_a_row
from tabmixnn.inference.option_checks import choice
from tabmixnn.interpret.descriptions import Described


class DiagnosticsMixin:
    """Fitted values, residuals and reliability, of the training rows or of others."""

    def reliability(
        self, data: Any, y: Any = None, *, event: Any = None, bins: int = 10, level: float = 0.95
    ) -> pd.DataFrame:
        """Return how often a class occurs where it is predicted with about the same probability.

        Parameters
        ----------
        data : DataFrame or array, n rows
            Rows that the model was not fitted to, or it will look better than it is.
        y : array, shape (n,), optional
            Their classes, if they are not in the data.
        event : optional
            The class; by default the last. Of a `TabMixNN` it is the response's second level.
        bins : int
            Bins with as equal numbers of rows as ties allow.
        level : float
            Coverage of Wilson's intervals.

        Returns
        -------
        DataFrame
            A row a bin: ``predicted`` (the mean), ``observed`` (the share), ``low``, ``high`` and
            ``n``. Of rows of several trials these are what is counted. `plot_calibration` draws it.

        Raises
        ------
        ValueError
            If the outcome is not one of classes.
        """
        from tabmixnn.interpret.reliability import reliability

        return reliability(*self._event(data, y, event), bins=bins, level=level)

    def _event(
        self, data: Any, y: Any, event: Any
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Return whether a class occurred in each row, its predicted probability, and the trials.

        Of rows with trials the share of them in which it did.
        """
        check_is_fitted(self)
        classes = getattr(self, "classes_", None)
        if classes is None and self.family_.data_type != "binary":
            raise ValueError(
                f"Calibration is of the probabilities of classes; this is a {self.family_.name} "
                "model."
            )
        if classes is None:
            probability = self._predict(data, "all", "response")
            if y is not None:
                codes = check_one_a_row(y, len(probability))
                return check_numeric_response(codes) == 1.0, probability, None
            _, observed, trials = self._observed(data)
            if observed.ndim == 2:
                counts = observed.sum(axis=1)
                return observed[:, 0] / counts, probability, counts
            return observed, probability, trials
        probabilities = self.predict_proba(data)
        if y is None:
            labels = classes[self._observed(data)[1].astype(int)]
        else:
            labels = check_one_a_row(y, len(probabilities))
        event = classes[-1] if event is None else event
        if event not in list(classes):
            shown = ", ".join(repr(str(name)) for name in classes)
            raise ValueError(f"event must be one of {shown}; got {event!r}.")
        return labels == event, probabilities[:, list(classes).index(event)], None

    def fitted(self, data: Any = None) -> pd.Series:
        """Return means given the groups' effects.

        Parameters
        ----------
        data : DataFrame, optional
            Rows with their responses; by default the training rows. A network, which does not keep
            them, needs it; `predict` is for rows without responses.

        Returns
        -------
        Series, length n
        """
        description = self._description()
        rows = self._described_rows(description, data)
        return self._by_row(description.fitted(rows), rows)

    def residuals(self, data: Any = None, *, kind: str = "response") -> pd.Series:
        """Return responses less the means given the groups' effects.

        Parameters
        ----------
        data : DataFrame, optional
            As for `fitted`.
        kind : {"response", "pearson", "deviance"}
            In units of the response; or of its standard deviation in each row; or the signed
            roots of what rows add to the deviance, of mixed models only.

        Returns
        -------
        Series, length n
        """
        choice("kind", kind, ("response", "pearson", "deviance"))
        if kind == "deviance":
            self._exact("residuals(kind='deviance')", "estimates")
        description = self._description()
        rows = self._described_rows(description, data)
        return self._by_row(description.residuals(rows, kind), rows)

    def _by_row(self, values: np.ndarray, rows: Described | None) -> pd.Series:
        frame = self._description().training_frame if rows is None else rows.frame
        return pd.Series(values, index=getattr(frame, "index", None))
