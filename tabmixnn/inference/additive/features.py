"""What the columns of a term are made of: smooths of a predictor, interactions, a factor.

A new kind is one class with `columns`, and where `candidates` is to offer it, one line there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.additive.rows import Rows
from tabmixnn.inference.additive.table import Table
from tabmixnn.inference.additive.variables import Variables, indicators

Array = NDArray[np.float64]

Maker = Callable[[Variables, Table, str], Array]

ROUGHEST = 24
"""Largest product of the numbers of two paths' functions, the smoothest having number one, whose
product a `PathProduct` has: 78 of 21 by 21."""


def row_products(a: Array, b: Array) -> Array:
    """Return all products of a column of `a`, (n, k), and one of `b`, (n, m): shape (n, k m)."""
    return (a[:, :, None] * b[:, None, :]).reshape(len(a), -1)


@dataclass(frozen=True)
class Feature(ABC):
    """Columns with one variance.

    Attributes
    ----------
    names : tuple of str
        The predictors, one or two; or a grouping factor.
    label : str
        How the feature is written: ``label(names)``.
    """

    names: tuple[str, ...]
    label: ClassVar[str]

    @property
    def factors(self) -> tuple[str, ...]:
        """The grouping factors among the names."""
        return ()

    @abstractmethod
    def columns(self, variables: Variables, rows: Rows) -> Array:
        """Return the columns of n rows, shape (n, m)."""

    def __str__(self) -> str:
        return f"{self.label}({', '.join(self.names)})"


class Curve(Feature):
    """A smooth of one number."""

    basis: ClassVar[str]
    """Which smooth of a `NumericVariable`."""

    def columns(self, variables: Variables, rows: Rows) -> Array:
        (name,) = self.names
        return getattr(variables.numeric[name], self.basis)(variables.number(rows.table, name))


class Smooth(Curve):
    """A natural cubic spline."""

    label = "s"
    basis = "cubic"


class Path(Curve):
    """A Brownian path, for sharp turns."""

    label = "path"
    basis = "path"


class OwnSmooth(Curve):
    """A coarser spline, of which each group has its own."""

    label = "s"
    basis = "own_cubic"


class OwnPath(Curve):
    """A coarser Brownian path, of which each group has its own."""

    label = "path"
    basis = "own_path"


class Line(Feature):
    """The predictor itself, standardised."""

    label = "line"

    def columns(self, variables: Variables, rows: Rows) -> Array:
        (name,) = self.names
        return variables.numeric[name].standardise(variables.number(rows.table, name))


class Spike(Feature):
    """Whether the predictor has the value that many rows share."""

    label = "spike"

    def columns(self, variables: Variables, rows: Rows) -> Array:
        (name,) = self.names
        return (variables.number(rows.table, name) == variables.numeric[name].spike)[:, None] * 1.0


class Levels(Feature):
    """A column for each level of a category."""

    label = "levels"

    def columns(self, variables: Variables, rows: Rows) -> Array:
        (name,) = self.names
        return variables.levels(rows.table, name)


class FactorLevels(Feature):
    """A column for each level of a grouping factor, for effects of the pairs of two factors."""

    label = "levels"

    @property
    def factors(self) -> tuple[str, ...]:
        return self.names

    def columns(self, variables: Variables, rows: Rows) -> Array:
        (name,) = self.names
        return indicators(rows.codes(name), rows.n_levels(name))


class Pair(Feature):
    """An interaction: all products of what is made of either predictor."""

    kinds: ClassVar[tuple[Maker, Maker]]
    """What of `Variables` makes columns of the first predictor and of the second."""
    is_rough: ClassVar[bool] = False
    """Whether it has so many columns that a test costs several times another's."""

    @property
    def parts(self) -> tuple[tuple[Maker, str], ...]:
        """What is multiplied: maker and predictor, twice."""
        return tuple(zip(self.kinds, self.names, strict=True))

    def columns(self, variables: Variables, rows: Rows) -> Array:
        return self.columns_of(Parts(variables, rows.table))

    def columns_of(self, parts: Parts) -> Array:
        """Return the columns of n rows, shape (n, m), from what other pairs may share."""
        return row_products(*map(parts, self.parts))


class Parts:
    """What pairs of predictors are made of in n rows, each made once.

    Parameters
    ----------
    variables : Variables
    table : Table
    """

    def __init__(self, variables: Variables, table: Table) -> None:
        self._variables, self._table = variables, table
        self._made: dict[tuple[Maker, str], Array] = {}

    def __call__(self, part: tuple[Maker, str]) -> Array:
        """Return the columns of one of the `Pair.parts`, shape (n, k)."""
        if part not in self._made:
            make, name = part
            self._made[part] = make(self._variables, self._table, name)
        return self._made[part]


class ByLevel(Pair):
    """A coarse smooth of a number, line included, for each level of a category."""

    label = "by"
    kinds = (Variables.fenced, Variables.levels)


class PathByLevel(Pair):
    """A coarse Brownian path of a number for each level of a category."""

    label = "path_by"
    kinds = (Variables.own_path, Variables.levels)
    is_rough = True


class Product(Pair):
    """The tensor product of coarse smooths of two numbers, lines included."""

    label = "product"
    kinds = (Variables.fenced, Variables.fenced)


class PathProduct(Pair):
    """The tensor product of Brownian paths of two numbers, for steps in both at once.

    Of a Brownian sheet's functions those that vary most (a hyperbolic cross): the variance of a
    product of the i-th function of one path and the j-th of the other falls as one over the
    square of i j.
    """

    label = "path_product"
    kinds = (Variables.path, Variables.path)
    is_rough = True

    def columns_of(self, parts: Parts) -> Array:
        """Return the columns of n rows, shape (n, m)."""
        first, second = map(parts, self.parts)
        numbers = (1 + np.arange(each.shape[1]) for each in (first, second))
        kept = np.multiply.outer(*numbers) <= ROUGHEST
        return (first[:, :, None] * second[:, None, :])[:, kept]


class LineProduct(Pair):
    """The product of two numbers, for groups that have too few rows for more."""

    label = "line_product"
    kinds = (Variables.fenced_line, Variables.fenced_line)


class LevelPairs(Pair):
    """A column for each pair of levels of two categories."""

    label = "pairs"
    kinds = (Variables.levels, Variables.levels)


FEATURES: dict[str, type[Feature]] = {
    kind.__name__: kind
    for kind in (
        Smooth,
        Path,
        OwnSmooth,
        OwnPath,
        Line,
        Spike,
        Levels,
        FactorLevels,
        ByLevel,
        PathByLevel,
        Product,
        PathProduct,
        LineProduct,
        LevelPairs,
    )
}
"""Every kind by the name that model files have it under."""
