"""A design learned from the rows of a file, in as few passes as its formula allows.

In the first pass over the rows all levels and all statistics of transforms are collected that
depend on the columns alone. What depends on these (combinations of levels, a transform of a
transform, the next constant of an orthogonal polynomial) takes further passes over the columns
that it needs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from operator import methodcaller
from typing import Any

import numpy as np
import pandas as pd

from tabmixnn.formula import Design
from tabmixnn.formula.check import columns_of
from tabmixnn.formula.errors import FormulaError
from tabmixnn.formula.evaluate import Choice, Evaluator
from tabmixnn.formula.groups import combination_keys, group_factors
from tabmixnn.formula.learned import Learned
from tabmixnn.formula.nodes import Node, deparse
from tabmixnn.formula.parser import parse_expression
from tabmixnn.formula.response import response_values
from tabmixnn.formula.transforms import Transform
from tabmixnn.formula.values import FactorValue
from tabmixnn.streaming.lessons import CombinationsLesson, Lesson, LevelsLesson, TransformLesson
from tabmixnn.streaming.rows import FileRows


class NotYetLearned(Exception):
    """A variable cannot be evaluated before this pass over the rows has ended.

    Parameters
    ----------
    label : str
        What is still being learned.
    """

    def __init__(self, label: str) -> None:
        super().__init__(label)
        self.label = label


class Scout(Evaluator):
    """Evaluates variables on a batch and hands what is to be learned to lessons.

    Parameters
    ----------
    data : DataFrame
    learned : Learned
    lessons : dict of str to Lesson
        Those of this pass, by the text of what they are about; new ones are added.
    """

    def __init__(self, data: pd.DataFrame, learned: Learned, lessons: dict[str, Lesson]) -> None:
        super().__init__(data, learned, learning=True)
        self.lessons = lessons
        self._taught: set[str] = set()

    def learn_transform(
        self, label: str, transform: Transform, x: np.ndarray, options: dict[str, Any]
    ) -> None:
        """Hand the column of a transform to its lesson; see `Evaluator.learn_transform`."""
        if not transform.learns:
            super().learn_transform(label, transform, x, options)
            return
        if label not in self.lessons:
            try:
                self.lessons[label] = TransformLesson(label, transform.in_pieces(**options))
            except ValueError as error:
                raise FormulaError(f"{label}: {error}") from error
        self._teach(label, x)

    def learn_factor(self, label: str, series: pd.Series, choose: Choice) -> FactorValue:
        """Hand a categorical column to its lesson; see `Evaluator.learn_factor`."""
        self.lessons.setdefault(label, LevelsLesson(label, choose))
        return self._teach(label, series)

    def combinations(self, group: str) -> None:
        """Learn the combinations of an interaction of grouping factors."""
        keys = combination_keys(group, self)
        self.lessons.setdefault(group, CombinationsLesson(group))
        self._teach(group, keys)

    def _teach(self, label: str, values: Any) -> Any:
        if label not in self._taught:
            self._taught.add(label)
            self.lessons[label].add(values)
        raise NotYetLearned(label)


@dataclass(frozen=True)
class Task:
    """A part of the formula that must be possible to evaluate when everything is learned.

    Parameters
    ----------
    label : str
        Its text.
    columns : tuple of str
        What it reads.
    run : callable
        Evaluates it.
    """

    label: str
    columns: tuple[str, ...]
    run: Callable[[Scout], Any]


def learn_design(design: Design, rows: FileRows) -> None:
    """Learn levels, contrasts and transforms from the rows, and count them.

    Parameters
    ----------
    design : Design
        New; it is completed.
    rows : FileRows
        Not read yet.

    Raises
    ------
    FormulaError
        If the formula cannot be applied to the rows, or needs all of them at once.
    """
    waiting, lessons = _tasks(design), {}
    batches = rows.check()
    while True:
        blocked: set[str] = set()
        for data in batches:
            scout = Scout(data, design.learned, lessons)
            for task in waiting:
                try:
                    task.run(scout)
                except NotYetLearned as cause:
                    if cause.label != task.label:
                        blocked.add(task.label)
        lessons = {
            label: lesson for label, lesson in lessons.items() if not lesson.finish(design.learned)
        }
        waiting = [task for task in waiting if task.label in blocked or task.label in lessons]
        if not waiting:
            break
        columns = list(dict.fromkeys(name for task in waiting for name in task.columns))
        batches = rows.batches("learning transforms", columns)
    design.complete(rows.sample)


def _tasks(design: Design) -> list[Task]:
    formula, tasks = design.formula, []

    def add(node: Node, run: Callable[[Scout], Any]) -> None:
        tasks.append(Task(deparse(node), tuple(columns_of(node)), run))

    if formula.response is not None:
        node = parse_expression(formula.response)
        add(node, partial(response_values, node))
    for terms in design.terms:
        for variable in terms.variables:
            add(variable, methodcaller("value", variable))
    for term in formula.random:
        factors = group_factors(term.group)
        for node in factors:
            add(node, methodcaller("factor", node))
        if len(factors) > 1:
            columns = tuple(name for node in factors for name in columns_of(node))
            tasks.append(Task(term.group, columns, methodcaller("combinations", term.group)))
    for text in formula.offsets:
        node = parse_expression(text)
        add(node, methodcaller("numbers", node))
    return tasks
