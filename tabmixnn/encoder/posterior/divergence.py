"""The Kullback-Leibler divergence between normals."""

from __future__ import annotations

from torch import Tensor

from tabmixnn.encoder.priors import Prior


def divergence(prior: Prior, mean: Tensor, spread: Tensor, logdet: Tensor) -> Tensor:
    """Divergence of a normal from a prior (eq. 49 of the paper; eq. 50 where both are simple).

    Parameters
    ----------
    prior : Prior
        Of the G q effects of each of d dimensions.
    mean : Tensor, shape (G, q, d)
    spread : Tensor, scalar
        ``tr(P C)`` of the prior's precision and the normal's covariance, over all dimensions.
    logdet : Tensor, scalar
        ``log|C|``.

    Returns
    -------
    Tensor, scalar
    """
    dim = mean.shape[-1]
    quadratic = prior.quadratic(mean) + spread
    return 0.5 * (quadratic - mean.numel() + dim * prior.logdet() - logdet).to(mean.dtype)
