"""Predictions with their uncertainty (section 3.5.2 of the paper, and more)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted, column_or_1d

from tabmixnn.estimators.checks import as_pandas, check_data_frame
from tabmixnn.estimators.kept_effects import names_effects, needed_groups
from tabmixnn.estimators.responses import check_numeric_response, check_one_a_row, with_response
from tabmixnn.estimators.weights import read_weights
from tabmixnn.option_checks import choice, flag, share
from tabmixnn.predictive import METHODS, Calibration

ANYTHING = (-np.inf, np.inf)
BOUNDS = {
    "binary": (0.0, 1.0),
    "proportion": (0.0, 1.0),
    "count": (0.0, np.inf),
    "positive": (0.0, np.inf),
    "survival": (0.0, np.inf),
}
"""Between what outcomes are, by the ``data_type`` of their family; others are `ANYTHING`."""


class IntervalsMixin:
    """What `predict` returns besides the prediction."""

    def calibrate(self, X: Any, y: Any = None, *, weights: Any = None) -> IntervalsMixin:
        """Learn from held-out rows how far predictions are off, for ``calibrate="conformal"``.

        Rows with known groups and rows with a new group count apart. The rows must not be among
        those that the model was fitted to. An exact model (``inference="marginal"``) does not
        need this: it can leave its own training rows out, in tenths.

        Parameters
        ----------
        X : DataFrame or array, shape (n, p)
            Rows as for `fit`.
        y : array, shape (n,), optional
            Their responses, if the formula does not name them or `X` lacks the column.
        weights : array, shape (n,), optional
            Their weights, of a Gaussian model that was fitted with an array of them. Those of a
            column, named by the parameter `weights`, are taken from `X`. How far a row is off is
            in units of its own spread, so that intervals are of a row of weight one as ever.

        Returns
        -------
        self
            With the attribute ``calibration_``, which `save` keeps and `fit` drops.

        Raises
        ------
        ValueError
            If the outcome is not one of numbers, a response is not finite, `y` is given beside
            other responses in `X` or of a formula that computes them, or weights are missing or
            not those of a weighted Gaussian model.
        """
        check_is_fitted(self)
        self._check_calibrated_family()
        X, y = as_pandas(X), as_pandas(y)
        formula = None if self.formula is None else self._design.formula
        if y is not None and formula is not None and formula.response is not None:
            X, y = with_response(check_data_frame(X), formula, y), None
        if y is None:
            frame, y, _ = self._observed(X)
        else:
            frame = self._frame(X)
            y = check_numeric_response(column_or_1d(check_one_a_row(y, len(frame.offset))))
        if not np.isfinite(y).all():
            raise ValueError(
                f"The responses to calibrate by must be finite; {int((~np.isfinite(y)).sum())} of "
                f"{y.size} are NaN or infinity. Leave these rows out."
            )
        own = self._weights_to_calibrate_by(X, weights, frame.rows)
        found = self.engine_.predictive(frame, "all", **own)
        mean = self.engine_.predict(frame, "all", "response")
        self.calibration_ = Calibration.of(y, mean, found.std, unseen_groups(frame))
        return self

    def _weights_to_calibrate_by(
        self, X: Any, given: Any, rows: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Return what an engine is told of the weights of rows; nothing where they do not count."""
        weighted = getattr(self.engine_, "weights", None) is not None
        if not (weighted and self.family_.name == "gaussian"):
            if given is not None:
                raise ValueError(
                    "Weights scale the noise of a gaussian model that was fitted with weights, and "
                    "this is none; leave them out."
                )
            return {}
        if given is None and self.weights is None:
            raise ValueError(
                "The weights of this model were given as an array, so those of other rows are not "
                "known; pass them too, calibrate(X, weights=...)."
            )
        return {"weights": read_weights(X, self.weights, given, rows)}

    def _check_calibrated_family(self) -> None:
        if self.family_.data_type in ("binary", "categorical", "joint"):
            raise ValueError(
                f"Conformal intervals are for outcomes of one number, not for a "
                f"{self.family_.name} one."
            )

    def _uncertain(
        self,
        X: Any,
        prediction: np.ndarray,
        re_form: str,
        kind: str,
        *,
        interval: float | None,
        return_std: bool,
        method: str,
        calibrate: str | None = None,
    ) -> pd.DataFrame | tuple[np.ndarray, np.ndarray]:
        """Return predictions with their standard deviations, or with intervals."""
        if names_effects(re_form):
            raise ValueError(
                "Intervals and standard deviations are of predictions with all random effects or "
                f"with none, not of re_form={re_form!r}; leave interval and return_std out."
            )
        X = as_pandas(X)
        frame = self._frame(X, groups=needed_groups(re_form, self._design))
        found = self.engine_.predictive(frame, re_form, method, kind)
        if interval is None:
            return prediction, found.std
        if calibrate is None:
            low, high = found.quantile((1 - interval) / 2), found.quantile((1 + interval) / 2)
        else:
            if kind != "response" or method != "predictive" or re_form != "all":
                raise ValueError(
                    "Conformal intervals are of responses given the groups: leave kind, re_form "
                    "and method out."
                )
            self._check_calibrated_family()
            factors = self._calibration().factors(interval, unseen_groups(frame))
            low, high = prediction - factors * found.std, prediction + factors * found.std
            bounds = BOUNDS.get(self.family_.data_type, ANYTHING)
            low, high = np.clip(low, *bounds), np.clip(high, *bounds)
        low, high = self._where_unknown(low, high, kind)
        columns = {"prediction": prediction, "lower": low, "upper": high}
        if return_std:
            columns["std"] = found.std
        return pd.DataFrame(columns, index=getattr(X, "index", None))

    def _where_unknown(
        self, low: np.ndarray, high: np.ndarray, kind: str
    ) -> tuple[np.ndarray, np.ndarray]:
        """Let anything be possible where separated outcomes leave estimates without errors."""
        is_response = kind == "response"
        least, most = BOUNDS.get(self.family_.data_type, ANYTHING) if is_response else ANYTHING
        return np.where(np.isnan(low), least, low), np.where(np.isnan(high), most, high)

    def _calibration(self) -> Calibration:
        if hasattr(self, "calibration_"):
            return self.calibration_
        if not hasattr(type(self.engine_), "calibration"):  # to look at it would compute it
            raise ValueError(
                "A network does not keep its training rows, so it cannot tell how far it is off "
                "on others; give held-out rows to calibrate() first."
            )
        return self.engine_.calibration


def check_uncertainty(
    *, interval: Any, return_std: Any, method: Any, calibrate: Any = None
) -> None:
    """Check these options of `predict`, whether all of them are looked at or not.

    Raises
    ------
    ValueError
        Naming the first one with a value it cannot have.
    """
    choice("method", method, METHODS)
    if calibrate is not None and not (isinstance(calibrate, str) and calibrate == "conformal"):
        raise ValueError(f"calibrate must be None or 'conformal'; got {calibrate!r}.")
    if interval is not None:
        share("interval", interval, "0.9")
    flag("return_std", return_std)


def unseen_groups(frame: Any) -> np.ndarray:
    """Return which of n rows have a group that the model was not fitted to, shape (n,)."""
    unseen = np.zeros(len(frame.offset), dtype=bool)
    for block in frame.blocks:
        unseen |= block.codes < 0
    return unseen
