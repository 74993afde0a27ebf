"""Checks of single options, each with one clear sentence."""

from __future__ import annotations

import math
from collections.abc import Collection
from numbers import Integral, Real
from typing import Any

import numpy as np


def whole(name: str, value: Any, *, at_least: int) -> int:
    """Return `value` as an int.

    Raises
    ------
    ValueError
        If it is no whole number of at least `at_least`.
    """
    if not isinstance(value, Integral) or isinstance(value, bool) or value < at_least:
        raise ValueError(f"{name} must be a whole number of at least {at_least}; got {value!r}.")
    return int(value)


MOST_NODES = 100
"""Of a Gauss-Hermite rule; beyond a few hundred its weights are out of floating point's range."""


def nodes(name: str, value: Any) -> int:
    """Return a number of quadrature points.

    Raises
    ------
    ValueError
        If it is no whole number from 1 to `MOST_NODES`.
    """
    if whole(name, value, at_least=1) > MOST_NODES:
        raise ValueError(f"{name} must be at most {MOST_NODES}; got {value!r}.")
    return int(value)


def number(name: str, value: Any, *, low: float, high: float = math.inf, open_low: bool) -> float:
    """Return `value` as a float.

    Raises
    ------
    ValueError
        If it is no number from `low` (itself allowed unless `open_low`) to below `high`.
    """
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not is_number or not (low < value < high or (value == low and not open_low)):
        bounds = f"{'greater than' if open_low else 'of at least'} {low:g}"
        if math.isfinite(high):
            bounds += f" and below {high:g}"
        raise ValueError(f"{name} must be a number {bounds}; got {value!r}.")
    return float(value)


def choice(name: str, value: Any, choices: Collection[str]) -> str:
    """Return `value`.

    Raises
    ------
    ValueError
        If it is none of `choices`.
    """
    if not isinstance(value, str) or value not in choices:
        names = ", ".join(repr(known) for known in sorted(choices))
        raise ValueError(f"{name} must be one of {names}; got {value!r}.")
    return value


def flag(name: str, value: Any) -> bool:
    """Return `value`.

    Raises
    ------
    ValueError
        If it is no bool.
    """
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be True or False; got {value!r}.")
    return value


def verbosity(name: str, value: Any) -> bool:
    """Return whether to show progress.

    Raises
    ------
    ValueError
        If it is neither a bool nor a whole number of at least 0.
    """
    if not isinstance(value, Integral | np.bool_) or value < 0:
        raise ValueError(f"{name} must be True, False or a number of at least 0; got {value!r}.")
    return bool(value)


def share(name: str, value: Any, example: str = "0.95") -> float:
    """Return `value` as a float.

    Raises
    ------
    ValueError
        If it is no number between 0 and 1, these two left out.
    """
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not is_number or not 0.0 < value < 1.0:
        raise ValueError(f"{name} must be between 0 and 1, such as {example}; got {value!r}.")
    return float(value)


def layer_widths(value: Any) -> tuple[int, ...]:
    """Check ``hidden_dims``: a list of widths, each a whole number of at least 1."""
    if not isinstance(value, list | tuple):
        raise ValueError(
            f"hidden_dims must be a list of layer widths such as [64, 32]; got {value!r}."
        )
    return tuple(whole("each of hidden_dims", width, at_least=1) for width in value)
