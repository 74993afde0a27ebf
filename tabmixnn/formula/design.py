"""A formula fitted to data: the matrices of training data, and the same for new data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from tabmixnn.formula.columns import check_columns
from tabmixnn.formula.errors import FormulaError
from tabmixnn.formula.evaluate import Evaluator
from tabmixnn.formula.fixed import FixedPart, fixed_part
from tabmixnn.formula.formula import Formula
from tabmixnn.formula.frame import ModelFrame
from tabmixnn.formula.groups import group_levels, random_blocks
from tabmixnn.formula.learned import Learned
from tabmixnn.formula.matrix import ModelMatrix, check_names, model_matrix
from tabmixnn.formula.missing import WHEN_FITTING, WHEN_PREDICTING, keep_complete
from tabmixnn.formula.parser import parse_expression
from tabmixnn.formula.response import response_values
from tabmixnn.formula.terms import Terms, expand
from tabmixnn.formula.unseen import Unseen, find_unseen
from tabmixnn.option_checks import choice

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
    response_has_order : bool
        Whether the levels of the response have an order, see `Evaluator.has_order`. Not kept
        with the design: it is asked once, of the training rows.
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
    response_has_order: bool = field(default=True, compare=False)

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
        beside: Mapping[str, ArrayLike] | None = None,
    ) -> tuple[Design, ModelFrame]:
        """Return :meth:`fit`'s design and the training data's frame, in the time of one.

        Parameters
        ----------
        formula, data, unseen_levels, na_action
            As in :meth:`fit`.
        beside : mapping of str to array, optional
            What else is needed of the n rows, each of shape (n,) or (n, k), by what messages call
            it: `na_action` holds for it too.
        """
        choice("unseen_levels", unseen_levels, UNSEEN_LEVELS)
        choice("na_action", na_action, NA_ACTIONS)
        parsed = Formula.parse(formula)
        check_columns(data, sorted(parsed.variables))
        if parsed.has_dot:
            parsed = parsed.expand_dot(_column_names(data))
        design = cls(parsed, unseen_levels, na_action)
        return design, design._build(data, na_action=na_action, beside=beside, learning=True)

    def frame(
        self,
        data: pd.DataFrame,
        *,
        response: bool = True,
        na_action: str | None = None,
        beside: Mapping[str, ArrayLike] | None = None,
        groups: Collection[str] | None = None,
    ) -> ModelFrame:
        """Return the matrices of training data or of new data.

        Parameters
        ----------
        data : DataFrame
        response : bool
            Whether `data` have the response, and it is wanted.
        na_action : {"raise", "omit"}, optional
            Another policy than that of :meth:`fit`.
        beside : mapping of str to array, optional
            As in :meth:`fit_frame`.
        groups : collection of str, optional
            The grouping factors that matter, by their text in the formula; by default all. Where
            one does not, because its random effects are zero, columns that only tell its levels
            are not read: each row has the first level.

        Raises
        ------
        FormulaError
            If `data` lack a column, have missing values, or a fixed factor has a level that the
            training data did not have; the message names it.
        """
        action = self.na_action if na_action is None else na_action
        choice("na_action", action, NA_ACTIONS)
        return self._build(
            data,
            na_action=action,
            learning=False,
            response=response,
            beside=beside,
            groups=groups,
        )

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
            "learned": self.learned.to_dict(),
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Design:
        """Make a design from what :meth:`to_dict` returned, possibly through JSON."""
        try:
            formula = Formula.parse(state["formula"])
            learned = Learned.from_dict(state["learned"])
            rest = {name: state[name] for name in _STORED}
        except (KeyError, TypeError) as error:
            raise FormulaError(f"this is not a stored design: {error}") from error
        return cls(formula=formula, learned=learned, **rest)

    @property
    def group_levels(self) -> list[NDArray[np.str_]]:
        """The levels of the grouping factor of each random-effects term, each of shape (G,)."""
        return [group_levels(term.group, self.learned) for term in self.formula.random]

    @property
    def terms(self) -> list[Terms]:
        """The fixed terms, then those of each bar."""
        return [self._fixed, *self._random]

    def complete(self, data: pd.DataFrame) -> None:
        """Name the columns, when everything else has been learned elsewhere.

        Parameters
        ----------
        data : DataFrame
            A row or more that the design can read.
        """
        evaluator = Evaluator(data, self.learned, learning=False, unseen=self.unseen_levels)
        if self.formula.response is not None:
            response = parse_expression(self.formula.response)
            self.response_levels = response_values(response, evaluator)[1]
        fixed = fixed_part(self._fixed, evaluator)
        self._name_columns(fixed)
        check_names(self._parts(fixed, evaluator))

    def unseen(self, frame: ModelFrame) -> tuple[Unseen, ...]:
        """Return the levels in a frame's rows that the training data did not have."""
        return frame.unseen

    def _parts(self, fixed: FixedPart, evaluator: Evaluator) -> list[tuple[Terms, ModelMatrix]]:
        random = [(terms, model_matrix(terms, evaluator)) for terms in self._random]
        return [(self._fixed, fixed.matrix), *random]

    def _name_columns(self, fixed: FixedPart) -> None:
        self.fixed_names = fixed.matrix.names
        self.cont_names = fixed.cont_names
        self.cat_names, self.cat_levels = fixed.cat_names, fixed.cat_levels

    @cached_property
    def _levels(self) -> dict[str, Any]:
        return {term.group: group_levels(term.group, self.learned) for term in self.formula.random}

    @cached_property
    def _fixed(self) -> Terms:
        return expand(parse_expression(self.formula.fixed), self.formula.fixed)

    @cached_property
    def _random(self) -> list[Terms]:
        return [expand(parse_expression(term.expr), term.expr) for term in self.formula.random]

    def _build(
        self,
        data: pd.DataFrame,
        *,
        na_action: str,
        learning: bool,
        response: bool = True,
        beside: Mapping[str, ArrayLike] | None = None,
        groups: Collection[str] | None = None,
    ) -> ModelFrame:
        formula = self.formula
        names = list(formula.predictors if groups is None else formula.needed(groups))
        if response and formula.response is not None:
            names += sorted(formula.variables.difference(names))
        check_columns(data, names)
        # A column is looked up once: for a single row that is what takes the time.
        columns = {name: data[name] for name in names}
        advice = WHEN_FITTING if response else WHEN_PREDICTING
        rows = keep_complete(columns, len(data), na_action, beside=beside, advice=advice)
        if rows is None:
            kept = data
        else:
            kept = data[names].iloc[rows]
            columns = {name: kept[name] for name in names}
        evaluator = Evaluator(
            kept, self.learned, learning=learning, unseen=self.unseen_levels, columns=columns
        )
        y = None
        if response and formula.response is not None:
            node = parse_expression(formula.response)
            y, levels = response_values(node, evaluator)
            if learning:
                self.response_levels = levels
                self.response_has_order = evaluator.has_order(node)
        fixed = fixed_part(self._fixed, evaluator)
        if learning:
            self._name_columns(fixed)
        # Named once: with many groups that takes longer than everything else.
        levels = None if learning else self._levels
        offset = np.zeros(len(kept))
        for text in formula.offsets:
            offset += evaluator.numbers(parse_expression(text))
        blocks = random_blocks(formula.random, self._random, evaluator, levels, known=groups)
        unseen = evaluator.unseen_rows()
        if learning:
            check_names(self._parts(fixed, evaluator))
        return ModelFrame(
            fixed=fixed,
            y=y,
            offset=offset,
            blocks=blocks,
            index=kept.index,
            rows=np.arange(len(kept)) if rows is None else rows,
            unseen=find_unseen(unseen, self._parts(fixed, evaluator)) if unseen else (),
        )


_STORED = (
    "unseen_levels",
    "na_action",
    "fixed_names",
    "cont_names",
    "cat_names",
    "cat_levels",
    "response_levels",
)


def _column_names(data: pd.DataFrame) -> list[str]:
    for name in data.columns:
        if not isinstance(name, str) or name in ("", ".") or "`" in name:
            raise FormulaError(f"'.' cannot stand for a column named {name!r}; rename it")
    return list(data.columns)
