"""Warnings about structures that the data cannot tell."""

from __future__ import annotations

import warnings

import numpy as np

EDGE = 1e-3
"""Distance from the edge of its domain, as a slope of the map onto it, that counts as at it."""
FLAT = 1e-5
"""Second derivative of the criterion below which the data say nothing about a parameter."""


class StructureWarning(UserWarning):
    """A parameter of a covariance structure is at its edge, or not told by the data."""


def _named_slices(parameters) -> list[tuple[str, object, slice]]:
    """Where each structure's parameters stand, with the structure."""
    out = []
    for term in parameters.terms:
        where = f"group '{term.group}'"
        placed = getattr(term.slope, "placed", None)
        if placed is not None:
            start = term.params.start + term.slope.n_sd
            out.append((where, placed.structure, slice(start, term.params.stop)))
        if term.over_levels is not None:
            out.append((where, term.over_levels.structure, term.level_params))
    if parameters.residual is not None:
        start, structure = parameters.residual_params.start, parameters.residual.structure
        out.append(("the residuals", structure, slice(start, start + structure.n_params)))
    return out


def warn_about_structures(likelihood, x: np.ndarray, stacklevel: int) -> None:
    """Warn of parameters at the edge of their domain, or in which the criterion is flat."""
    for where, structure, span in _named_slices(likelihood.parameters):
        domains = [structure.domains[name] for name in structure.names]
        values = structure.values(x[span])[structure.free]
        for k, (name, domain) in enumerate(zip(structure.names, domains, strict=True)):
            place = span.start + k
            low, high = getattr(domain, "low", -np.inf), getattr(domain, "high", np.inf)
            gap = min(values[k] - low, high - values[k])
            if gap < EDGE * min(high - low, 1.0):
                warnings.warn(
                    f"{name} of {structure.type} in {where} is estimated at {values[k]:.6g}, the "
                    "edge of its domain; the structure is more than these data can tell",
                    StructureWarning,
                    stacklevel=stacklevel,
                )
            elif abs(_second_difference(likelihood, x, place)) < FLAT:
                warnings.warn(
                    f"the data say nothing about {name} of {structure.type} in {where}; it stays "
                    f"at {values[k]:.6g}: hold it, or drop the structure",
                    StructureWarning,
                    stacklevel=stacklevel,
                )


def _second_difference(likelihood, x: np.ndarray, place: int) -> float:
    move = np.zeros_like(x)
    move[place] = 1e-3 * max(1.0, abs(x[place]))
    ahead, behind = likelihood(x + move)[1], likelihood(x - move)[1]
    return float((ahead - behind)[place] / (2.0 * move[place]))
