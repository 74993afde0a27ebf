"""Fit statsmodels' BinomialBayesMixedGLM to design blocks by variational Bayes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tabmixbench.adapters.base import Unsuitable
from tabmixbench.adapters.deadline import Deadline
from tabmixbench.adapters.predictor import LinearPredictor, rescaled

if TYPE_CHECKING:
    from tabmixnn.formula import RandomBlock

PRIORS = {"vcp_p": 1.0, "fe_p": 2.0}
"""statsmodels' default prior scales of the log standard deviations and the fixed effects."""


def fit_bayes_glmm(
    X: np.ndarray,
    y: np.ndarray,
    blocks: Sequence[RandomBlock],
    *,
    seed: int,
    max_seconds: float,
) -> tuple[LinearPredictor, dict[str, Any]]:
    """Fit a mixed logistic regression and return its posterior means.

    Every coefficient of every block has a variance of its own: statsmodels' Bayesian mixed
    models have no correlated random effects.

    Parameters
    ----------
    X : numpy.ndarray
        (n, p) fixed-effects design. Its columns, apart from a constant one, are standardised
        for the fit, as the prior of the fixed effects assumes.
    y : numpy.ndarray
        (n,) zeros and ones.
    blocks : sequence of RandomBlock
        At least one.
    seed : int
        Seed of the starting values.
    max_seconds : float
        Time cap.

    Returns
    -------
    LinearPredictor
        Posterior means in the original columns.
    dict
        What was fitted, JSON-able.

    Raises
    ------
    Unsuitable
        When the fit takes too long or does not converge.
    """
    from scipy import sparse
    from statsmodels.genmod.bayes_mixed_glm import BinomialBayesMixedGLM

    fixed, shift, size = _standardised(X)
    scaled = [rescaled(block.Z) for block in blocks]
    columns, ident, names = [], [], []
    for block, coordinates in zip(blocks, scaled, strict=True):
        for j, name in enumerate(block.names):
            values = coordinates.matrix[:, j]
            rows = np.arange(len(y))
            shape = (len(y), len(block.levels))
            columns.append(sparse.csr_array((values, (rows, block.codes)), shape=shape))
            ident.append(np.full(len(block.levels), len(names)))
            names.append(f"{block.group}: {name}")
    model = BinomialBayesMixedGLM(
        y, fixed, sparse.hstack(columns, "csr"), np.concatenate(ident), **PRIORS
    )
    model.vb_elbo = Deadline(max_seconds, "BinomialBayesMixedGLM").guard(model.vb_elbo)
    options = {"maxiter": 5000, "maxfun": 5000}
    result = model.fit_vb(fit_method="L-BFGS-B", minim_opts=options, rng=seed)
    if not result.optim_retvals.success:
        raise Unsuitable(f"BinomialBayesMixedGLM did not converge: {result.optim_retvals.message}")

    beta = result.fe_mean / size
    constant = np.flatnonzero((X == 1).all(axis=0))
    if len(constant):
        beta[constant[0]] -= shift @ beta
    effects, start = [], 0
    for block, coordinates in zip(blocks, scaled, strict=True):
        stop = start + len(block.levels) * len(block.names)
        u = result.vc_mean[start:stop].reshape(len(block.names), len(block.levels)).T
        effects.append(u @ coordinates.back.T)
        start = stop
    settings = {
        "variance_components": names,
        "priors": PRIORS,
        "optimiser": {"method": "L-BFGS-B", **options},
        "evaluations": int(result.optim_retvals.nfev),
    }
    return LinearPredictor(beta, effects), settings


def _standardised(X: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns with mean 0 and SD 1, their means and SDs; a constant column stays as it is.

    Without an intercept among the columns nothing is centred, since no coefficient could take
    the shift up.
    """
    size = X.std(axis=0)
    varies = size > 0
    has_intercept = bool((X == 1).all(axis=0).any())
    shift = np.where(varies & has_intercept, X.mean(axis=0), 0.0)
    size = np.where(varies, size, 1.0)
    return (X - shift) / size, shift, size
