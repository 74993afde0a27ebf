"""The general estimator: any family."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from tabmixnn.estimators.base import BaseTabMixNN
from tabmixnn.estimators.checks import as_pandas
from tabmixnn.estimators.family_scores import FamilyScoresMixin
from tabmixnn.estimators.intervals import check_uncertainty
from tabmixnn.estimators.outcomes import OutcomesMixin, outcome_table
from tabmixnn.estimators.parameters import inherit_parameters
from tabmixnn.estimators.responses import NUMERIC, check_numeric_response
from tabmixnn.estimators.scoring import ScoringMixin
from tabmixnn.formula import Formula
from tabmixnn.inference import get_entry
from tabmixnn.option_checks import choice, flag
from tabmixnn.ordered import is_ordered, ordered_codes, used_levels
from tabmixnn.outcomes import (
    OutcomeSpec,
    check_outcomes,
    check_same_levels,
    observed_rows,
    predictors_only,
    read_responses,
)
from tabmixnn.streaming import is_source

if TYPE_CHECKING:
    from tabmixnn.families import Family

CLASS_KINDS = ("probability", "class")


@inherit_parameters
class TabMixNN(OutcomesMixin, ScoringMixin, FamilyScoresMixin, BaseTabMixNN):
    """Mixed-effects neural network for an outcome of any family, or for several outcomes.

    Besides the parameters below it takes ``family``, a name or a `Family`: with
    ``inference="variational"`` any of ``tabmixnn.families.FAMILIES``; with
    ``inference="marginal"`` ``"gaussian"``, ``"binomial"``, ``"poisson"``,
    ``"negative_binomial"`` and ``"gamma"``, and ``link``, the name of another link than the
    family's first (``"probit"`` or ``"cloglog"`` for binomial outcomes). `predict` returns the
    outcome's mean: for a binomial outcome the probability of the second level, for a multinomial
    or ordinal one those of all levels.

    Several outcomes share the encoder and the backbone (section 3.3.3 of the paper): a one-sided
    formula and ``outcomes``, a list of `OutcomeSpec`, in place of ``family``. Rows may miss some
    of them. ``output_sem_mode`` gives their linear predictors effects on each other (eq. 46):
    ``"none"``; ``"learned"``, from every outcome to those after it, with an L1 penalty of weight
    ``lambda_output_sparse``; or ``"lavaan"``, those that ``output_sem`` names in lavaan's syntax.
    ``outcome_levels_`` has the levels of categorical outcomes, ``levels_`` those of one outcome.

    An ordinal outcome is an ordered Categorical, whose order it takes, or numbers 0, 1, 2, ...

    Examples
    --------
    >>> model = TabMixNN(
    ...     "cbind(incidence, size - incidence) ~ period + (1 | herd)",
    ...     family="binomial", inference="marginal", hidden_dims=[],
    ... )
    >>> print(model.fit(cbpp).summary())

    >>> model = TabMixNN(
    ...     "~ x1 + x2 + (1 | subject)",
    ...     outcomes=[OutcomeSpec("weight", "kg"), OutcomeSpec("ill", "status", Binomial())],
    ...     output_sem_mode="lavaan", output_sem="ill ~ weight",
    ... )
    >>> predictions = model.fit(train).predict(test, as_dict=True)

    """

    def __init__(
        self,
        formula: str | None = None,
        *,
        family: str | Family = "gaussian",
        link: str | None = None,
        outcomes: Sequence[OutcomeSpec] | None = None,
        output_sem_mode: str = "none",
        output_sem: str | None = None,
        lambda_output_sparse: float = 0.001,
        **options: Any,
    ) -> None:
        super().__init__(formula, **options)
        self.family = family
        self.link = link
        self.outcomes = outcomes
        self.output_sem_mode = output_sem_mode
        self.output_sem = output_sem
        self.lambda_output_sparse = lambda_output_sparse

    def _check_outcomes(self, y: Any) -> None:
        if self.outcomes is None:
            return
        check_outcomes(self.outcomes)
        if self.inference not in ("variational", "auto"):
            raise ValueError(
                f"inference={self.inference!r} fits one outcome; several need "
                "inference='variational'."
            )
        if self.formula is None:
            raise ValueError("outcomes need a formula for the predictors, such as '~ x + (1 | g)'.")
        if y is not None:
            raise ValueError("The outcomes name their columns and y is given too; leave y out.")
        if self.family != "gaussian" or self.link is not None:
            raise ValueError("Every outcome has a family of its own; leave family and link out.")

    def _read_columns(self, X: Any, y: Any, known: Any = None) -> tuple[Any, Any]:
        if y is None or not is_ordered(self.family):
            return super()._read_columns(X, y, known)
        codes, levels = self._ordered(y, known, slice(None))
        read = super()._read_columns(X, codes, known)
        self._design.response_levels = levels
        return read

    def _ordered(self, y: Any, known: Any, rows: Any) -> tuple[Any, list[Any] | None]:
        """Return the codes and the levels of the used rows' ordered classes given apart."""
        if known is None:
            return ordered_codes(y, rows=rows)
        levels = known.response_levels
        trained = range(self.family_.n_classes) if levels is None else levels
        return ordered_codes(y, list(trained), rows)[0], levels

    def _read_formula(
        self, data: pd.DataFrame, y: Any, weights: Any = None, known: Any = None
    ) -> tuple[Any, Any]:
        if self.outcomes is None:
            return self._read_one(data, y, weights, known)
        formula = predictors_only(Formula.parse(self.formula), self.outcomes, data)
        data = data.iloc[observed_rows(self.outcomes, data)]
        frame = self._fit_design(formula, data, known)
        responses = read_responses(self.outcomes, data.iloc[frame.rows])
        if known is not None:
            check_same_levels(self.outcome_levels_, responses.levels)
        self.outcome_levels_ = responses.levels
        return frame, responses

    def _read_one(self, data: pd.DataFrame, y: Any, weights: Any, known: Any) -> tuple[Any, Any]:
        """Return the frame and the responses of one outcome."""
        if not is_ordered(self.family):
            return super()._read_formula(data, y, weights, known)
        if y is None:
            frame, response = super()._read_formula(data, y, weights, known)
            name = self._design.formula.response_column
            is_given = known is None and name is not None
            if is_given and isinstance(data[name].dtype, pd.CategoricalDtype):
                self._design.response_levels = used_levels(data[name].iloc[frame.rows])
            return frame, response
        frame, rows = super()._read_formula(data, np.arange(len(y)), weights, known)
        codes, levels = self._ordered(y, known, rows)
        self._design.response_levels = levels
        return frame, codes

    def _encode_response(self, y: Any) -> tuple[np.ndarray, str | Family]:
        if self.outcomes is not None:
            return y.y, y.family
        return check_numeric_response(y), self.family

    @property
    def levels_(self) -> list[Any] | None:
        """The levels of a categorical response in the order of its codes; None for numbers."""
        check_is_fitted(self)
        return self._design.response_levels

    def _as_labels(self, codes: np.ndarray) -> np.ndarray:
        has_levels = self.family_.data_type not in NUMERIC and self.levels_ is not None
        return np.array(self.levels_)[codes.astype(np.int64)] if has_levels else codes

    def _check_kind(self, kind: str, *, with_interval: bool) -> None:
        """Check that the model has this kind of prediction, with intervals if they are wanted."""
        kinds = get_entry(self.inference_).kinds
        known = (*kinds, *CLASS_KINDS) if self.family_.data_type == "binary" else kinds
        choice("kind", kind, known)
        if kind == "class" and (
            self.outcomes is not None or 0 in self.family_.columns or with_interval
        ):
            has_classes = self.family_.data_type in ("binary", "categorical")
            instead = "probability" if has_classes else "response"
            raise ValueError(
                "kind='class' gives the class of one outcome of one column, without intervals; "
                f"use kind={instead!r}."
            )
        if kind == "probability" and with_interval:
            raise ValueError(
                "kind='probability' gives those of all classes, without intervals; of two classes "
                "kind='response' gives an interval of the probability of the second."
            )

    def _probabilities(self, X: Any, re_form: str) -> Any:
        """Return the probabilities of all classes, shape (n, K), or those of several outcomes."""
        if "probability" in get_entry(self.inference_).kinds:
            return self._predict(X, re_form, "probability")
        mean = self._predict(X, re_form, "response")
        return np.column_stack([1.0 - mean, mean])

    def _likeliest(self, probabilities: np.ndarray) -> np.ndarray:
        """Return the levels of the largest of n by K probabilities, shape (n,)."""
        best = probabilities.argmax(axis=1)
        return best if self.levels_ is None else np.array(self.levels_)[best]

    def predict(
        self,
        X: Any,
        *,
        re_form: str = "all",
        kind: str = "response",
        as_dict: bool = False,
        interval: float | None = None,
        return_std: bool = False,
        method: str = "predictive",
        calibrate: str | None = None,
    ) -> np.ndarray | tuple[np.ndarray, np.ndarray] | pd.DataFrame | dict[str, np.ndarray]:
        """Predict new rows.

        Parameters
        ----------
        X : DataFrame or array, shape (n, p)
            As in `fit`; responses need not be there.
        re_form : {"all", "none", "marginal"} or str
            Conditional on the groups' effects, at the population level (effects zero),
            integrated over the effects, or with those that ``"~ (1 | g)"`` names; see
            `TabMixNNRegressor.predict`.
        kind : {"response", "link", "probability", "class"}
            The outcome's mean; the linear predictor, of several classes the log-odds of each
            against the others; or, of an outcome that has classes, the probabilities of all of
            them, shape (n, K), in the order of ``levels_``, or the likeliest. The classes of
            numbers are 0, 1, ...
        as_dict : bool
            Whether to return arrays by name of the outcome.
        interval, return_std, method, calibrate
            Intervals, of one outcome of one number; see `TabMixNNRegressor.predict`.

        Returns
        -------
        ndarray, shape (n,) or (n, K)
            For one outcome.
        DataFrame
            For several: a column ``name``, or columns ``name[level]``, for each. With `interval`
            ``prediction``, ``lower`` and ``upper``.
        dict of ndarray
            With `as_dict`; one outcome goes by the name of the response, ``"y"`` without one.
        """
        check_is_fitted(self)
        flag("as_dict", as_dict)
        asked = {"interval": interval, "return_std": return_std, "method": method}
        asked["calibrate"] = calibrate
        check_uncertainty(**asked)
        self._check_kind(kind, with_interval=interval is not None or return_std)
        if is_source(X):
            return self._predict_file(X, re_form=re_form, kind=kind, as_dict=as_dict, **asked)
        X = as_pandas(X)
        if kind == "class":
            found = self._likeliest(self._probabilities(X, re_form))
        elif kind == "probability":
            found = self._probabilities(X, re_form)
        else:
            found = self._predict(X, re_form, kind)
        if interval is not None or return_std:
            if as_dict:
                raise ValueError("as_dict and intervals do not go together; leave one of them out.")
            return self._uncertain(X, found, re_form, kind, **asked)
        if self.outcomes is None:
            response = self._design.formula.response if self.formula is not None else None
            return {response or "y": found} if as_dict else found
        return found if as_dict else outcome_table(found, self.outcome_levels_, X.index)
