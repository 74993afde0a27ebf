"""Several outcomes of one model: what they are and where the data have them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tabmixnn.formula import Design, Formula
from tabmixnn.ordered import check_order

if TYPE_CHECKING:
    from tabmixnn.families import Family
    from tabmixnn.families.joint import JointFamily


@dataclass(frozen=True)
class OutcomeSpec:
    """One of several outcomes (section 4.3.1 of the paper).

    Parameters
    ----------
    name : str
        What predictions of it are called.
    y : str or sequence of str
        Its column, or the left-hand side of a formula such as ``"log(yield)"`` or
        ``"cbind(successes, failures)"``; several columns for a family that takes several. Rows in
        which one of the columns is missing train the other outcomes only.
    family : str or Family
        Its distribution: a name from ``tabmixnn.families.FAMILIES``, or an object.
    """

    name: str
    y: str | Sequence[str]
    family: str | Family = "gaussian"

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise TypeError(f"The name of an outcome must be a string; got {self.name!r}.")
        parts = [self.y] if isinstance(self.y, str) else self.y
        if not isinstance(parts, list | tuple) or not all(isinstance(p, str) for p in parts):
            raise TypeError(
                f"The y of outcome {self.name!r} must be a column, the left-hand side of a formula "
                f"or a list of columns; got {self.y!r}."
            )
        if not parts:
            raise ValueError(f"The y of outcome {self.name!r} is an empty list of columns.")

    def columns(self, data: pd.DataFrame) -> list[str]:
        """Return the columns of `data` it is made of; ValueError if one is not there."""
        if isinstance(self.y, str) and self.y not in data.columns:
            columns = sorted(Formula.parse(f"{self.y} ~ 1").variables)
        else:
            columns = [self.y] if isinstance(self.y, str) else list(self.y)
        for column in columns:
            if column not in data.columns:
                raise ValueError(f"Outcome {self.name!r}: the data have no column {column!r}.")
        return columns


@dataclass(frozen=True)
class Responses:
    """The responses of n rows to several outcomes, side by side.

    Parameters
    ----------
    y : ndarray, shape (n, total)
        NaN where an outcome is missing.
    family : JointFamily
        Not yet bound.
    levels : dict
        The levels of each outcome that has some, in the order of its codes; otherwise None.
    """

    y: np.ndarray
    family: JointFamily
    levels: dict[str, list[Any] | None]


def check_outcomes(outcomes: Any) -> list[OutcomeSpec]:
    """Return a model's outcomes as a list.

    Raises
    ------
    TypeError
        If they are not a sequence of `OutcomeSpec`.
    ValueError
        If there are none, or two have the same name.
    """
    if not isinstance(outcomes, list | tuple) or not all(
        isinstance(spec, OutcomeSpec) for spec in outcomes
    ):
        raise TypeError(f"outcomes must be a list of OutcomeSpec; got {outcomes!r}.")
    if not outcomes:
        raise ValueError("outcomes is an empty list; give one OutcomeSpec or more.")
    name, count = Counter(spec.name for spec in outcomes).most_common(1)[0]
    if count > 1:
        raise ValueError(f"{count} outcomes have the name {name!r}; give each its own.")
    return list(outcomes)


def check_same_levels(
    known: Mapping[str, list[Any] | None], found: Mapping[str, list[Any] | None]
) -> None:
    """Check that further rows have the levels that a model was trained on.

    Raises
    ------
    ValueError
        Naming the outcome, its levels and those that it had.
    """
    for name, levels in found.items():
        if levels != known[name]:
            raise ValueError(
                f"Outcome {name!r} has the levels {levels}, but the model was trained on "
                f"{known[name]}; rows to train on need the same ones."
            )


def predictors_only(
    formula: Formula, outcomes: Sequence[OutcomeSpec], data: pd.DataFrame
) -> Formula:
    """Return the one-sided formula with ``.`` standing for all columns but the outcomes'.

    Raises
    ------
    ValueError
        If the formula has a response, or an outcome among its predictors.
    """
    if formula.response is not None:
        raise ValueError(
            f"The formula names the response {formula.response!r} and outcomes are given too; "
            "begin the formula with the tilde."
        )
    owners = {column: spec.name for spec in outcomes for column in spec.columns(data)}
    if formula.has_dot:
        formula = formula.expand_dot([column for column in data.columns if column not in owners])
    for column in formula.predictors:
        if column in owners:
            raise ValueError(
                f"Column {column!r} belongs to outcome {owners[column]!r} and is a predictor of "
                "the formula too; take it out of one of them."
            )
    return formula


def observed_rows(outcomes: Sequence[OutcomeSpec], data: pd.DataFrame) -> np.ndarray:
    """Return the positions of the rows that have at least one outcome.

    Raises
    ------
    ValueError
        If no row has any.
    """
    any_observed = np.zeros(len(data), dtype=bool)
    for spec in outcomes:
        any_observed |= ~_missing(spec, data)
    if not any_observed.any():
        raise ValueError("All outcomes are missing in every row; there is nothing to train on.")
    return np.flatnonzero(any_observed)


def read_responses(outcomes: Sequence[OutcomeSpec], data: pd.DataFrame) -> Responses:
    """Return the responses of the rows of `data`.

    Raises
    ------
    ValueError
        If an outcome cannot be read; the message names it.
    """
    from tabmixnn.families import get_family
    from tabmixnn.families.joint import JointFamily

    blocks, families, levels = [], {}, {}
    for spec in outcomes:
        families[spec.name] = get_family(spec.family)
        rows = np.flatnonzero(~_missing(spec, data))
        if not len(rows):
            raise ValueError(f"Outcome {spec.name!r} is missing in every row; leave it out.")
        read = _read_formula if isinstance(spec.y, str) else _read_columns
        try:
            values, levels[spec.name] = read(spec, data.iloc[rows])
        except ValueError as error:
            raise ValueError(f"Outcome {spec.name!r}: {error}") from error
        _check_levels(spec, families[spec.name], levels[spec.name])
        block = np.full((len(data), 1 if values.ndim == 1 else values.shape[1]), np.nan)
        block[rows] = values.reshape(len(rows), -1)
        blocks.append(block)
    widths = [block.shape[1] for block in blocks]
    return Responses(np.column_stack(blocks), JointFamily(families, widths), levels)


def _missing(spec: OutcomeSpec, data: pd.DataFrame) -> np.ndarray:
    return data[spec.columns(data)].isna().any(axis=1).to_numpy()


def _read_formula(spec: OutcomeSpec, data: pd.DataFrame) -> tuple[np.ndarray, list[Any] | None]:
    left = f"`{spec.y}`" if spec.y in data.columns else spec.y
    design, frame = Design.fit_frame(f"{left} ~ 1", data)
    check_order(spec.family, spec.y, design.response_has_order)
    return frame.y, design.response_levels


def _read_columns(spec: OutcomeSpec, data: pd.DataFrame) -> tuple[np.ndarray, None]:
    for column in spec.y:
        if not pd.api.types.is_numeric_dtype(data[column]):
            raise ValueError(
                f"column {column!r} is not numeric; several columns of one outcome must be numbers."
            )
    return data[list(spec.y)].to_numpy(dtype=np.float64), None


def _check_levels(spec: OutcomeSpec, family: Family, levels: list[Any] | None) -> None:
    if levels is None or family.data_type in ("binary", "categorical"):
        return
    shown = ", ".join(repr(level) for level in levels[:3])
    raise ValueError(
        f"Outcome {spec.name!r} is categorical ({len(levels)} levels such as {shown}), but a "
        f"{family.name} model needs numbers. Convert it, or choose a family of classes."
    )
