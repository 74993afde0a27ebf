"""How predictions compare with what was observed: residuals, and calibration of probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from tabmixnn.estimators.checks import as_pandas
from tabmixnn.estimators.class_labels import class_labels
from tabmixnn.estimators.responses import check_one_a_row
from tabmixnn.interpret.descriptions import Described
from tabmixnn.option_checks import choice

KINDS = ("response", "pearson", "deviance")


class DiagnosticsMixin:
    """Fitted values, residuals and reliability, of the training rows or of others."""

    def reliability(
        self, data: Any, y: Any = None, *, event: Any = None, bins: int = 10, level: float = 0.95
    ) -> pd.DataFrame:
        """Return how often a class occurs where it is predicted with about the same probability.

        Parameters
        ----------
        data : DataFrame or array, n rows
            Rows that the model was not fitted to, or it will look better than it is. Those that
            ``na_action="omit"`` leaves out when fitting are left out here, unless `y` is given.
        y : array, shape (n,), optional
            Their classes, if they are not in the data.
        event : optional
            The class; by default the last. Those of numbers and of counts are 1 and 0.
        bins : int
            Bins with as equal numbers of rows as ties allow.
        level : float
            Coverage of Wilson's intervals.

        Returns
        -------
        DataFrame
            A row a bin: ``predicted`` (the mean), ``observed`` (the share), ``lower``, ``upper``
            and ``n``. Of rows of several trials these are what is counted. `plot_calibration`
            draws it.

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
        classes = class_labels(self)
        event = classes[-1] if event is None else event
        if event not in classes:
            raise ValueError(f"event must be one of {_shown(*classes)}; got {event!r}.")
        which = classes.index(event)
        has_labels = hasattr(self, "classes_")
        is_counted = not has_labels and len(classes) == 2
        if y is None:
            data = as_pandas(data)
            frame, observed, trials = self._observed(data, weighted=is_counted)
            data = data.iloc[frame.rows]
        if has_labels:
            probability = self.predict_proba(data)[:, which]
        else:
            probability = self._predict(data, "all", "response")
            if probability.ndim == 1:
                probability = np.column_stack([1.0 - probability, probability])
            probability = probability[:, which]
        if y is not None:
            labels = check_one_a_row(y, len(probability))
            unknown = [label for label in pd.unique(labels.ravel()) if label not in classes]
            if unknown:
                raise ValueError(f"y must be of {_shown(*classes)}; it has {_shown(unknown[0])}.")
            return labels == event, probability, None
        if not is_counted:
            return observed == which, probability, None
        if observed.ndim == 2:
            trials = observed.sum(axis=1)
            observed = observed[:, 0] / trials
        return observed if which else 1.0 - observed, probability, trials

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

        Raises
        ------
        ValueError
            If a mean is not one number, as of three classes or more.
        """
        description = self._description()
        rows = self._described_rows(description, data, weighted=False)
        return self._by_row(description.fitted(rows), rows)

    def residuals(self, data: Any = None, *, kind: str = "response") -> pd.Series:
        """Return responses less the means given the groups' effects.

        Parameters
        ----------
        data : DataFrame, optional
            As for `fitted`.
        kind : {"response", "pearson", "deviance"}
            In units of the response; or of its standard deviation in each row; or the signed
            roots of what rows add to the deviance, of mixed models only. Of a model with weights
            the last two need those of the rows in `data`, in the column it was fitted with.

        Returns
        -------
        Series, length n
        """
        choice("kind", kind, KINDS)
        if isinstance(data, str) and data in KINDS:
            raise ValueError(f"The first argument is data; give the kind by name, kind={data!r}.")
        if kind == "deviance":
            self._exact("residuals(kind='deviance')", "estimates")
        description = self._description()
        rows = self._described_rows(description, data, weighted=kind != "response")
        return self._by_row(description.residuals(rows, kind), rows)

    def _by_row(self, values: np.ndarray, rows: Described | None) -> pd.Series:
        if values.ndim > 1:
            raise ValueError(
                f"The mean of a row is not one number in the {self.family_.name} family, so there "
                "are no fitted values; look at predict(data)."
            )
        frame = self._description().exact.frame if rows is None else rows.frame
        return pd.Series(values, index=getattr(frame, "index", None))


def _shown(*classes: Any) -> str:
    return ", ".join(
        repr(each.item() if isinstance(each, np.generic) else each) for each in classes
    )
