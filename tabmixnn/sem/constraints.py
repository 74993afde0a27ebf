"""Constraints between labelled parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tabmixnn.sem.errors import ModelError
from tabmixnn.sem.expressions import Expression
from tabmixnn.sem.parser import Constraint
from tabmixnn.sem.ram import Array


@dataclass(frozen=True)
class LabelledValues:
    """What labels stand for: entries of theta, fixed numbers, or definitions.

    Parameters
    ----------
    entries : mapping of str to int
        Labels of free parameters and their entry of theta.
    numbers : mapping of str to float
        Labels of fixed parameters.
    definitions : tuple of Constraint
        The model's ``:=``, in order.
    """

    entries: Mapping[str, int]
    numbers: Mapping[str, float]
    definitions: tuple[Constraint, ...]

    def evaluate(
        self, theta: Array, wanted: Iterable[str] | None = None
    ) -> tuple[dict[str, float], dict[str, Array]]:
        """Return the value of labels and their gradients with respect to theta (q,).

        Parameters
        ----------
        theta : ndarray, shape (q,)
        wanted : iterable of str, optional
            Labels without whose definitions nothing can be done; by default all.

        Raises
        ------
        ModelError
            If a definition has no value at theta, such as a ratio with a zero below.
        """
        values = dict(self.numbers)
        gradients = {name: np.zeros(len(theta)) for name in self.numbers}
        for name, entry in self.entries.items():
            values[name] = float(theta[entry])
            gradients[name] = np.eye(len(theta))[entry]
        for definition in self._needed(wanted):
            name = definition.lhs.text
            partial = slopes(definition, definition.rhs, values)
            gradients[name] = sum(
                (slope * gradients[label] for label, slope in partial.items()),
                start=np.zeros(len(theta)),
            )
            values[name] = value_of(definition, definition.rhs, values)
        return values, gradients

    def _needed(self, wanted: Iterable[str] | None) -> list[Constraint]:
        if wanted is None:
            return list(self.definitions)
        names, needed = set(wanted), []
        for definition in reversed(self.definitions):
            if definition.lhs.text in names:
                names.update(definition.rhs.names)
                needed.append(definition)
        return needed[::-1]


def value_of(constraint: Constraint, side: Expression, at: Mapping[str, float]) -> float:
    """Return the value of one side of a constraint; ModelError if it has none."""
    with _arithmetic_of(constraint):
        return float(side.value(at))


def slopes(constraint: Constraint, side: Expression, at: Mapping[str, float]) -> dict[str, float]:
    """Return the derivatives of one side of a constraint; ModelError if it has no value."""
    with _arithmetic_of(constraint):
        return side.gradient(at)


@contextmanager
def _arithmetic_of(constraint: Constraint) -> Iterator[None]:
    try:
        with np.errstate(invalid="raise", divide="raise"):
            yield
    except (ArithmeticError, TypeError) as error:
        shown = f"{constraint.lhs.text} {constraint.op} {constraint.rhs.text}"
        raise ModelError(
            f"'{shown}' has no value at some values of its parameters; give them starting values "
            "away from there, as in 'y ~ start(0.5)*x'."
        ) from error


class Conditions:
    """Equalities ``h(theta) = 0`` and inequalities ``h(theta) >= 0``, one entry a constraint.

    Parameters
    ----------
    constraints : iterable of Constraint
        With operators ``==``, ``<`` and ``>``.
    labels : LabelledValues
    """

    def __init__(self, constraints: Iterable[Constraint], labels: LabelledValues) -> None:
        self.constraints = [c for c in constraints if c.op != ":="]
        self.labels = labels
        self.names = {n for c in self.constraints for side in (c.lhs, c.rhs) for n in side.names}
        self.is_equality = np.array([c.op == "==" for c in self.constraints], dtype=bool)
        self.sign = np.array([-1.0 if c.op == "<" else 1.0 for c in self.constraints])

    def evaluate(self, theta: Array) -> tuple[Array, NDArray[np.float64]]:
        """Return h, shape (k,), and its Jacobian, shape (k, q)."""
        values, gradients = self.labels.evaluate(theta, self.names)
        h = np.empty(len(self.constraints))
        jacobian = np.zeros((len(self.constraints), len(theta)))
        for row, (constraint, sign) in enumerate(zip(self.constraints, self.sign, strict=True)):
            left, right = (
                value_of(constraint, side, values) for side in (constraint.lhs, constraint.rhs)
            )
            h[row] = sign * (left - right)
            for side, weight in ((constraint.lhs, sign), (constraint.rhs, -sign)):
                for label, slope in slopes(constraint, side, values).items():
                    jacobian[row] += weight * slope * gradients[label]
        return h, jacobian
