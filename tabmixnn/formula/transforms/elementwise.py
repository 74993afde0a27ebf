"""Functions that work value by value and learn nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tabmixnn.formula.transforms.base import State, Transform, number


class Elementwise(Transform):
    """A numpy function under R's name."""

    learns = False

    def __init__(self, function: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> None:
        self.function = function

    def fit(self, x: NDArray[np.float64], **options: Any) -> State:
        """Learn nothing."""
        return {}

    def apply(self, x: NDArray[np.float64], state: State) -> NDArray[np.float64]:
        """Apply the function to every value; outside its domain the result is not finite."""
        with np.errstate(all="ignore"):
            return self.function(x)


class Logarithm(Transform):
    """``log(x, base)``, natural unless a base is given."""

    parameters: ClassVar[dict[str, Any]] = {"base": None}
    learns = False

    def fit(self, x: NDArray[np.float64], **options: Any) -> State:
        """Keep the base."""
        if options["base"] is None:
            return {"base": None}
        base = number(options["base"], "base")
        if base <= 0 or base == 1:
            raise ValueError(f"base must be positive and not 1, not {base:g}")
        return {"base": base}

    def apply(self, x: NDArray[np.float64], state: State) -> NDArray[np.float64]:
        """Take logarithms; of zero and below the result is not finite."""
        with np.errstate(all="ignore"):
            result = np.log(x)
            return result if state["base"] is None else result / np.log(state["base"])


_UNCHANGED_NAMES = ("exp", "sqrt", "abs", "log2", "log10", "log1p", "expm1", "sin", "cos", "tan")

ELEMENTWISE: dict[str, Transform] = {
    "log": Logarithm(),
    **{name: Elementwise(getattr(np, name)) for name in _UNCHANGED_NAMES},
}
