"""What a structured fit found of its structures."""

from __future__ import annotations


def reported(fit):
    """Parameters in their domains, by what the structures lie over: one structure each."""
    parameters, x = fit.parameters, fit.working
    found = {
        over: structure.natural(x[span]) for _, over, structure, span in parameters.structures()
    }
    if fit.residual is not None:
        found["residual"] = fit.residual.natural(x[parameters.residual_params])
    return found
