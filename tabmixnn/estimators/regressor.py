"""Regression."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin

from tabmixnn.estimators.base import BaseTabMixNN
from tabmixnn.estimators.parameters import inherit_parameters
from tabmixnn.estimators.responses import check_numeric_response
from tabmixnn.estimators.scoring import ScoringMixin


@inherit_parameters
class TabMixNNRegressor(ScoringMixin, RegressorMixin, BaseTabMixNN):
    """Mixed-effects neural network for a continuous outcome (Gaussian family).

    Examples
    --------
    >>> model = TabMixNNRegressor("Reaction ~ Days + (Days | Subject)").fit(train)
    >>> predictions = model.predict(test)
    >>> for_the_average_subject = model.predict(test, re_form="none")

    A linear mixed model, exactly as lme4 fits it:

    >>> lmm = TabMixNNRegressor(
    ...     "Reaction ~ Days + (Days | Subject)", inference="marginal", hidden_dims=[]
    ... )
    >>> print(lmm.fit(train).summary())

    """

    def __init__(
        self, formula: str | None = None, *, inference: str = "auto", **options: Any
    ) -> None:
        super().__init__(formula, inference=inference, **options)

    def _encode_response(self, y: Any) -> tuple[np.ndarray, str]:
        return check_numeric_response(y), "gaussian"

    def _streamed_response(self, levels: Any) -> tuple[str, None]:
        return "gaussian", None
