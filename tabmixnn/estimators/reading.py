"""How `fit` and `predict` read data: through a formula, or all columns of a table."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import column_or_1d, validate_data

from tabmixnn.caller import warn_caller
from tabmixnn.estimators.beside import beside_formula
from tabmixnn.estimators.category_warnings import warn_numbers_as_text, warn_rare_categories
from tabmixnn.estimators.checks import as_pandas, check_data_frame, check_table
from tabmixnn.estimators.columns import ColumnDesign, named_by_text
from tabmixnn.estimators.responses import check_one_a_row, given_responses, with_response
from tabmixnn.estimators.weights import read_weights
from tabmixnn.formula import Design, Formula
from tabmixnn.formula.growing import with_new_groups
from tabmixnn.formula.identifiable import identifiable
from tabmixnn.inference import EngineEntry, engine_name, get_entry


class ReadingMixin:
    """Turns what the user passes into the frames that engines take."""

    @property
    def _asked(self) -> EngineEntry:
        """What is known about the engine that the parameters ask for."""
        return get_entry(engine_name(self.inference, self.hidden_dims))

    def _frame(
        self, X: Any, *, response: bool = False, groups: Collection[str] | None = None
    ) -> Any:
        """Return the frame of new rows, or of rows with their responses.

        Columns that only tell other grouping factors than `groups`, if these are given, need not
        be there; see `Design.frame`.
        """
        X = as_pandas(X)
        if self.formula is None:
            check_table(X)
            as_it_is = isinstance(X, pd.DataFrame) or bool(self._design.cat_names)
            X = validate_data(self, X, reset=False, skip_check_array=as_it_is)
            return self._design.frame(X)
        data = check_data_frame(X)
        if response:
            beside = beside_formula(data, weight_column=self.weights)
            frame = self._design.frame(data, beside=beside)
        else:
            frame = self._design.frame(data, response=False, na_action="raise", groups=groups)
        return self._placed(frame, data)

    def _placed(self, frame: Any, data: pd.DataFrame) -> Any:
        """Return the frame with the rows of `data`, if the engine may look at them."""
        if not (self.cov_struct_map or self._asked.needs_data):
            return frame
        from tabmixnn.inference.exact.placed_frame import PlacedFrame

        return PlacedFrame.of(frame, data)

    def _read(self, X: Any, y: Any, weights: Any = None, known: Any = None) -> tuple[Any, Any]:
        """Return the frame and the responses, by a new design or by one that is known."""
        if self.formula is None:
            return self._read_columns(X, y, known)
        return self._read_formula(check_data_frame(X), y, weights, known)

    def _read_columns(self, X: Any, y: Any, known: ColumnDesign | None = None) -> tuple[Any, Any]:
        """Return the frame and the responses, by a new design or by one that is known."""
        if self.na_action != "raise":
            raise ValueError(
                f"na_action={self.na_action!r} needs a formula, which says what columns matter; "
                "without one leave out rows with missing values beforehand."
            )
        if self.cov_struct_map:
            raise ValueError(
                "cov_struct_map needs a formula, in which its groups have terms such as (1 | g)."
            )
        check_table(X)
        validate_data(self, X, y, skip_check_array=True, reset=known is None)
        if known is None:
            self._design, frame = ColumnDesign.fit_frame(X)
            levels = zip(self._design.cat_names, self._design.cat_levels, strict=True)
            levels = dict(levels)
            warn_numbers_as_text(named_by_text(X), levels)
            if self._asked.needs_data:
                warn_rare_categories(levels, len(frame.offset))
        else:
            frame = known.frame(X)
        return frame, column_or_1d(check_one_a_row(y, len(frame.cont)), warn=True)

    def _read_formula(
        self, data: pd.DataFrame, y: Any, weights: Any = None, known: Design | None = None
    ) -> tuple[Any, Any]:
        formula = Formula.parse(self.formula)
        if formula.response is None and y is None:
            raise ValueError(
                f"The formula {self.formula!r} names no response; write it before the tilde or "
                "pass y."
            )
        if formula.response is not None and y is not None:
            data, y = with_response(data, formula, y), None
        if y is not None:
            y = given_responses(y, len(data))
        frame = self._fit_design(formula, data, known, y=y, weights=weights)
        if y is not None:
            return frame, y[frame.rows]
        return frame, self._formula_response(formula, data, frame)

    def _fit_design(
        self, formula: Formula, data: pd.DataFrame, known: Design | None = None, **apart: Any
    ) -> Any:
        """Learn the design, or new groups for a known one; return the training rows' frame.

        `apart` are the responses ``y`` and the ``weights`` that are given apart, if they are.
        """
        beside = beside_formula(
            data, weight_column=self.weights, cov_struct_map=self.cov_struct_map, **apart
        )
        if known is not None:
            self._design = with_new_groups(known, data)
            return self._design.frame(data, na_action=self.na_action, beside=beside)
        design, frame = Design.fit_frame(
            formula,
            data,
            unseen_levels=self._asked.unseen_levels,
            na_action=self.na_action,
            beside=beside,
        )
        factors = design.learned.factors
        texts = [name for name in design.formula.covariates if name in factors]
        levels = {name: factors[name]["levels"] for name in texts}
        warn_numbers_as_text(data, levels)
        if self._asked.needs_data:
            warn_rare_categories(levels, len(frame.offset))
        self._take_design(design)
        return self._placed(frame, data)

    def _take_design(self, design: Design) -> None:
        self._design = design
        self.feature_names_in_ = np.array(list(design.formula.predictors), dtype=object)
        self.n_features_in_ = len(self.feature_names_in_)

    def _without_confounded(self, X: Any, frame: Any) -> Any:
        """Leave random effects out of the design that n rows cannot tell from noise, and say so.

        Return the frame of the design that is left.
        """
        if self.formula is None:
            return frame
        data = check_data_frame(X)
        design, left = identifiable(self._design, frame, data)
        if design is self._design:
            return frame
        warn_caller(
            f"There are {len(frame)} rows, and some term of the formula has as many random "
            "effects or more, which cannot be told from noise: the model is "
            f"'{design.formula}' instead of '{self._design.formula}'.",
        )
        self._take_design(design)
        return self._placed(left, data)

    def _formula_in_words(self) -> str:
        """Return the formula of the fit as it was written, or what is left of it."""
        written = self._fitted_with["formula"]
        if written is None:
            words = "y ~ all columns"
        elif self._design.formula.random != Formula.parse(written).random:
            words = str(self._design.formula)
        else:
            words = str(written)
        if not hasattr(self, "event_"):
            return words
        response, _, terms = words.partition("~")
        return f"{response.strip() or 'y'} == {self.event_!r} ~ {terms.strip()}"

    def _formula_response(self, formula: Formula, data: pd.DataFrame, frame: Any) -> Any:
        """Return the n used rows' responses, coded as the formula codes them."""
        return frame.y

    def _observed(
        self, data: Any, *, weighted: bool = False
    ) -> tuple[Any, np.ndarray, np.ndarray | None]:
        """Return the frame, the responses and the weights of rows that have their responses.

        Parameters
        ----------
        data : DataFrame
        weighted : bool
            Whether weights count; otherwise there are none.

        Raises
        ------
        ValueError
            If the responses are not part of the data, or one is a class that the model does not
            know; or if weights count and are not part of the data.
        """
        if self.formula is None or self._design.formula.response is None:
            raise ValueError(self._why_not_observed())
        data = as_pandas(data)
        frame = self._frame(data, response=True)
        weights = self._weights_of(data, frame.rows) if weighted else None
        y = self._formula_response(self._design.formula, data, frame)
        return frame, self._observed_codes(y), weights

    def _weights_of(self, data: Any, rows: np.ndarray) -> np.ndarray | None:
        """Return the weights of some rows of data; None if the model has none.

        Raises
        ------
        ValueError
            If the data do not have them.
        """
        if self.weights is not None:
            return read_weights(data, self.weights, None, rows)
        if isinstance(getattr(self.engine_, "weights", None), np.ndarray):
            raise ValueError(
                "The weights of this model were given as an array, so those of the rows in data "
                "are not known; fit it with a column of weights, named by the parameter weights."
            )
        return None

    def _observed_codes(self, y: Any) -> np.ndarray:
        """Return observed responses as the numbers that the model has for them."""
        return np.asarray(y, dtype=np.float64)

    def _why_not_observed(self) -> str:
        """Return why rows do not have the responses, and what to do."""
        if getattr(self, "outcomes", None) is not None:
            return (
                "This is for one outcome a row, and the model has several; look at its "
                "predictions, or fit the outcomes one by one."
            )
        if self.engine_.keeps_rows:
            return (
                "The response is not in the data of this model, it was given as y; call this "
                "method without data to describe the training rows."
            )
        return (
            "The response is not in the data of this model, it was given as y, and a network does "
            "not keep its training rows; fit it with a formula that names the response. "
            "extract_parameters(data) and variance_decomposition(data) do without."
        )
