"""``poly``: orthogonal polynomials, and raw powers on request."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tabmixnn.formula.transforms.base import State, Transform, flag, numbered, whole
from tabmixnn.formula.transforms.pieces import DistinctLearner, PieceLearner, RecursionLearner


class Polynomial(Transform):
    """R's ``poly(x, degree = 1, raw = FALSE)``.

    Without ``raw`` the columns are orthonormal over the training rows. They are made with the
    three-term recursion of Kennedy & Gentle (1980, p. 343), whose constants repeat them on new
    data as R's ``predict.poly`` does. The degree is less than the number of different values.
    """

    parameters: ClassVar[dict[str, Any]] = {"degree": 1, "coefs": None, "raw": False}

    def fit(self, x: NDArray[np.float64], **options: Any) -> State:
        """Learn the constants ``alpha`` and ``norm2`` of the recursion."""
        degree = self._degree(x, options)
        if flag(options["raw"], "raw"):
            return {"degree": degree, "raw": True}
        alpha: list[float] = []
        norm2 = [1.0]
        previous, current = np.zeros_like(x), np.ones_like(x)
        for _ in range(degree + 1):
            norm2.append(float(current @ current))
            alpha.append(float((x * current) @ current / norm2[-1]))
            following = (x - alpha[-1]) * current - norm2[-1] / norm2[-2] * previous
            if len(alpha) == 1:
                following = x - alpha[-1]
            previous, current = current, following
        return {"degree": degree, "raw": False, "alpha": alpha[:degree], "norm2": norm2}

    @staticmethod
    def _degree(x: NDArray[np.float64], options: dict[str, Any]) -> int:
        """Return the degree, checked against the different values of x."""
        highest = len(np.unique(x)) - 1
        if highest < 1:
            raise ValueError("the column is constant")
        degree = whole(options["degree"], "degree", least=1, most=highest)
        if options["coefs"] is not None:
            raise ValueError("coefs are learned from the training data and cannot be given")
        return degree

    def in_pieces(self, **options: Any) -> PieceLearner:
        """Learn the constants of one degree in each pass; raw powers have none."""
        if flag(options["raw"], "raw"):
            return DistinctLearner(lambda x: self.fit(x, **options))
        return RecursionLearner(lambda x: self._degree(x, options))

    def apply(self, x: NDArray[np.float64], state: State) -> NDArray[np.float64]:
        """Return the columns of degree 1 to `degree`, shape (n, degree)."""
        degree = state["degree"]
        if state["raw"]:
            return x[:, None] ** np.arange(1, degree + 1)
        alpha, norm2 = state["alpha"], state["norm2"]
        columns = np.empty((len(x), degree))
        previous, current = np.ones_like(x), x - alpha[0]
        for power in range(degree):
            columns[:, power] = current / np.sqrt(norm2[power + 2])
            if power + 1 < degree:
                ratio = norm2[power + 2] / norm2[power + 1]
                previous, current = current, (x - alpha[power + 1]) * current - ratio * previous
        return columns

    def suffixes(self, state: State) -> tuple[str, ...]:
        """Return "1", "2", ...; R does not number a single column."""
        return numbered(state["degree"])
