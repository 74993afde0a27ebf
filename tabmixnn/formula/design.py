"""A formula fitted to data: the matrices of training data, and the same for new data."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tabmixnn.formula.columns import check_columns
from tabmixnn.formula.errors import FormulaError
from tabmixnn.formula.evaluate import Evaluator, Learned
from tabmixnn.formula.formula import Formula
from tabmixnn.formula.frame import ModelFrame
from tabmixnn.formula.groups import RandomBlock, group_codes, group_name
from tabmixnn.formula.matrix import ModelMatrix, model_matrix
from tabmixnn.formula.missing import keep_complete
from tabmixnn.formula.parser import parse_expression
from tabmixnn.formula.response import response_values
from tabmixnn.formula.terms import Terms, expand
from tabmixnn.formula.values import FactorValue

UNSEEN_LEVELS = ("error", "reference", "zero")
NA_ACTIONS = ("raise", "omit")


@dataclass
class Design:
    """What a formula has learned from training data.

    Made by :meth:`fit` or :meth:`fit_frame`.

    Attributes
    ----------
    formula : Formula
        With ``.`` replaced by the columns it stands for.
    unseen_levels, na_action : str
        The policies given to :meth:`fit`.
    fixed_names : list of str, length p
        R's names of the columns of X.
    cont_names, cat_names : list of str
        What the columns of a frame's `cont` and `cat` are.
    cat_levels : list of list of str
        The levels of each of `cat_names`.
    response_levels : list or None
        The levels of a categorical response; `y` holds positions in this list.
    learned : Learned
        Levels, contrasts and the state of transforms.
    """

    formula: Formula
    unseen_levels: str = "error"
    na_action: str = "raise"
    fixed_names: list[str] = field(default_factory=list)
    cont_names: list[str] = field(default_factory=list)
    cat_names: list[str] = field(default_factory=list)
    cat_levels: list[list[str]] = field(default_factory=list)
    response_levels: list[Any] | None = None
    learned: Learned = field(default_factory=Learned)

    @classmethod
    def fit(
        cls,
        formula: Formula | str,
        data: pd.DataFrame,
        *,
        unseen_levels: str = "error",
        na_action: str = "raise",
    ) -> Design:
        """Learn levels, contrasts and transforms from training data.

        Parameters
        ----------
        formula : Formula or str
        data : DataFrame
        unseen_levels : {"error", "reference", "zero"}
            What :meth:`frame` does with a level of a fixed factor (or of a factor with random
            slopes) that `data` do not have: raise UnseenLevelError; give the row the first
            level's coding; or give it zeros in every column of that factor. The last two differ
            where a factor has a column for each level, or contrasts other than treatment.
        na_action : {"raise", "omit"}
            What happens to rows with missing values in a column that is needed: raise
            MissingValueError, or leave them out.

        Raises
        ------
        FormulaError
            If the formula cannot be applied to `data`.
        """
        return cls.fit_frame(formula, data, unseen_levels=unseen_levels, na_action=na_action)[0]

    @classmethod
    def fit_frame(
        cls,
        formula: Formula | str,
        data: pd.DataFrame,
        *,
        unseen_levels: str = "error",
        na_action: str = "raise",
    ) -> tuple[Design, ModelFrame]:
        """Return :meth:`fit`'s design and the training data's frame, in the time of one."""
        _check_choice(unseen_levels, "unseen_levels", UNSEEN_LEVELS)
        _check_choice(na_action, "na_action", NA_ACTIONS)
        parsed = Formula.parse(formula)
        check_columns(data, sorted(parsed.variables))
        if parsed.has_dot:
            parsed = parsed.expand_dot(_column_names(data))
        design = cls(parsed, unseen_levels, na_action)
        return design, design._build(data, response=True, na_action=na_action, learning=True)

    def frame(
        self, data: pd.DataFrame, *, response: bool = True, na_action: str | None = None
    ) -> ModelFrame:
        """Return the matrices of training data or of new data.

        Parameters
        ----------
        data : DataFrame
        response : bool
            Whether `data` have the response, and it is wanted.
        na_action : {"raise", "omit"}, optional
            Another policy than that of :meth:`fit`.

        Raises
        ------
        FormulaError
            If `data` lack a column, have missing values, or a fixed factor has a level that the
            training data did not have; the message names it.
        """
        action = self.na_action if na_action is None else na_action
        _check_choice(action, "na_action", NA_ACTIONS)
        return self._build(data, response=response, na_action=action, learning=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the design as JSON-able data; see :meth:`from_dict`."""
        return {
            "formula": str(self.formula),
            "unseen_levels": self.unseen_levels,
            "na_action": self.na_action,
            "fixed_names": self.fixed_names,
            "cont_names": self.cont_names,
            "cat_names": self.cat_names,
            "cat_levels": self.cat_levels,
            "response_levels": self.response_levels,
            "learned": asdict(self.learned),
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Design:
        """Make a design from what :meth:`to_dict` returned, possibly through JSON."""
        try:
            formula = Formula.parse(state["formula"])
            learned = Learned(**state["learned"])
            rest = {name: state[name] for name in _STORED}
        except (KeyError, TypeError) as error:
            raise FormulaError(f"this is not a stored design: {error}") from error
        return cls(formula=formula, learned=learned, **rest)

    @cached_property
    def _fixed(self) -> Terms:
        return expand(parse_expression(self.formula.fixed), self.formula.fixed)

    @cached_property
    def _random(self) -> list[Terms]:
        return [expand(parse_expression(term.expr), term.expr) for term in self.formula.random]

    def _build(
        self, data: pd.DataFrame, *, response: bool, na_action: str, learning: bool
    ) -> ModelFrame:
        formula = self.formula
        wanted = response and formula.response is not None
        names = list(formula.predictors)
        if wanted:
            names = sorted({*names, *formula.variables}, key=list(data.columns).index)
        check_columns(data, names)
        rows = keep_complete(data, names, na_action)
        kept = data[names] if rows is None else data[names].iloc[rows]
        evaluator = Evaluator(kept, self.learned, learning=learning)
        n = len(kept)
        y = None
        if wanted:
            y, levels = response_values(parse_expression(formula.response), evaluator)
            if learning:
                self.response_levels = levels
        fixed = self._matrix(self._fixed, evaluator, n)
        cat_terms = self._categorical_terms(evaluator)
        if learning:
            self._learn_names(fixed, cat_terms, evaluator)
        offset = np.zeros(n)
        for text in formula.offsets:
            offset += evaluator.numbers(parse_expression(text))
        cat = np.empty((n, len(cat_terms)), dtype=np.int64)
        for column, position in enumerate(cat_terms):
            cat[:, column] = self._main_effect(position, evaluator).codes
        cont_columns = [
            column
            for column, term in enumerate(fixed.assign)
            if term >= 0 and term not in cat_terms
        ]
        return ModelFrame(
            X=fixed.values,
            y=y,
            offset=offset,
            blocks=self._blocks(evaluator, n),
            cat=cat,
            index=kept.index,
            rows=np.arange(n) if rows is None else rows,
            cont_columns=np.array(cont_columns, dtype=np.int64),
        )

    def _matrix(self, terms: Terms, evaluator: Evaluator, n: int) -> ModelMatrix:
        return model_matrix(
            terms,
            lambda node: evaluator.value(node, self.unseen_levels),
            n,
            self.unseen_levels,
        )

    def _main_effect(self, position: int, evaluator: Evaluator) -> FactorValue | None:
        members = self._fixed.members(self._fixed.terms[position])
        value = evaluator.value(self._fixed.variables[members[0]], self.unseen_levels)
        return value if len(members) == 1 and isinstance(value, FactorValue) else None

    def _categorical_terms(self, evaluator: Evaluator) -> list[int]:
        return [
            position
            for position in range(len(self._fixed.terms))
            if self._main_effect(position, evaluator) is not None
        ]

    def _learn_names(self, fixed: ModelMatrix, cat_terms: list[int], evaluator: Evaluator) -> None:
        self.fixed_names = fixed.names
        self.cont_names = [
            name
            for name, term in zip(fixed.names, fixed.assign, strict=True)
            if term >= 0 and term not in cat_terms
        ]
        self.cat_names = [self._fixed.label(self._fixed.terms[position]) for position in cat_terms]
        self.cat_levels = [
            list(self._main_effect(position, evaluator).levels) for position in cat_terms
        ]

    def _blocks(self, evaluator: Evaluator, n: int) -> list[RandomBlock]:
        blocks: list[RandomBlock] = []
        coded: dict[str, tuple[NDArray[np.int64], NDArray[np.str_]]] = {}
        for term, effects in zip(self.formula.random, self._random, strict=True):
            if term.group not in coded:
                coded[term.group] = group_codes(term.group, evaluator)
            codes, levels = coded[term.group]
            matrix = self._matrix(effects, evaluator, n)
            blocks.append(
                RandomBlock(
                    group=group_name(term.group),
                    codes=codes,
                    levels=levels,
                    names=matrix.names,
                    Z=matrix.values,
                    correlated=term.correlated,
                )
            )
        return blocks


_STORED = (
    "unseen_levels",
    "na_action",
    "fixed_names",
    "cont_names",
    "cat_names",
    "cat_levels",
    "response_levels",
)


def _check_choice(value: str, name: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}, not {value!r}")


def _column_names(data: pd.DataFrame) -> list[str]:
    names: list[Hashable] = list(data.columns)
    for name in names:
        if not isinstance(name, str):
            raise FormulaError(f"'.' needs columns named by strings; {name!r} is not one")
    return [str(name) for name in names]
