"""How predictions compare with what was observed: residuals, and calibration of probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from tabmixnn.estimators.checks import check_numeric_response, check_one_a_row
from tabmixnn.inference.option_checks import choice


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
        return self._by_row(self._fitted_and_residuals(data)[0], data)

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
            from tabmixnn.interpret.residuals import deviance_residuals

            engine = self._exact("residuals(kind='deviance')", "estimates")
            rows = () if data is None else self._observed(data)
            return self._by_row(deviance_residuals(engine, *rows), data)
        mean, pearson = self._fitted_and_residuals(data)
        if kind == "pearson":
            return self._by_row(pearson, data)
        if data is None:
            return self._by_row(self.engine_.response_values - mean, data)
        y = self._observed(data)[1]
        shares = y[:, 0] / y.sum(axis=1) if y.ndim == 2 else y
        return self._by_row(shares - mean, data)

    def _by_row(self, values: np.ndarray, data: Any) -> pd.Series:
        if data is None:
            frame = getattr(self.engine_, "exact", self.engine_).frame
        else:
            frame = self._observed(data)[0]
        return pd.Series(values, index=getattr(frame, "index", None))

    def _fitted_and_residuals(self, data: Any) -> tuple[np.ndarray, np.ndarray]:
        from tabmixnn.interpret import residuals

        check_is_fitted(self)
        if hasattr(self.engine_, "estimates"):
            rows = () if data is None else self._observed(data)
            fitted = self.engine_.fitted
            if rows:
                fitted = self.engine_.predict(rows[0], "all", "response")
            return fitted, residuals.pearson_residuals(self.engine_, *rows)
        from tabmixnn.interpret.network import NetworkView

        frame, y, _ = self._observed(self._needed(data))
        view = NetworkView(self.engine_, self._design, frame)
        fitted = self.engine_.predict(frame, "all", "response")
        return fitted, residuals.network_residuals(view, y)
