"""Fit statsmodels' MixedLM to design blocks, nested factors as variance components."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tabmixbench.adapters.base import Unsuitable
from tabmixbench.adapters.components import Component, components_of, vc_spec
from tabmixbench.adapters.deadline import Deadline
from tabmixbench.adapters.predictor import (
    LinearPredictor,
    Scaled,
    orthogonalised,
)

if TYPE_CHECKING:
    from scipy import sparse
    from statsmodels.regression.mixed_linear_model import MixedLMResults

    from tabmixnn.formula import RandomBlock

MAX_WORK = 5e8
"""Feasible: sum over groups of rows times squared random-effect columns, per evaluation."""

METHODS = ("bfgs", "lbfgs", "powell")
"""Optimisers in the order of trial, each from the same start.

statsmodels itself starts each where the one before got stuck, from where it seldom comes away.
BFGS finds most interior optima, L-BFGS the others (on Exam, BFGS stops halfway); near a singular
covariance both stop anywhere, and Powell's method, which needs no gradient, does better.
"""

SINGULAR = 1e-4
"""Ratio of a variance to the residual variance below which the fit counts as singular."""


def fit_mixedlm(
    X: np.ndarray, y: np.ndarray, blocks: Sequence[RandomBlock], *, max_seconds: float
) -> tuple[LinearPredictor, dict[str, Any]]:
    """Fit a linear mixed model by REML and predict its random effects.

    MixedLM knows one grouping factor with correlated effects, and independent variance
    components within its groups. With several factors the groups are those of the factor that
    all others are nested in; where there is none, all rows are one group, which is feasible
    for small data only.

    Parameters
    ----------
    X : numpy.ndarray
        (n, p) fixed-effects design.
    y : numpy.ndarray
        (n,) response.
    blocks : sequence of RandomBlock
        At least one.
    max_seconds : float
        Time cap.

    Returns
    -------
    LinearPredictor
        Fixed effects and empirical BLUPs in the original columns.
    dict
        What was fitted, JSON-able.

    Raises
    ------
    Unsuitable
        When the model is too large for MixedLM, takes too long, or does not converge.
    """
    outer = _outer_factor(blocks)
    groups = np.zeros(len(y), dtype=np.int64) if outer is None else _codes_of(blocks, outer)
    joint = next((i for i, b in enumerate(blocks) if b.group == outer and b.correlated), None)
    slopes = None if joint is None else orthogonalised(blocks[joint].Z)
    components = components_of(blocks, joint)
    _check_size(groups, slopes, components)

    fixed = orthogonalised(X)
    result, method = _optimise(y, fixed.matrix, groups, slopes, components, max_seconds)
    residual = y - fixed.matrix @ result.fe_params
    effects = _blups(blocks, joint, slopes, components, result, residual)
    settings = {
        "method": method,
        "singular": _is_singular(result),
        "groups": outer or "all rows in one group (crossed factors)",
        "correlated": [] if joint is None else list(blocks[joint].names),
        "variance_components": [f"{c.group}: {c.name}" for c in components],
    }
    return LinearPredictor(fixed.back @ result.fe_params, effects), settings


def _codes_of(blocks: Sequence[RandomBlock], group: str) -> np.ndarray:
    return next(block.codes for block in blocks if block.group == group)


def _outer_factor(blocks: Sequence[RandomBlock]) -> str | None:
    """The coarsest factor, provided that all others are nested in it."""
    coarsest = min(blocks, key=lambda block: len(block.levels))
    for block in blocks:
        pairs = np.unique(np.stack([block.codes, coarsest.codes]), axis=1)
        if pairs.shape[1] > len(np.unique(block.codes)):
            return None
    return coarsest.group


def _check_size(groups: np.ndarray, slopes: Scaled | None, components: Sequence[Component]) -> None:
    joint_width = 0 if slopes is None else slopes.matrix.shape[1]
    rows = np.bincount(groups)
    width = np.full(len(rows), joint_width)
    for component in components:
        pairs = np.unique(np.stack([groups, component.codes]), axis=1)
        width += np.bincount(pairs[0], minlength=len(rows))
    work = float(np.sum(rows * width.astype(float) ** 2))
    if work > MAX_WORK:
        raise Unsuitable(
            f"MixedLM works with dense matrices within groups and would need {work:.0e} "
            f"operations an evaluation here, more than the {MAX_WORK:.0e} allowed"
        )


def _optimise(
    y: np.ndarray,
    X: np.ndarray,
    groups: np.ndarray,
    slopes: Scaled | None,
    components: Sequence[Component],
    max_seconds: float,
) -> tuple[MixedLMResults, str]:
    """The first converged fit with a regular covariance, otherwise the last converged one.

    The likelihoods cannot decide: at a singular covariance MixedLM's log-determinant is -inf,
    so that the worst of fits seems infinitely likely.
    """
    from statsmodels.regression.mixed_linear_model import MixedLM

    model = MixedLM(
        y,
        X,
        groups=groups,
        exog_re=None if slopes is None else slopes.matrix,
        exog_vc=vc_spec(groups, components),
    )
    deadline = Deadline(max_seconds, "MixedLM")
    model.loglike = deadline.guard(model.loglike)
    last = None
    for method in METHODS:
        try:
            result = model.fit(reml=True, method=method)
        except np.linalg.LinAlgError:
            continue
        if result.converged:
            last = result, method
            if not _is_singular(result):
                break
    if last is None:
        raise Unsuitable(f"MixedLM did not converge with any of {', '.join(METHODS)}")
    return last


def _is_singular(result: MixedLMResults) -> bool:
    variances = np.atleast_1d(result.vcomp)
    if np.size(result.cov_re):
        variances = np.append(variances, np.linalg.eigvalsh(np.atleast_2d(result.cov_re)))
    return bool(variances.min() < SINGULAR * result.scale)


def _blups(
    blocks: Sequence[RandomBlock],
    joint: int | None,
    slopes: Scaled | None,
    components: Sequence[Component],
    result: MixedLMResults,
    residual: np.ndarray,
) -> list[np.ndarray]:
    """Solve (Ψ ZᵀZ + σ² I) u = Ψ Zᵀ r, which holds for a singular Ψ too.

    MixedLM's own ``random_effects`` inverts Ψ and so fails on the boundary; its ``predict``
    leaves the random effects out.
    """
    from scipy import sparse

    effects = [np.zeros((len(block.levels), len(block.names))) for block in blocks]
    designs, covariances = [], []
    if joint is not None:
        levels, width = len(blocks[joint].levels), slopes.matrix.shape[1]
        columns = blocks[joint].codes[:, None] * width + np.arange(width)
        designs.append(_sparse(columns, slopes.matrix, levels * width))
        covariances.append(sparse.kron(sparse.eye_array(levels), np.atleast_2d(result.cov_re)))
    for component, variance in zip(components, np.atleast_1d(result.vcomp), strict=True):
        levels = len(blocks[component.block].levels)
        designs.append(_sparse(component.codes[:, None], component.values[:, None], levels))
        covariances.append(variance * sparse.eye_array(levels))
    Z, psi = sparse.hstack(designs, "csr"), sparse.block_diag(covariances, "csr")
    system = (psi @ (Z.T @ Z) + result.scale * sparse.eye_array(Z.shape[1])).tocsc()
    u = sparse.linalg.spsolve(system, psi @ (Z.T @ residual))

    start = 0
    if joint is not None:
        start = levels_joint = len(blocks[joint].levels) * slopes.matrix.shape[1]
        effects[joint] = u[:levels_joint].reshape(len(blocks[joint].levels), -1) @ slopes.back.T
    for component in components:
        stop = start + len(blocks[component.block].levels)
        effects[component.block][:, component.column] = component.back * u[start:stop]
        start = stop
    return effects


def _sparse(columns: np.ndarray, values: np.ndarray, width: int) -> sparse.csr_array:
    from scipy import sparse

    rows = np.repeat(np.arange(len(values)), values.shape[1])
    return sparse.csr_array((values.ravel(), (rows, columns.ravel())), shape=(len(values), width))
