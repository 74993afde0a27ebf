"""Networks, which have no coefficients: they are expanded at the mean of rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tabmixnn.interpret.descriptions.base import Described, Description, one_of
from tabmixnn.interpret.errors import several_predictors
from tabmixnn.interpret.level_effects import level_effects
from tabmixnn.interpret.network import NetworkView
from tabmixnn.interpret.network_summary import summarise_network
from tabmixnn.interpret.residuals import network_residuals
from tabmixnn.interpret.structures import network_reports, structure_table
from tabmixnn.interpret.summary import Summary


class NetworkDescription(Description):
    """A network and its posterior of the random effects."""

    needs_rows = True

    def _at(self, frame: Any) -> NetworkView:
        return NetworkView(self.engine, self.design, frame)

    def summary(self, formula: str, rows: Described | None, ddf: str) -> Summary:
        """See `tabmixnn.interpret.network_summary.summarise_network`.

        Raises
        ------
        ValueError
            If degrees of freedom are asked for that it does not have.
        """
        if ddf != "satterthwaite":
            raise ValueError(
                "A network's tests are approximate z-tests without degrees of freedom: leave ddf "
                "out."
            )
        return summarise_network(self._at(rows.frame), formula, rows.y)

    def variance_decomposition(self, frame: Any, weights: np.ndarray | None) -> dict[str, Any]:
        """Return the shares of the linear predictor's variance."""
        return self._at(frame).decompose()

    def extract_parameters(self, frame: Any) -> dict[str, Any]:
        """Return those of the expansion at the mean."""
        return self._at(frame).extract()

    def fitted(self, rows: Described | None) -> np.ndarray:
        """Return (n,) means at the posterior means of the random effects."""
        return self._at(rows.frame).engine.predict(rows.frame, "all", "response")

    def residuals(self, rows: Described | None, kind: str) -> np.ndarray:
        """See `tabmixnn.interpret.residuals.network_residuals`."""
        return network_residuals(self._at(rows.frame), rows.y, kind)

    def level_effects(
        self, frame: Any, group: str | None, term: str
    ) -> tuple[pd.Series, pd.Series]:
        """Return what a level changes in the linear predictor, on average over its rows.

        Raises
        ------
        ValueError
            If one of a group's effects is asked for.
        """
        if term != "(Intercept)":
            raise ValueError(
                "A network's effects are vectors that act together: leave term out, which is for "
                "mixed models."
            )
        group = one_of("group", group, [block.group for block in frame.blocks])
        found = level_effects(self._at(frame), group)
        return found["effect"].rename(f"effect of {group} on the linear predictor"), found["error"]

    def structures(self) -> pd.DataFrame:
        """Return the parameters of the priors' covariance structures."""
        return structure_table(network_reports(self.engine))

    def alternatives(self) -> str:
        """Return what tells of this network, if anything but its predictions does."""
        if several_predictors(self.engine.family):
            return "look at its predictions"
        return super().alternatives()
