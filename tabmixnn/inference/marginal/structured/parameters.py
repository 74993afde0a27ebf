"""The parameter vector of a structured model: terms as written, then the residuals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from .terms import StructuredTerm

if TYPE_CHECKING:
    from tabmixnn.encoder.covariance import Correlation


class StructuredParameters:
    """From the optimiser's parameters to ``theta``.

    ``theta`` holds each term's relative factor in the units of the data and the structures'
    parameters on their unconstrained scale.

    Parameters
    ----------
    terms : list of StructuredTerm
    residual : ResidualStructure, optional
    """

    def __init__(self, terms: list[StructuredTerm], residual) -> None:
        self.terms, self.residual = terms, residual
        start = terms[-1].level_params.stop if terms else 0
        n_residual = 0 if residual is None else residual.n_params
        self.residual_params = slice(start, start + n_residual)
        self.n_params = start + n_residual
        scales = [t.params.start + t.slope.scales for t in terms]
        self.scales = np.concatenate([np.zeros(0, dtype=int), *scales])

    def start(self, slopes: np.ndarray) -> np.ndarray:
        """Start values: ``slopes`` for the variances, the structures' own for the rest."""
        out = slopes.copy()
        for term in self.terms:
            if term.over_levels is not None:
                out[term.level_params] = term.over_levels.start
        if self.residual is not None:
            out[self.residual_params] = self.residual.start
        return out

    def theta(self, x: np.ndarray) -> np.ndarray:
        """Parameters in the units of the data."""
        out = x.copy()
        for term in self.terms:
            out[term.params] = term.slope.theta(x[term.params])
        return out

    def theta_names(self) -> list[str]:
        """Names of ``theta``."""
        out = []
        for term in self.terms:
            out += term.slope.theta_names(term.group, term.names)
            if term.over_levels is not None:
                out += [f"{term.group}.{name}" for name in term.over_levels.structure.names]
        if self.residual is not None:
            out += [f"residual.{name}" for name in self.residual.structure.names]
            names = self.residual.strata_names or map(str, range(self.residual.n_strata))
            out += [f"residual.log_sd({name})" for name in list(names)[1 : self.residual.n_strata]]
        return out

    def natural_factors(self, x: np.ndarray) -> list[np.ndarray]:
        """Relative factor ``(q, q)`` of each term in the units of the data."""
        return [t.slope.natural_factor(x[t.params]) for t in self.terms]

    def structures(self) -> Iterator[tuple[str, str, Correlation, slice]]:
        """Yield every structure: its group, what it lies over, itself, and its place in ``x``."""
        for term in self.terms:
            for over, placed, span in (
                ("levels", term.over_levels, term.level_params),
                ("effects", term.over_effects, term.effect_params),
            ):
                if placed is not None:
                    yield term.group, over, placed.structure, span
        if self.residual is not None:
            start, structure = self.residual_params.start, self.residual.structure
            span = slice(start, start + structure.n_params)
            yield self.residual.group, "residual", structure, span
