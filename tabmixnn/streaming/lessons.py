"""What a design learns of one variable, from batches of rows."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import pandas as pd

from tabmixnn.formula.columns import learn_levels
from tabmixnn.formula.errors import FormulaError
from tabmixnn.formula.evaluate import Choice
from tabmixnn.formula.learned import Learned
from tabmixnn.formula.many_levels import MANY, TextLevels, WholeLevels
from tabmixnn.formula.transforms.pieces import PieceLearner
from tabmixnn.streaming.distinct import DistinctNumbers, DistinctTexts


class Lesson(Protocol):
    """Something that is learned in one pass over the rows or more."""

    def add(self, values: Any) -> None:
        """Look at a batch."""

    def finish(self, learned: Learned) -> bool:
        """Write down what was learned in this pass; return whether that is all."""


class TransformLesson:
    """The state of a call of a transform.

    Parameters
    ----------
    label : str
        Its text.
    learner : PieceLearner
    """

    def __init__(self, label: str, learner: PieceLearner) -> None:
        self.label, self.learner = label, learner

    def add(self, values: np.ndarray) -> None:
        """Look at a batch of the transform's column."""
        self.learner.add(values)

    def finish(self, learned: Learned) -> bool:
        """Write the state down, if it is known."""
        try:
            state = self.learner.end_pass()
        except ValueError as error:
            raise FormulaError(f"{self.label}: {error}") from error
        if state is not None:
            learned.transforms[self.label] = state
        return state is not None


class LevelsLesson:
    """The levels of a categorical variable.

    Parameters
    ----------
    label : str
    choose : callable
        From the levels as found to those in the order that is wanted, and the contrasts.
    """

    def __init__(self, label: str, choose: Choice) -> None:
        self.label, self.choose = label, choose
        self.found: DistinctNumbers | DistinctTexts | DistinctCategories | None = None

    def add(self, values: pd.Series) -> None:
        """Look for levels in a batch of the column."""
        if self.found is None:
            self.found = _distinct_of(values)
        self.found.add(values)

    def finish(self, learned: Learned) -> bool:
        """Write the levels down."""
        column = self.found.column()
        whole = isinstance(column, np.ndarray) and column.dtype.kind in "iu"
        if len(column) > MANY and whole:
            levels, contrast = self.choose(WholeLevels(column))
        else:
            levels, contrast = self.choose(tuple(learn_levels(pd.Series(column))[1]))
        if not isinstance(levels, WholeLevels):
            levels = TextLevels(levels) if len(levels) > MANY else list(levels)
        learned.factors[self.label] = {"levels": levels, "contrast": contrast}
        return True


class CombinationsLesson:
    """The combinations of levels that an interaction of grouping factors has.

    Parameters
    ----------
    label : str
        The text of the interaction.
    """

    def __init__(self, label: str) -> None:
        self.label, self.found = label, DistinctNumbers()

    def add(self, values: np.ndarray) -> None:
        """Look at the numbers of a batch's combinations."""
        self.found.add(values)

    def finish(self, learned: Learned) -> bool:
        """Write the combinations down."""
        learned.groups[self.label] = {"keys": self.found.column().tolist()}
        return True


class DistinctCategories:
    """The categories that occur, in the order that the column gives them.

    Parameters
    ----------
    ordered : bool
    """

    def __init__(self, ordered: bool) -> None:
        self.ordered = ordered
        self.order: dict[Any, bool] = {}

    def add(self, values: pd.Series) -> None:
        """Note the categories, and which of them occur."""
        used = np.bincount(values.cat.codes[values.cat.codes >= 0], minlength=1) > 0
        for place, category in enumerate(values.cat.categories.tolist()):
            occurs = place < len(used) and bool(used[place])
            self.order[category] = self.order.get(category, False) or occurs

    def column(self) -> pd.Categorical:
        """Return a column with each of them."""
        used = [category for category, occurs in self.order.items() if occurs]
        return pd.Categorical(used, categories=list(self.order), ordered=self.ordered)


def _distinct_of(values: pd.Series) -> DistinctNumbers | DistinctTexts | DistinctCategories:
    if isinstance(values.dtype, pd.CategoricalDtype):
        return DistinctCategories(values.cat.ordered)
    return DistinctNumbers() if values.dtype.kind in "iuf" else DistinctTexts()
