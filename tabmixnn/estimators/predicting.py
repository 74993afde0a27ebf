"""Predictions of new rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from tabmixnn.estimators.category_warnings import warn_unseen
from tabmixnn.estimators.checks import as_pandas
from tabmixnn.estimators.intervals import check_uncertainty
from tabmixnn.estimators.kept_effects import (
    check_re_form,
    kept_effects,
    kept_terms,
    names_effects,
    needed_groups,
)
from tabmixnn.inference import get_entry
from tabmixnn.option_checks import choice
from tabmixnn.streaming import is_source

KINDS = ("response", "link")


class PredictingMixin:
    """The prediction of an outcome of one number; other outcomes have more kinds of it."""

    def predict(
        self,
        X: Any,
        *,
        re_form: str = "all",
        kind: str = "response",
        interval: float | None = None,
        return_std: bool = False,
        method: str = "predictive",
        calibrate: str | None = None,
    ) -> np.ndarray | tuple[np.ndarray, np.ndarray] | pd.DataFrame:
        """Predict new rows, if wanted with intervals.

        Predictions are of the response as the formula has it, of ``log(w) ~ x`` of the logarithm.

        Parameters
        ----------
        X : DataFrame or array, shape (n, p), or path
            As in `fit`; the response need not be there. A file is read in batches, whose
            predictions are put together; `predict_batches` yields them one by one.
        re_form : {"all", "none", "marginal"} or str
            Conditional on the groups' effects; at the population level (effects zero); or
            integrated over the effects' distribution, the mean over all groups
            (of a mixed model, grown or not, but for one with networks alone in its mean and for
            ``inference="variational"``; it differs from ``"none"`` where the link is not the
            identity, and where predictors tell of new groups). Or a formula of the random effects
            to keep, such as ``"~ (1 | g)"``, the others being zero; what a grown model has let in
            of a group stays with all of the group's effects in the formula. Columns that only
            tell groups whose effects are zero need not be there. Groups unseen when fitting
            follow `unknown_strategy`, or their covariance structure: eq. 15, kriging, an
            autoregression's conditional mean. An unseen category of a predictor is an error with a
            formula and ``inference="marginal"``; otherwise zeros stand for it, and a warning says
            what that predicts.
        kind : {"response", "link"}
            The outcome's mean, or the linear predictor.
        interval : float, optional
            Share of the outcomes that the interval of a row should cover, such as 0.9.
        return_std : bool
            Also return standard deviations.
        method : {"predictive", "monte_carlo"}
            What the interval is of: an outcome of the row, with its noise and what is not known
            of fixed and random effects (in closed form for an exact linear model; draws, and a
            Laplace approximation of the last layer's weights, for a network), a new group's
            effects being drawn from their distribution; or the paper's recipe (section 3.5.2),
            which has the random effects of known groups as the only thing not known and so covers
            too little. For ``kind="link"`` and for probabilities, of the expectation.
        calibrate : {"conformal"}, optional
            Scale intervals by how far predictions of rows left out were off, known and new groups
            apart, so that they cover what they should even where the model is wrong
            (split-conformal). A network needs `calibrate` for it.

        Returns
        -------
        ndarray, shape (n,), or (n, K) for a multinomial outcome
        (ndarray, ndarray)
            With `return_std`, predictions and their standard deviations.
        DataFrame
            With `interval`: columns ``prediction``, ``lower``, ``upper``, and ``std`` if wanted.
        """
        choice("kind", kind, KINDS)
        asked = {"interval": interval, "return_std": return_std, "method": method}
        asked["calibrate"] = calibrate
        check_uncertainty(**asked)
        if is_source(X):
            return self._predict_file(X, re_form=re_form, kind=kind, **asked)
        found = self._predict(X, re_form, kind)
        if interval is None and not return_std:
            return found
        return self._uncertain(X, found, re_form, kind, **asked)

    def _predict(self, X: Any, re_form: str, kind: str) -> np.ndarray:
        check_is_fitted(self)
        X = as_pandas(X)
        if not names_effects(re_form):
            check_re_form(re_form, get_entry(self.inference_).re_forms)
        frame = self._frame(X, groups=needed_groups(re_form, self._design))
        warn_unseen(self._design.unseen(frame), by_design=hasattr(self.engine_, "result"))
        if not names_effects(re_form):
            return self.engine_.predict(frame, re_form, kind)
        terms = kept_terms(re_form, self._design)
        active = kept_effects(terms, self._design, frame.blocks, X)
        return self.engine_.predict_with(frame, active, kind)
