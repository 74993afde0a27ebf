"""Models that have estimates of their formula: linear algebra, not gradients, found them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tabmixnn.interpret import parameters
from tabmixnn.interpret.additive_summary import additive_terms, summarise_additive
from tabmixnn.interpret.descriptions.base import Described, Description, one_of
from tabmixnn.interpret.residuals import residuals
from tabmixnn.interpret.structures import reports, structure_table
from tabmixnn.interpret.summary import Summary, summarise
from tabmixnn.interpret.variance import decompose


class FormulaDescription(Description):
    """What exact and grown models have in common: the formula's effects and variances."""

    has_estimates = True

    @property
    def exact(self) -> Any:
        """The formula's own fit."""
        return self.engine

    def variance_decomposition(self, frame: Any, weights: np.ndarray | None) -> dict[str, Any]:
        """See `tabmixnn.interpret.variance.decompose`."""
        return decompose(self.engine, frame, weights)

    def extract_parameters(self, frame: Any) -> dict[str, Any]:
        """Return the estimates; rows say nothing about them."""
        return parameters.extract(self.engine)

    def fitted(self, rows: Described | None) -> np.ndarray:
        """Return (n,) means, those of the training rows as the fit left them."""
        if rows is None:
            return self.engine.fitted
        return self.engine.predict(rows.frame, "all", "response")

    def residuals(self, rows: Described | None, kind: str) -> np.ndarray:
        """See `tabmixnn.interpret.residuals.residuals`."""
        return residuals(self.engine, kind, *(rows or ()))

    def level_effects(
        self, frame: Any, group: str | None, term: str
    ) -> tuple[pd.Series, pd.Series]:
        """Return the conditional modes of one effect, with their conditional deviations.

        Raises
        ------
        ValueError
            If several terms of the group have the effect.
        """
        effects, variances = parameters.ranef(self.engine, cond_var=True)
        group = one_of("group", group, effects)
        one_of("term", term, effects[group].columns)
        times = effects[group].columns.to_list().count(term)
        if times > 1:
            raise ValueError(
                f"{times} terms of the formula give the levels of {group!r} an effect {term!r}, "
                "and only their sum is an effect of a level; write them as one term, or see each "
                "by ranef()."
            )
        values = effects[group][term].rename(f"{term} | {group}").rename_axis(index=group)
        return values, np.sqrt(variances[group][term].clip(lower=0.0))


class ExactDescription(FormulaDescription):
    """A mixed model at the maximum of its likelihood."""

    has_likelihood = True

    def summary(self, formula: str, rows: Described | None, ddf: str) -> Summary:
        """See `tabmixnn.interpret.summary.summarise`; residuals only where rows are known."""
        known = rows is not None or self.engine.keeps_rows
        pearson = self.residuals(rows, "pearson") if known else None
        return summarise(self.engine, formula, pearson, ddf=ddf)

    def structures(self) -> pd.DataFrame:
        """Return the parameters of the covariance structures, in the units of the data."""
        return structure_table(reports(self.engine))


class GrownDescription(FormulaDescription):
    """A mixed model with terms beyond its formula."""

    @property
    def exact(self) -> Any:
        """The formula's own fit, from which the model grew."""
        return self.engine.exact

    def summary(self, formula: str, rows: Described | None, ddf: str) -> Summary:
        """See `tabmixnn.interpret.additive_summary.summarise_additive`.

        Raises
        ------
        ValueError
            If other rows or other degrees of freedom are asked for than it has.
        """
        if rows is not None or ddf != "satterthwaite":
            raise ValueError(
                "summary() of a grown model describes its training rows and has z-tests: leave "
                "data and ddf out, or fit the formula's model (inference='marginal', "
                "hidden_dims=[])."
            )
        return summarise_additive(self.engine, formula, self.residuals(None, "pearson"))

    def terms(self) -> pd.DataFrame:
        """See `tabmixnn.interpret.additive_summary.additive_terms`."""
        return additive_terms(self.engine)
