"""The covariance structures of a fitted model, with their parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from tabmixnn.inference.exact import MarginalEngine


@dataclass(frozen=True)
class StructureReport:
    """One structure of ``cov_struct_map`` after the fit.

    Attributes
    ----------
    group : str
    over : {"levels", "effects", "residual"}
        What it correlates.
    type : str
        Name in ``cov_struct_map``.
    parameters : dict of str to float
        In the units of the data, those held at their start values included. Deviations
        ``sd(s)`` of residuals in stratum s are relative to the first stratum's, sigma.
    """

    group: str
    over: str
    type: str
    parameters: dict[str, float]

    def __str__(self) -> str:
        values = ", ".join(f"{name} = {value:.4g}" for name, value in self.parameters.items())
        return f"{self.group}: {self.type} over {self.over}" + (f", {values}" if values else "")


def reports(engine: MarginalEngine) -> list[StructureReport]:
    """Return the structures term by term as written, that of the residuals last."""
    if not engine.effects.is_structured:
        return []
    parameters, x = engine.result.parameters, engine.result.working
    residual = parameters.residual
    out = []
    for group, over, structure, span in parameters.structures():
        if over == "residual":
            # With the deviations of the strata, which are no part of the correlation.
            found = residual.natural(x[parameters.residual_params])
        else:
            found = structure.natural(x[span])
        out.append(StructureReport(group, over, structure.type, found))
    return out


def network_reports(engine: Any) -> list[StructureReport]:
    """Return the structures of a variational engine's priors term by term."""
    out = []
    for term in engine.network.encoder.random:
        for over in ("levels", "effects"):
            placed = getattr(term.spec, f"over_{over}")
            if placed is not None:
                params = getattr(term.prior, f"{over[:-1]}_params").detach().numpy()
                found = placed.structure.natural(params)
                out.append(StructureReport(term.spec.group, over, placed.structure.type, found))
    return out


def structure_table(found: list[StructureReport]) -> pd.DataFrame:
    """Return the parameters of structures as a table.

    Returns
    -------
    DataFrame
        Columns ``group``, ``over``, ``type``, ``parameter``, ``value``; a row a parameter. A
        structure without parameters, such as a relationship matrix, has none.
    """
    rows = [
        (report.group, report.over, report.type, name, value)
        for report in found
        for name, value in report.parameters.items()
    ]
    return pd.DataFrame(rows, columns=["group", "over", "type", "parameter", "value"])
