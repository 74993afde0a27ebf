"""Warnings about structures that the data cannot tell."""

from __future__ import annotations

import numpy as np

from tabmixnn.caller import warn_caller

FLAT = 1e-3
"""Second derivative of the criterion below which the data say nothing about a direction: a standard
error of 45 of a logarithm. Differences of gradients leave up to a fifth of it of what is zero."""


NO_NOISE = 1e-8
"""Residual variance, as a share of that which a term explains, that is zero but for rounding."""


class StructureWarning(UserWarning):
    """A parameter of a covariance structure is at its edge, or not told by the data."""


def warn_of_no_noise(fit) -> None:
    """Warn if random effects explain every row, which a term without a structure never can."""
    for block, G in zip(fit.blocks, fit.G, strict=True):
        explained = float(np.einsum("nk,kl,nl->", block.Z, G, block.Z)) / fit.n
        if fit.sigma**2 < NO_NOISE * explained:
            warn_caller(
                f"the residual variance is zero: the effects in group '{block.group}' explain "
                "every row; no noise of single rows is told from them",
                StructureWarning,
            )
            return


def _flat(hessian: np.ndarray) -> np.ndarray:
    """Which parameters take part in a direction in which the criterion is flat, ``(k,)``."""
    roots, vectors = np.linalg.eigh(hessian)
    return (np.abs(vectors[:, roots < FLAT]) > 0.2).any(axis=1)


def _shown(structure, params: np.ndarray) -> dict[str, float]:
    """Estimated parameters by their names, as they are reported where that is under their names."""
    values = dict(zip(structure.domains, structure.values(params), strict=True))
    reported = structure.natural(params)
    return {name: reported.get(name, values[name]) for name in structure.names}


def warn_about_structures(likelihood, x: np.ndarray) -> None:
    """Warn of parameters at the edge of their domain, or that trade off freely with others.

    Compound symmetry over levels is the standing example: with an intercept among the fixed
    effects only ``(1 - rho)`` times the variance is told by restricted maximum likelihood.
    """
    found = list(likelihood.parameters.structures())
    if not any(structure.n_params for _, _, structure, _ in found):
        return
    flat = _flat(likelihood.hessian(x))
    for group, over, structure, span in found:
        where = "the residuals" if over == "residual" else f"group '{group}'"
        values, at_edge = _shown(structure, x[span]), structure.at_edge(x[span])
        for hit, told in (
            (
                at_edge,
                "estimated at the edge of the domain: the structure is more than these data "
                "can tell",
            ),
            (flat[span] & ~at_edge, "not told by the data: hold it, or drop the structure"),
        ):
            names = [
                f"{name} = {value:.6g}"
                for (name, value), h in zip(values.items(), hit, strict=True)
                if h
            ]
            if names:
                warn_caller(
                    f"{', '.join(names)} of {structure.type} in {where}: {told}",
                    StructureWarning,
                )
