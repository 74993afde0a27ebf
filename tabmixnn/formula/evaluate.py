"""Variables of a formula on the rows of a data frame, learned once and repeated on new data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tabmixnn.formula.arguments import match_arguments
from tabmixnn.formula.arithmetic import evaluate
from tabmixnn.formula.columns import (
    as_numbers,
    check_no_times,
    is_logical,
    is_numeric,
    learn_levels,
    match_levels,
    plain,
    read_again,
)
from tabmixnn.formula.errors import (
    FormulaError,
    MissingValueError,
    UnseenLevelError,
    suggest,
)
from tabmixnn.formula.functions import ARITHMETIC, FACTOR_FUNCTIONS
from tabmixnn.formula.learned import Learned
from tabmixnn.formula.many_levels import ManyLevels, TextLevels
from tabmixnn.formula.nodes import Call, Name, Node, deparse, strip_parens
from tabmixnn.formula.transforms import TRANSFORMS, Transform
from tabmixnn.formula.values import FactorValue, NumericValue, Value

LOGICAL_LEVELS = ("FALSE", "TRUE")
Choice = Callable[[tuple[str, ...]], tuple[tuple[str, ...], str]]


class Evaluator:
    """Evaluates the nodes of a formula on one data frame.

    Every variable is evaluated once, by its text. What is not in `learned` yet is learned from
    the data if `learning`.

    Parameters
    ----------
    data : DataFrame, n rows
        Without missing values in the columns that are needed.
    learned : Learned
    learning : bool
    unseen : {"error", "reference", "zero"}
        What happens to levels that the training data did not have, see :meth:`value`.
    columns : mapping of str to Series, optional
        Columns of `data` that have been looked up.
    """

    def __init__(
        self,
        data: pd.DataFrame,
        learned: Learned,
        *,
        learning: bool,
        unseen: str = "error",
        columns: Mapping[str, pd.Series] | None = None,
    ) -> None:
        self.data = data
        self.learned = learned
        self.learning = learning
        self.unseen = unseen
        self._looked_up = self.data if columns is None else columns
        self._columns: dict[str, pd.Series] = {}
        self._values: dict[str, Value] = {}
        self._factors: dict[str, tuple[FactorValue, list[str]]] = {}

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.data)

    def value(self, node: Node) -> Value:
        """Return a variable of the model: a column or a call.

        Raises
        ------
        UnseenLevelError
            Naming the variable and the level, if `unseen` is ``"error"``.
        """
        label = deparse(node)
        if label not in self._values:
            self._values[label] = self._value(node, label)
        if self.unseen == "error":
            self.check_seen(
                node, "; leave these rows out, or give them a level that the training data had"
            )
        return self._values[label]

    def check_seen(self, node: Node, advice: str = "") -> None:
        """Refuse levels of an evaluated variable that the training data did not have.

        Raises
        ------
        UnseenLevelError
            Naming the variable and the level, followed by `advice`.
        """
        label = deparse(node)
        _, unknown = self._factors.get(label, (None, []))
        if unknown:
            raise UnseenLevelError(
                f"{label} has the level {unknown[0]!r}, which the training data did not have"
                f"{advice}"
            )

    def has_order(self, node: Node) -> bool:
        """Whether the levels of a variable have an order that is not that of the alphabet.

        Numbers and booleans have one, as have an ordered Categorical and a call that lists levels.
        """
        node = strip_parens(node)
        if isinstance(node, Name):
            series = self._column(node.name)
            if isinstance(series.dtype, pd.CategoricalDtype):
                return series.cat.ordered
            return is_numeric(series) or is_logical(series)
        if isinstance(node, Call) and node.function in FACTOR_FUNCTIONS:
            variable, options = match_arguments(node, deparse(node))
            return options.get("levels") is not None or self.has_order(variable)
        return True

    def unseen_rows(self) -> dict[str, int]:
        """Return in how many rows each evaluated variable has a level that is new, if any."""
        return {
            label: int((value.codes < 0).sum())
            for label, value in self._values.items()
            if isinstance(value, FactorValue) and (value.codes < 0).any()
        }

    def factor(self, node: Node) -> FactorValue:
        """Return a column or a call of a factor function as a grouping factor.

        Levels that the training data did not have have the code -1, whatever `unseen` says.
        """
        label = deparse(node)
        if isinstance(node, Name):
            return self._column_factor(node.name, label)
        assert isinstance(node, Call)
        return self._called_factor(node, label)

    def numbers(self, node: Node) -> NDArray[np.float64]:
        """Evaluate arithmetic to finite numbers, shape (n,).

        Raises
        ------
        MissingValueError
            If the result is not a finite number in some row.
        """
        return self._finite(evaluate(node, self), deparse(node)).astype(np.float64, copy=False)

    def column_numbers(self, name: str) -> NDArray[np.float64]:
        """Return a numeric column, shape (n,)."""
        return as_numbers(self._column(name), name)

    def column_equals(self, name: str, level: str) -> NDArray[np.bool_]:
        """Return where a categorical column has a level, shape (n,)."""
        factor = self._column_factor(name, deparse(Name(name)))
        if level not in factor.levels:
            raise FormulaError(
                f"column {name!r} has no level {level!r}.{suggest(level, factor.levels)}"
            )
        return factor.codes == factor.levels.index(level)

    def call(self, node: Call) -> NDArray:
        """Return ``I()`` or a transform, learning its state if needed: shape (n,) or (n, k)."""
        label = deparse(node)
        variable, options = match_arguments(node, label)
        if node.function == ARITHMETIC:
            return self._finite(evaluate(variable, self), label)
        if node.function not in TRANSFORMS:
            raise FormulaError(f"{label} is not a number")
        transform = TRANSFORMS[node.function]
        x = self.numbers(variable)
        if self.learning and label not in self.learned.transforms:
            self.learn_transform(label, transform, x, options)
        return self._finite(transform.apply(x, self.learned.recall("transforms", label)), label)

    def learn_transform(
        self, label: str, transform: Transform, x: NDArray[np.float64], options: dict[str, Any]
    ) -> None:
        """Learn the state of a call of a transform from its column, shape (n,)."""
        try:
            self.learned.transforms[label] = transform.fit(x, **options)
        except ValueError as error:
            raise FormulaError(f"{label}: {error}") from error

    def learn_factor(self, label: str, series: pd.Series, choose: Choice) -> FactorValue:
        """Learn the levels of a column and let `choose` order them; return the column's codes."""
        codes, found = learn_levels(series)
        levels, contrast = choose(tuple(found))
        self.learned.factors[label] = {"levels": list(levels), "contrast": contrast}
        if tuple(found) != levels:
            place = {level: position for position, level in enumerate(levels)}
            codes = np.array([place[level] for level in found], dtype=np.int64)[codes]
        return FactorValue(codes, levels, contrast)

    def _column(self, name: str) -> pd.Series:
        if name not in self._columns:
            column = plain(self._looked_up[name], name)
            kind = None if self.learning else self.learned.kinds.get(name)
            self._columns[name] = read_again(column, kind)
        return self._columns[name]

    def _value(self, node: Node, label: str) -> Value:
        if isinstance(node, Name):
            if self._kind(node.name) == "numeric":
                return NumericValue(self.column_numbers(node.name)[:, None])
            return self._column_factor(node.name, label)
        assert isinstance(node, Call)
        if node.function in FACTOR_FUNCTIONS:
            return self._called_factor(node, label)
        result = self.call(node)
        if result.dtype == np.bool_:
            return FactorValue(result.astype(np.int64), LOGICAL_LEVELS)
        if node.function == ARITHMETIC:
            return NumericValue(result[:, None])
        state = self.learned.recall("transforms", label)
        suffixes = TRANSFORMS[node.function].suffixes(state)
        return NumericValue(result.reshape(len(result), -1), suffixes)

    def _kind(self, name: str) -> str:
        series = self._column(name)
        kind = "numeric" if is_numeric(series) else "logical" if is_logical(series) else "factor"
        if kind == "factor":
            check_no_times(series, name)
        if self.learning:
            self.learned.kinds.setdefault(name, kind)
        before = self.learned.recall("kinds", name)
        if before == "numeric" and kind == "factor":
            raise FormulaError(
                f"column {name!r} held numbers in the training data and is now categorical"
            )
        return before

    def _column_factor(self, name: str, label: str) -> FactorValue:
        if label not in self._factors:
            series = self._column(name)
            contrast = _own_contrast(series)
            self._factors[label] = self._code(series, label, lambda levels: (levels, contrast))
        return self._factors[label][0]

    def _called_factor(self, node: Call, label: str) -> FactorValue:
        if label in self._factors:
            return self._factors[label][0]
        variable, options = match_arguments(node, label)
        variable = strip_parens(variable)
        lost: list[str] = []
        if isinstance(variable, Name):
            series = self._column(variable.name)
            contrast = _own_contrast(series)
        elif isinstance(variable, Call) and variable.function in FACTOR_FUNCTIONS:
            inner = self._called_factor(variable, deparse(variable))
            lost = self._factors[deparse(variable)][1]
            series = pd.Series(pd.Categorical.from_codes(inner.codes, list(inner.levels)))
            contrast = inner.contrast
        else:
            series, contrast = pd.Series(self.numbers(variable)), "treatment"

        def choose(levels: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
            try:
                return FACTOR_FUNCTIONS[node.function].fit(levels, contrast, **options)
            except ValueError as error:
                raise FormulaError(f"{label}: {error}") from error

        factor, unknown = self._code(series, label, choose)
        self._factors[label] = factor, lost + unknown
        return factor

    def _code(self, series: pd.Series, label: str, choose: Choice) -> tuple[FactorValue, list[str]]:
        """Code a column with the levels learned before, or learn them and let `choose` order.

        Returns
        -------
        tuple of (FactorValue, list of str)
            The factor, and the levels that the training data did not have.
        """
        if self.learning and label not in self.learned.factors:
            return self.learn_factor(label, series, choose), []
        state = self.learned.recall("factors", label)
        levels = state["levels"]
        if not isinstance(levels, ManyLevels):
            # With an index: a single row should not cost as much as there are levels.
            levels = state["levels"] = TextLevels(levels)
        codes, unknown = match_levels(series, levels)
        return FactorValue(codes, levels, state["contrast"]), unknown

    def _finite(self, result: NDArray, label: str) -> NDArray:
        values = np.asarray(result)
        if values.ndim == 0:
            raise FormulaError(f"{label} is the same in every row")
        finite = np.isfinite(values)
        if not finite.all():
            bad = ~finite.reshape(len(values), -1).all(axis=1)
            row = self.data.index[int(np.argmax(bad))]
            raise MissingValueError(
                f"{label} is not a finite number in {int(bad.sum())} row(s), the first with the "
                f"index {row!r}"
            )
        return values


def _own_contrast(series: pd.Series) -> str:
    """Return R's default contrasts: polynomial for an ordered factor, treatment otherwise."""
    ordered = isinstance(series.dtype, pd.CategoricalDtype) and series.cat.ordered
    return "poly" if ordered else "treatment"
