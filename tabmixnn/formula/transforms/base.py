"""What a transform must supply."""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import isfinite
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tabmixnn.formula.transforms.pieces import PieceLearner

State = dict[str, Any]


class Transform(ABC):
    """A function of one numeric column, learned on training data and repeated on new data.

    Attributes
    ----------
    parameters : dict of str to object
        The names and defaults of the arguments after the column, in R's order.
    learns : bool
        Whether `fit` looks at the column, and not only at the options.
    """

    parameters: ClassVar[dict[str, Any]] = {}
    learns: ClassVar[bool] = True

    def in_pieces(self, **options: Any) -> PieceLearner:
        """Return what learns the same as `fit` from pieces of the column.

        Raises
        ------
        ValueError
            If that needs the whole column at once; the message says what to do.
        """
        raise ValueError(
            "this transform needs the whole column at once, and the data are read in pieces; "
            "compute the column beforehand"
        )

    @abstractmethod
    def fit(self, x: NDArray[np.float64], **options: Any) -> State:
        """Learn from the training column.

        Parameters
        ----------
        x : ndarray, shape (n,)
            The column; finite.
        **options
            A value for each of `parameters`.

        Returns
        -------
        dict
            JSON-able state that `apply` needs.

        Raises
        ------
        ValueError
            If an option does not fit the column; the message does not repeat the call's text.
        """

    @abstractmethod
    def apply(self, x: NDArray[np.float64], state: State) -> NDArray[np.float64]:
        """Transform a column of shape (n,) to shape (n,) or (n, k) with what `fit` learned."""

    def suffixes(self, state: State) -> tuple[str, ...]:
        """Return what R appends to the call's text to name each of the k columns."""
        return ("",)


def number(value: Any, name: str) -> float:
    """Return an option as a number, or say which option is not one."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        raise ValueError(f"{name} must be a finite number, not {value!r}")
    return float(value)


def whole(value: Any, name: str, least: int, most: int) -> int:
    """Return an option as a whole number from `least` to `most`, or say which option is not one."""
    result = number(value, name)
    if result != int(result) or not least <= result <= most:
        raise ValueError(f"{name} must be a whole number from {least} to {most}, not {result:g}")
    return int(result)


def flag(value: Any, name: str) -> bool:
    """Return an option as TRUE or FALSE, or say which option is neither."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be TRUE or FALSE, not {value!r}")
    return value


def numbers(value: Any, name: str) -> list[float]:
    """Return an option as a list of numbers."""
    values = value if isinstance(value, list) else [value]
    return [number(item, name) for item in values]


def numbered(count: int) -> tuple[str, ...]:
    """Return the suffixes of `count` columns as R has them: none for a single one."""
    return ("",) if count == 1 else tuple(str(column + 1) for column in range(count))
