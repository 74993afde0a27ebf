"""Variables of a formula on the rows of a data frame, learned once and repeated on new data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tabmixnn.formula.arguments import match_arguments
from tabmixnn.formula.columns import (
    as_numbers,
    is_logical,
    is_numeric,
    learn_levels,
    match_levels,
    plain,
)
from tabmixnn.formula.errors import FormulaError, MissingValueError, UnseenLevelError
from tabmixnn.formula.functions import ARITHMETIC, FACTOR_FUNCTIONS
from tabmixnn.formula.nodes import (
    Binary,
    Call,
    Logical,
    Name,
    Node,
    Number,
    Paren,
    String,
    Unary,
    deparse,
    signed_parts,
    strip_parens,
)
from tabmixnn.formula.transforms import TRANSFORMS
from tabmixnn.formula.values import FactorValue, NumericValue, Value

OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "^": np.power,
    "<": np.less,
    ">": np.greater,
    "<=": np.less_equal,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}
LOGICAL_LEVELS = ("FALSE", "TRUE")


@dataclass
class Learned:
    """What the training data taught, as JSON-able dicts.

    Attributes
    ----------
    kinds : dict of str to str
        For each column ``"numeric"``, ``"logical"`` or ``"factor"``.
    factors : dict of str to dict
        ``{"levels": [...], "contrast": ...}`` for each categorical variable, by its text.
    transforms : dict of str to dict
        The state of each call of a transform, by its text.
    groups : dict of str to dict
        The combinations of levels that each interaction of grouping factors has.
    """

    kinds: dict[str, str] = field(default_factory=dict)
    factors: dict[str, dict[str, Any]] = field(default_factory=dict)
    transforms: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)


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
    """

    def __init__(self, data: pd.DataFrame, learned: Learned, *, learning: bool) -> None:
        self.data = data
        self.learned = learned
        self.learning = learning
        self._columns: dict[str, pd.Series] = {}
        self._values: dict[str, Value] = {}
        self._factors: dict[str, tuple[FactorValue, list[str]]] = {}

    def column(self, name: str) -> pd.Series:
        """Return a column in its plain type."""
        if name not in self._columns:
            self._columns[name] = plain(self.data[name], name)
        return self._columns[name]

    def value(self, node: Node, unseen: str = "error") -> Value:
        """Return a variable of the model.

        Parameters
        ----------
        node : Node
            A column or a call.
        unseen : str
            ``"error"`` refuses levels that the training data did not have.

        Raises
        ------
        UnseenLevelError
            Naming the variable and the level.
        """
        label = deparse(node)
        if label not in self._values:
            self._values[label] = self._value(node, label)
        value = self._values[label]
        if isinstance(value, FactorValue) and unseen == "error":
            _, unknown = self._factors.get(label, (value, []))
            if unknown:
                raise UnseenLevelError(
                    f"{label} has the level {unknown[0]!r}, which the training data did not have; "
                    f"leave these rows out, or make the design with unseen_levels='reference' "
                    f"or 'zero'"
                )
        return value

    def factor(self, node: Node) -> FactorValue:
        """Return a column or a call of a factor function as a grouping factor."""
        if isinstance(node, Name):
            return self._column_factor(node.name, deparse(node))
        value = self.value(node, unseen="zero")
        if isinstance(value, FactorValue):
            return value
        raise FormulaError(f"{deparse(node)} is not categorical")

    def numbers(self, node: Node) -> NDArray[np.float64]:
        """Evaluate arithmetic to finite numbers, shape (n,).

        Raises
        ------
        MissingValueError
            If the result is not a number in some row.
        """
        result = np.asarray(self._arithmetic(node), dtype=np.float64)
        if result.ndim == 0:
            raise FormulaError(f"{deparse(node)} is the same in every row")
        self._check_finite(result, deparse(node))
        return result

    def _value(self, node: Node, label: str) -> Value:
        if isinstance(node, Name):
            if self._kind(node.name) == "numeric":
                return NumericValue(as_numbers(self.column(node.name), node.name)[:, None])
            return self._column_factor(node.name, label)
        assert isinstance(node, Call)
        if node.function in FACTOR_FUNCTIONS:
            return self._called_factor(node, label)
        result = self._call(node)
        if result.dtype == np.bool_:
            return FactorValue(result.astype(np.int64), LOGICAL_LEVELS)
        if result.ndim == 0:
            raise FormulaError(f"{label} is the same in every row")
        self._check_finite(result, label)
        if node.function not in TRANSFORMS:
            return NumericValue(result[:, None])
        suffixes = TRANSFORMS[node.function].suffixes(self.learned.transforms[label])
        return NumericValue(result.reshape(len(result), -1), suffixes)

    def _kind(self, name: str) -> str:
        series = self.column(name)
        kind = "numeric" if is_numeric(series) else "logical" if is_logical(series) else "factor"
        if self.learning:
            self.learned.kinds.setdefault(name, kind)
        before = self.learned.kinds[name]
        if before == "numeric" and kind == "factor":
            raise FormulaError(
                f"column {name!r} held numbers in the training data and now holds {series.dtype}"
            )
        return before

    def _column_factor(self, name: str, label: str) -> FactorValue:
        if label not in self._factors:
            series = self.column(name)
            ordered = isinstance(series.dtype, pd.CategoricalDtype) and bool(series.cat.ordered)
            contrast = "poly" if ordered else "treatment"
            self._factors[label] = self._code(series, label, lambda levels: (levels, contrast))
        return self._factors[label][0]

    def _called_factor(self, node: Call, label: str) -> FactorValue:
        variable, options = match_arguments(node, label)
        variable = strip_parens(variable)
        function = FACTOR_FUNCTIONS[node.function]
        contrast = "treatment"
        if isinstance(variable, Name):
            series = self.column(variable.name)
            if isinstance(series.dtype, pd.CategoricalDtype) and series.cat.ordered:
                contrast = "poly"
        elif isinstance(variable, Call) and variable.function in FACTOR_FUNCTIONS:
            inner = self.factor(variable)
            names = np.array([*inner.levels, ""], dtype=object)[inner.codes]
            series = pd.Series(
                pd.Categorical(names, categories=list(inner.levels)), index=self.data.index
            )
            contrast = inner.contrast
        else:
            series = pd.Series(self.numbers(variable), index=self.data.index)

        def choose(levels: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
            try:
                return function.fit(levels, contrast, **options)
            except ValueError as error:
                raise FormulaError(f"{label}: {error}") from error

        self._factors[label] = self._code(series, label, choose)
        return self._factors[label][0]

    def _code(
        self,
        series: pd.Series,
        label: str,
        choose: Callable[[tuple[str, ...]], tuple[tuple[str, ...], str]],
    ) -> tuple[FactorValue, list[str]]:
        """Code a column with the levels learned before, or learn them and let `choose` order."""
        if self.learning and label not in self.learned.factors:
            codes, found = learn_levels(series)
            levels, contrast = choose(tuple(found))
            self.learned.factors[label] = {"levels": list(levels), "contrast": contrast}
            if tuple(found) != levels:
                place = {level: position for position, level in enumerate(levels)}
                codes = np.array([*(place[level] for level in found), -1], dtype=np.int64)[codes]
            return FactorValue(codes, levels, contrast), []
        state = self.learned.factors[label]
        codes, unknown = match_levels(series, state["levels"])
        return FactorValue(codes, tuple(state["levels"]), state["contrast"]), unknown

    def _call(self, node: Call) -> NDArray:
        """Evaluate ``I()`` or a transform, learning its state if needed."""
        label = deparse(node)
        variable, options = match_arguments(node, label)
        if node.function == ARITHMETIC:
            return np.asarray(self._arithmetic(variable))
        transform = TRANSFORMS[node.function]
        x = self.numbers(variable)
        if self.learning and label not in self.learned.transforms:
            try:
                self.learned.transforms[label] = transform.fit(x, **options)
            except ValueError as error:
                raise FormulaError(f"{label}: {error}") from error
        return transform.apply(x, self.learned.transforms[label])

    def _arithmetic(self, node: Node) -> Any:
        """Evaluate to an array of shape (n,), or to a scalar if no column is named."""
        match node:
            case Number() | Logical():
                return float(node.value)
            case Name():
                return as_numbers(self.column(node.name), node.name)
            case Paren():
                return self._arithmetic(node.inner)
            case Call():
                result = self._call(node)
                if result.ndim > 1:
                    if result.shape[1] > 1:
                        raise FormulaError(
                            f"{deparse(node)} has {result.shape[1]} columns and cannot be part "
                            f"of arithmetic"
                        )
                    result = result[:, 0]
                return result
            case Unary() | Binary(operator="+" | "-"):
                (sign, first), *rest = signed_parts(node)
                total = self._arithmetic(first) * (1.0 if sign == "+" else -1.0)
                for operator, part in rest:
                    total = OPERATIONS[operator](total, self._arithmetic(part))
                return total
            case Binary() if isinstance(node.left, String) or isinstance(node.right, String):
                return self._compare_texts(node)
            case Binary():
                left, right = self._arithmetic(node.left), self._arithmetic(node.right)
                with np.errstate(all="ignore"):
                    return OPERATIONS[node.operator](left, right)
        raise FormulaError(f"{deparse(node)} is not a number")

    def _compare_texts(self, node: Binary) -> NDArray[np.bool_]:
        sides = {type(side): side for side in (node.left, node.right)}
        name, text = sides.get(Name), sides[String]
        if node.operator not in ("==", "!=") or not isinstance(name, Name):
            raise FormulaError(f"{deparse(node)}: a string can only be equal to a column or not")
        factor = self._column_factor(name.name, deparse(name))
        assert isinstance(text, String)
        if text.value not in factor.levels:
            raise FormulaError(f"{deparse(node)}: the column has no level {text.value!r}")
        equal = factor.codes == factor.levels.index(text.value)
        return equal if node.operator == "==" else ~equal

    def _check_finite(self, values: NDArray[np.float64], label: str) -> None:
        if not np.isfinite(values).all():
            bad = ~np.isfinite(values.reshape(len(values), -1)).all(axis=1)
            row = self.data.index[int(np.argmax(bad))]
            raise MissingValueError(
                f"{label} is not a finite number in {int(bad.sum())} row(s), the first with the "
                f"index {row!r}"
            )
