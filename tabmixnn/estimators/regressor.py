"""Regression."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin

from tabmixnn.estimators.base import BaseTabMixNN, document_parameters
from tabmixnn.estimators.checks import check_numeric_response
from tabmixnn.families import Gaussian


@document_parameters
class TabMixNNRegressor(RegressorMixin, BaseTabMixNN):
    """Mixed-effects neural network for a continuous outcome (Gaussian family).

    Examples
    --------
    >>> model = TabMixNNRegressor("Reaction ~ Days + (Days | Subject)", lr=0.005)
    >>> predictions = model.fit(train).predict(test)
    >>> for_the_average_subject = model.predict(test, re_form="none")

    """

    def _encode_response(self, y: Any) -> tuple[np.ndarray, Gaussian]:
        return check_numeric_response(y), Gaussian()
