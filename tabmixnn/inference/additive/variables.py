"""What is learned of each predictor from the training rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tabmixnn.formula.levels import places_of
from tabmixnn.inference.additive.basis import CubicBasis, PathBasis, ScaledBasis
from tabmixnn.inference.additive.log_scale import LogScale
from tabmixnn.inference.additive.table import Table

Array = NDArray[np.float64]

Basis = Callable[[Array], Array]

SMOOTH_VALUES = 4
"""Distinct values from which on a number has smooths."""
LEVELS_OF_NUMBER = 3
"""Distinct values up to which a number also counts as categorical."""
MOST_LEVELS = 30
"""Levels up to which a category enters interactions."""
SPIKE_SHARE = 0.1
"""Share of the rows from which on a single value of a number has a term of its own."""
SPIKE_VALUES = 10
"""Distinct values above which a number can have such a value."""
TAILS = 0.005, 0.5, 0.995
"""Quantiles that fences are made of."""
INSIDE = "higher", "linear", "lower"
"""How these are read where one value is not to count, however few there are."""
FAR = 20.0
"""Times the distance of its fences that a number reaches where single values are so far out, such
as 99999 for one that is missing, that curves would have no knots among the others."""


@dataclass(frozen=True)
class Reading:
    """How curves of numbers are made; models of earlier formats of model files keep their way.

    Attributes
    ----------
    has_scales : bool
        Whether smooths of skewed values are of another scale: from format 7 on.
    fences_knots : bool
        Whether all knots lie inside the fences where values are far beyond: from format 9 on.
    is_apart : bool
        Whether terms over all rows have nothing of the fixed effects' columns where these have a
        penalty: from format 12 on.
    """

    has_scales: bool = True
    fences_knots: bool = True
    is_apart: bool = True


NEW = Reading()
"""That of new models."""


@dataclass(frozen=True)
class NumericVariable:
    """A number.

    Attributes
    ----------
    name : str
    mean, sd : float
        Of the training rows.
    fence : tuple of float
        Limits beyond which interactions do not look: outliers there would rule a product.
    spike : float or None
        A value that many rows share, such as zero among amounts.
    scale : LogScale or None
        The scale that all smooths are of, where the values are skewed.
    cubic, path, coarse, own_cubic, own_path : callable or None
        Smooths over all rows, for interactions (coarse), and of single groups (own).
    """

    name: str
    mean: float
    sd: float
    fence: tuple[float, float]
    spike: float | None = None
    scale: LogScale | None = None
    cubic: Basis | None = None
    path: Basis | None = None
    coarse: Basis | None = None
    own_cubic: Basis | None = None
    own_path: Basis | None = None

    @classmethod
    def fit(cls, name: str, x: Array, reading: Reading = NEW) -> NumericVariable:
        """Learn from n training values, two of them distinct or more.

        Parameters
        ----------
        name : str
        x : ndarray, shape (n,)
        reading : Reading, optional
        """
        distinct, counts = np.unique(x, return_counts=True)
        fence = _fence(x, *np.quantile(x, TAILS))
        inner = _fence(
            x, *(np.quantile(x, q, method=how) for q, how in zip(TAILS, INSIDE, strict=True))
        )
        is_far = reading.fences_knots and np.ptp(x) > FAR * np.ptp(inner) > 0.0
        if is_far:
            fence = inner
        plain = cls(name, float(x.mean()), float(x.std()), fence)
        fenced = np.clip(x, *fence)
        if len(distinct) < SMOOTH_VALUES or len(np.unique(fenced)) < SMOOTH_VALUES:
            return plain
        share = counts.max() / len(x)
        spiked = share >= SPIKE_SHARE and len(distinct) > SPIKE_VALUES
        scale = LogScale.fit(x, *fence) if reading.has_scales else None
        placed = fenced if is_far else x
        smooths = {
            "cubic": (CubicBasis, placed, 10),
            "path": (PathBasis, placed, 20),
            "coarse": (CubicBasis, fenced, 4),
            "own_cubic": (CubicBasis, placed, 8),
            "own_path": (PathBasis, placed, 10),
        }
        return cls(
            name,
            plain.mean,
            plain.sd,
            fence,
            spike=float(distinct[counts.argmax()]) if spiked else None,
            scale=scale,
            **{
                kind: basis.fit(values, size)
                if scale is None
                else ScaledBasis.fit(scale, basis, values, size)
                for kind, (basis, values, size) in smooths.items()
            },
        )

    def standardise(self, x: Array) -> Array:
        """Return the values less their mean over their deviation, shape (n, 1)."""
        return ((x - self.mean) / self.sd)[:, None]

    def fenced(self, x: Array) -> Array:
        """Return line and coarse smooth of the values inside the fence, shape (n, 1 + k)."""
        inside = np.clip(x, *self.fence)
        if self.coarse is None:
            return self.standardise(inside)
        if self.scale is not None:
            return self.coarse(inside)
        return np.hstack([self.standardise(inside), self.coarse(inside)])


def _fence(x: Array, low: float, middle: float, high: float) -> tuple[float, float]:
    """Return the limits of n values, from three of their quantiles."""
    return (
        max(float(x.min()), float(low - 0.5 * (middle - low))),
        min(float(x.max()), float(high + 0.5 * (high - middle))),
    )


@dataclass(frozen=True)
class CategoricalVariable:
    """A category.

    Attributes
    ----------
    name : str
    levels : tuple of str
        Of the training rows, sorted.
    """

    name: str
    levels: tuple[str, ...]

    def indicators(self, labels: NDArray[np.object_]) -> Array:
        """Return a column a level, shape (n, K); zeros for a level that was never seen."""
        return indicators(places_of(labels, self.levels), len(self.levels))


def indicators(codes: NDArray[np.int64], n_levels: int) -> Array:
    """Return a column a level, shape (n, n_levels); zeros in rows of code -1."""
    out = np.zeros((len(codes), n_levels))
    known = np.flatnonzero(codes >= 0)
    out[known, codes[known]] = 1.0
    return out


def _names(numbers: Array) -> list[str]:
    """Return what numbers are called as levels; zero has one name, whatever its sign."""
    return [str(number + 0.0) for number in numbers]


@dataclass(frozen=True)
class Variables:
    """The predictors that vary in the training rows.

    Attributes
    ----------
    numeric : dict of str to NumericVariable
    categorical : dict of str to CategoricalVariable
        With the numbers of few values among them.
    """

    numeric: dict[str, NumericVariable]
    categorical: dict[str, CategoricalVariable]

    def __bool__(self) -> bool:
        return bool(self.numeric or self.categorical)

    @classmethod
    def fit(cls, table: Table, reading: Reading = NEW) -> Variables:
        """Learn from the training rows; see `NumericVariable.fit`."""
        numeric, categorical = {}, {}
        for name, values in table.numbers.items():
            distinct = np.unique(values)
            if len(distinct) > 1:
                numeric[name] = NumericVariable.fit(name, values, reading)
            if 1 < len(distinct) <= LEVELS_OF_NUMBER:
                categorical[name] = CategoricalVariable(name, tuple(_names(distinct)))
        for name, labels in table.labels.items():
            levels = tuple(sorted(set(labels)))
            if len(levels) > 1:
                categorical[name] = CategoricalVariable(name, levels)
        return cls(numeric, categorical)

    def small(self, without: str = "") -> list[str]:
        """Return the categories of at most `MOST_LEVELS` levels, but one."""
        return [
            name
            for name, each in self.categorical.items()
            if name != without and len(each.levels) <= MOST_LEVELS
        ]

    def number(self, table: Table, name: str) -> Array:
        """Return a number of n rows, shape (n,)."""
        return table.numbers[name]

    def fenced(self, table: Table, name: str) -> Array:
        """Return line and coarse smooth of a number of n rows, shape (n, 1 + k)."""
        return self.numeric[name].fenced(self.number(table, name))

    def fenced_line(self, table: Table, name: str) -> Array:
        """Return the line alone of `fenced`, shape (n, 1)."""
        return self.fenced(table, name)[:, :1]

    def path(self, table: Table, name: str) -> Array:
        """Return the path of a number of n rows, shape (n, k)."""
        return self.numeric[name].path(self.number(table, name))

    def own_path(self, table: Table, name: str) -> Array:
        """Return the coarse path of a number of n rows, shape (n, k)."""
        return self.numeric[name].own_path(self.number(table, name))

    def levels(self, table: Table, name: str) -> Array:
        """Return the indicators of a category of n rows, shape (n, K)."""
        labels = table.labels.get(name)
        if labels is None:
            labels = np.array(_names(table.numbers[name]), dtype=object)
        return self.categorical[name].indicators(labels)
