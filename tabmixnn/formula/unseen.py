"""Levels in new data that the training data did not have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from tabmixnn.formula.matrix import ModelMatrix
from tabmixnn.formula.nodes import deparse
from tabmixnn.formula.terms import Terms
from tabmixnn.formula.values import FactorValue


@dataclass(frozen=True)
class Unseen:
    """Rows in which a categorical predictor has an unseen level, which are coded as zeros.

    Attributes
    ----------
    column : str
        The predictor's text in the formula.
    rows : int
        How many rows there are.
    reference : str or None
        The level whose coding is zeros wherever the predictor stands, if there is one.
    """

    column: str
    rows: int
    reference: str | None


def find_unseen(
    rows: Mapping[str, int], parts: Iterable[tuple[Terms, ModelMatrix]]
) -> tuple[Unseen, ...]:
    """Return what is to be said of unseen levels.

    Parameters
    ----------
    rows : mapping of str to int
        Rows with an unseen level, by the text of the predictor.
    parts : iterable of (Terms, ModelMatrix)
        The fixed part and those of the random effects.
    """
    references: dict[str, str | None] = {}
    for terms, matrix in parts:
        for coding in matrix.codings:
            for variable, full in coding.items():
                label = deparse(terms.variables[variable])
                if label not in rows:
                    continue
                value = matrix.variables[variable]
                assert isinstance(value, FactorValue)
                reference = references.setdefault(label, value.levels[0])
                references[label] = reference if _is_zero(value, full) else None
    return tuple(Unseen(label, count, references.get(label)) for label, count in rows.items())


def _is_zero(value: FactorValue, full: bool) -> bool:
    """Return whether the coding of the first level is zeros."""
    first = replace(value, codes=np.zeros(1, dtype=np.int64))
    return not first.encode(full, "zero").any()
