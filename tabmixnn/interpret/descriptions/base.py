"""What every kind of engine has to answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from tabmixnn.option_checks import choice

if TYPE_CHECKING:
    from tabmixnn.interpret.summary import Summary

TERMS = ["term", "group", "sd", "score"]
STRUCTURES = ["group", "over", "type", "parameter", "value"]


class Described(NamedTuple):
    """n rows with their responses.

    Attributes
    ----------
    frame : ModelFrame
    y : ndarray, shape (n,) or (n, 2)
        Coded as when fitting.
    weights : ndarray of shape (n,), or None
        None also where they do not count.
    """

    frame: Any
    y: np.ndarray
    weights: np.ndarray | None


class Description(ABC):
    """A fitted engine, asked what it has found.

    Rows are None where the training rows are meant; `needs_rows` says whether an engine does not
    have these.

    Parameters
    ----------
    engine : object
        Fitted.
    design : Design or ColumnDesign
        It was fitted with.
    """

    has_likelihood = False
    """Whether the engine has a ``result``, the maximum of an exact likelihood."""
    has_estimates = False
    """Whether the engine has ``estimates``, the formula's own effects and variances."""
    needs_rows = False
    exact: Any = None
    """The formula's own fit, of an engine that has `estimates`."""

    def __init__(self, engine: Any, design: Any) -> None:
        self.engine, self.design = engine, design

    @abstractmethod
    def summary(self, formula: str, rows: Described | None, ddf: str) -> Summary:
        """Summarise the model; see `SummariesMixin.summary` of the estimators."""

    @abstractmethod
    def variance_decomposition(self, frame: Any, weights: np.ndarray | None) -> dict[str, Any]:
        """Partition the variance of the outcome over a frame's rows, which may have weights."""

    @abstractmethod
    def extract_parameters(self, frame: Any) -> dict[str, Any]:
        """Return the paper's two dictionaries, fixed effects and variance components."""

    @abstractmethod
    def fitted(self, rows: Described | None) -> np.ndarray:
        """Return (n,) means given the groups' effects."""

    @abstractmethod
    def residuals(self, rows: Described | None, kind: str) -> np.ndarray:
        """Return (n,) residuals of a kind; see `tabmixnn.interpret.residuals`."""

    @abstractmethod
    def level_effects(
        self, frame: Any, group: str | None, term: str
    ) -> tuple[pd.Series, pd.Series]:
        """Return a group's effects, a level each, and their standard errors."""

    def terms(self) -> pd.DataFrame:
        """Return the terms beyond the formula; none unless the model grew."""
        return pd.DataFrame(columns=TERMS)

    def structures(self) -> pd.DataFrame:
        """Return the parameters of the covariance structures; none without them."""
        return pd.DataFrame(columns=STRUCTURES)

    def alternatives(self) -> str:
        """Return what tells of this model instead of what belongs to the exact likelihood."""
        data = "data" if self.needs_rows else ""
        return f"use summary({data}), extract_parameters({data}) or variance_decomposition({data})"


def one_of(option: str, value: str | None, valid: Any) -> str:
    """Return a name that is valid: the first if it is not given.

    Raises
    ------
    ValueError
        If there is none, or not this one.
    """
    names = list(valid)
    if not names:
        raise ValueError("The model has no random effects; its formula has no (... | group).")
    return names[0] if value is None else choice(option, value, names)
