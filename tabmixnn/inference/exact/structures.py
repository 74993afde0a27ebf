"""Covariance structures over levels, effects and residuals, laid on the rows of a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from tabmixnn.encoder.covariance import apply_cov_struct_map, placing_columns
from tabmixnn.formula import Design
from tabmixnn.inference.exact.effects import IndependentEffects, semidefinite_root
from tabmixnn.inference.marginal.structured import StructuredFit
from tabmixnn.inference.marginal.structured.residual import ResidualRows


class StructuredEffects(IndependentEffects):
    """Effects and residuals whose covariance ``cov_struct_map`` describes.

    Parameters
    ----------
    cov_struct_map : mapping
        Section 4.3.2 of the paper; see `tabmixnn.encoder.covariance.apply_cov_struct_map`.
    design : Design
    frame : ModelFrame
        The training rows.
    data : DataFrame, n rows
        Their columns on which the structures stand.

    Attributes
    ----------
    blocks : list of RandomBlock or StructuredBlock
    residual : ResidualStructure or None

    Raises
    ------
    CovarianceError
        If an entry of the map cannot be laid on these rows.
    """

    is_structured = True

    def __init__(
        self,
        cov_struct_map: Mapping[str, Any],
        design: Design,
        frame: Any,
        data: pd.DataFrame,
    ) -> None:
        blocks, self.residual = apply_cov_struct_map(cov_struct_map, frame.blocks, data)
        super().__init__(blocks)
        self._groups = [term.group for term in design.formula.random]

    def of_rows(self, result: StructuredFit, frame: Any, position: int) -> np.ndarray:
        """Return the expected effects of a term in n rows, given the data, shape (n, q).

        A level that the training rows did not have gets its expectation given the levels that
        they had: eq. 15 for kinship, kriging for a Gaussian process, the conditional mean of an
        autoregression; zero where nothing says where the level stands.
        """
        out = super().of_rows(result, frame, position)
        rows = self._unseen_rows(frame, position)
        if len(rows):
            context = frame.new_levels(self._groups[position], rows)
            out[rows] = result.new_level_means(position, context)[context.codes]
        return out

    def level_variances(self, result: StructuredFit, frame: Any, position: int) -> np.ndarray:
        """Return the factor before a term's covariance ``G`` in n rows, shape (n,).

        It differs from one where the structure is a covariance, such as a relationship matrix,
        whose diagonal need not be one.
        """
        out = super().level_variances(result, frame, position)
        placed = getattr(self.blocks[position], "over_levels", None)
        if placed is None:
            return out
        params = result.working[result.parameters.terms[position].level_params]
        codes = frame.blocks[position].codes
        known = codes >= 0
        out[known] = np.diagonal(placed.matrix(params))[codes[known]]
        rows = self._unseen_rows(frame, position)
        if len(rows):
            context = frame.new_levels(self._groups[position], rows)
            places = placed.place_new(context)
            if places is not None:
                out[rows] = placed.structure.variances(params, places)[context.codes]
        return out

    def level_correlations(
        self, result: StructuredFit, frame: Any, position: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the correlations of a term's G levels, (G, G), and of n rows' with them, (n, G).

        A level that nothing places is correlated with none.
        """
        codes = frame.blocks[position].codes
        placed = getattr(self.blocks[position], "over_levels", None)
        if placed is None:
            among = np.eye(len(self.blocks[position].levels))
        else:
            params = result.working[result.parameters.terms[position].level_params]
            among = placed.matrix(params)
        across = np.where(codes[:, None] >= 0, among[codes], 0.0)
        rows = self._unseen_rows(frame, position)
        if len(rows):
            context = frame.new_levels(self._groups[position], rows)
            places = placed.place_new(context)
            if places is not None:
                crossed = placed.structure.cross(params, places, placed.positions)
                across[rows] = crossed[context.codes]
        return among, across

    def draw(self, rng: np.random.Generator, result: StructuredFit, position: int) -> np.ndarray:
        """Draw the effects of all levels of a term, shape (G, q)."""
        drawn = super().draw(rng, result, position)
        placed = getattr(self.blocks[position], "over_levels", None)
        if placed is None:
            return drawn
        params = result.working[result.parameters.terms[position].level_params]
        return semidefinite_root(placed.matrix(params)) @ drawn

    def residual_deviations(self, result: StructuredFit, frame: Any = None) -> np.ndarray | float:
        """Return the residuals' deviations over sigma in n rows.

        Raises
        ------
        PositionError
            If the deviations differ between strata and a row's is not known.
        """
        if self.residual is None or self.residual.strata is None:
            return 1.0
        strata = self.residual.strata if frame is None else self.residual.strata_of(frame.data)
        _, log_sd = self.residual.split(result.working[result.parameters.residual_params])
        return np.exp(log_sd[strata])

    def draw_residuals(self, rng: np.random.Generator, result: StructuredFit) -> np.ndarray:
        """Draw residuals of the n training rows over sigma, correlated within levels."""
        inner, _ = self.residual.split(result.working[result.parameters.residual_params])
        out = np.empty(result.n)
        for batch in ResidualRows(self.residual).batches:
            lower = np.linalg.cholesky(self.residual.structure.matrix(inner, batch.positions))
            noise = rng.standard_normal(batch.rows.shape)
            out[batch.rows] = np.einsum(
                "gst,gt->gs", np.broadcast_to(lower, (len(noise), *lower.shape[1:])), noise
            )
        return out * self.residual_deviations(result)

    def _unseen_rows(self, frame: Any, position: int) -> np.ndarray:
        """Return which rows have a level of a structured term that is new, shape (m,)."""
        if getattr(self.blocks[position], "over_levels", None) is None:
            return np.empty(0, dtype=np.int64)
        return np.flatnonzero(frame.blocks[position].codes < 0)


def place_effects(
    cov_struct_map: Mapping[str, Any] | None, design: Any, frame: Any, data: pd.DataFrame | None
) -> IndependentEffects:
    """Return the effects of a model's terms, structured if there is a map."""
    if cov_struct_map is None:
        return IndependentEffects(frame.blocks)
    return StructuredEffects(cov_struct_map, design, frame, data)


def named_columns(cov_struct_map: Mapping[str, Any], data: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `data` that a map names, as groups or in its entries."""
    named = {*cov_struct_map, *placing_columns(cov_struct_map)}
    return data[[column for column in data.columns if column in named]]
