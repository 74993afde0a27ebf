"""Linear mixed models with covariance structures, by maximum or restricted maximum likelihood."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from functools import cached_property

import numpy as np

from tabmixnn.blas import one_blas_thread

from ..boundary import minimize_with_boundary
from ..checks import check_block, check_counts, check_rows
from ..conditions import DesignError
from ..fixed import fixed_part
from ..minimize import Minimum, Solution, minimize
from ..result import LMMFit
from ..warn import warn_of
from .likelihood import StructuredLikelihood
from .start import start_values
from .terms import structured_terms
from .warn import warn_about_structures, warn_of_no_noise

MANY_EFFECTS = 1000
"""Effects in one dense block from which a second BLAS thread pays."""


class StructuredFit(LMMFit):
    """A fitted linear mixed model with covariance structures; see :class:`LMMFit`.

    Attributes
    ----------
    residual : ResidualStructure or None
    """

    def __init__(self, likelihood, found, X, y, blocks, weights, offset, names) -> None:
        super().__init__(likelihood, found, X, y, blocks, weights, offset, names)
        self.residual = likelihood.parameters.residual
        self._weights = np.append(-self._profiled.gamma, 1.0)

    def _at_optimum(self):
        """The core with its factorisations at the fitted parameters."""
        self.likelihood.core.reduce(self.working)
        return self.likelihood.core

    def _natural(self, arrays: list[np.ndarray]) -> list[np.ndarray]:
        out = []
        for term, array in zip(self.parameters.terms, arrays, strict=True):
            inverse = np.linalg.inv(term.slope.whitening)
            natural = array @ inverse.T if array.ndim == 2 else inverse @ array @ inverse.T
            out.append(natural)
        return out

    @cached_property
    def u(self) -> list[np.ndarray]:
        """Conditional modes (BLUPs) of each block, ``(G, q)``."""
        return self._natural(self._at_optimum().modes(self.working, self._weights))

    @cached_property
    def conditional_variances(self) -> list[np.ndarray]:
        """Conditional covariance of the effects given the data and beta, ``(G, q, q)`` a block."""
        core = self._at_optimum()
        return self._natural([self.sigma**2 * v for v in core.variances(self.working)])

    def joint_conditional_variance(self, position: int) -> np.ndarray:
        """Conditional covariance ``(G q, G q)`` of all effects of a block, given beta."""
        term = self.parameters.terms[position]
        joint = self.sigma**2 * self._at_optimum().joint_variance(self.working, position)
        inverse = np.linalg.inv(term.slope.whitening)
        shape = (term.n_levels, term.q, term.n_levels, term.q)
        joint = np.einsum("ka,gahb,lb->gkhl", inverse, joint.reshape(shape), inverse)
        return joint.reshape(term.size, term.size)

    def new_level_means(self, position: int, context) -> np.ndarray:
        """Expected effects ``(n_new, q)`` of levels that the data did not have."""
        term = self.parameters.terms[position]
        placed, params = term.over_levels, self.working[term.level_params]
        positions = None if placed is None else placed.place_new(context)
        if positions is None:
            return np.zeros((len(context.labels), term.q))
        return placed.structure.expected(params, placed.positions, positions, self.u[position])

    def new_levels(self, position: int, context) -> tuple[np.ndarray, np.ndarray]:
        """Effects of levels that the data did not have (eq. 15; kriging).

        Parameters
        ----------
        position : int
            Which block.
        context : Context
            The new levels: their labels, codes and data.

        Returns
        -------
        mean : ndarray of shape (n_new, q)
            Zero where nothing ties the new levels to the old ones, or says where they stand.
        covariance : ndarray of shape (n_new q, n_new q)
            Given the data and beta.
        """
        term, G = self.parameters.terms[position], self.G[position]
        placed, params = term.over_levels, self.working[term.level_params]
        positions = None if placed is None else placed.place_new(context)
        if positions is None:
            n_new = len(context.labels)
            return np.zeros((n_new, term.q)), np.kron(np.eye(n_new), G)
        weights, left = placed.structure.conditional(params, placed.positions, positions)
        spread = np.kron(weights, np.eye(term.q))
        joint = self.joint_conditional_variance(position)
        return weights @ self.u[position], np.kron(left, G) + spread @ joint @ spread.T


def _is_structured(block: object) -> bool:
    """Whether a term's effects have a structure, which tells them apart from noise."""
    return any(getattr(block, name, None) is not None for name in ("over_levels", "over_effects"))


def fit_structured_lmm(
    X: np.ndarray,
    y: np.ndarray,
    blocks: Sequence[object] = (),
    *,
    residual=None,
    weights: np.ndarray | None = None,
    offset: np.ndarray | None = None,
    reml: bool = True,
    names: Sequence[str] | None = None,
    tol: float = 1e-13,
    at: Solution | None = None,
) -> StructuredFit:
    """Fit a linear mixed model whose random effects or residuals have a covariance structure.

    Parameters
    ----------
    X : ndarray of shape (n, p)
        Fixed-effects design, with its intercept.
    y : ndarray of shape (n,)
    blocks : sequence
        Random-effects terms; those with a structure carry ``over_levels`` or ``over_effects``
        (:class:`tabmixnn.encoder.covariance.StructuredBlock`). May be empty with ``residual``.
    residual : ResidualStructure, optional
        Correlation and variances of the residuals.
    weights, offset, reml, names, tol, at
        As in :func:`fit_lmm`.

    Returns
    -------
    StructuredFit

    Raises
    ------
    DesignError
        The arrays do not fit together, or there is nothing random.
    IdentifiabilityError
        An unstructured term has as many random effects as there are rows.

    Warns
    -----
    RankDeficientWarning, SingularFitWarning, StructureWarning, ConvergenceWarning
    """
    X, y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    weights = None if weights is None else np.asarray(weights, dtype=float)
    offset = None if offset is None else np.asarray(offset, dtype=float)
    _check(X, y, blocks, residual, weights, offset)
    names = [f"x{j + 1}" for j in range(X.shape[1])] if names is None else list(names)
    root_weights = None if weights is None else np.sqrt(weights)
    terms = structured_terms(blocks, root_weights)
    dense = sum(term.size for term in terms if term.over_levels is not None)
    with one_blas_thread() if dense < MANY_EFFECTS else nullcontext():
        fixed = fixed_part(X, y if offset is None else y - offset, root_weights, names)
        likelihood = StructuredLikelihood(fixed, terms, residual, reml, weights)
        found = _search(likelihood, tol) if at is None else at.evaluated(likelihood)
        fit = StructuredFit(likelihood, found, X, y, blocks, weights, offset, names)
        warn_of(fit, "rescale the columns, simplify the structure or start it elsewhere")
        warn_of_no_noise(fit)
        if not fit.is_singular:
            warn_about_structures(likelihood, fit.working)
    return fit


def _search(likelihood: StructuredLikelihood, tol: float) -> Minimum:
    parameters = likelihood.parameters
    slopes = start_values(parameters.terms, likelihood.fixed.D[:, -1], parameters.n_params)
    start = parameters.start(slopes)
    if len(parameters.scales):
        return minimize_with_boundary(likelihood, start, tol)
    return minimize(likelihood, start, curvature=likelihood.curvature, tol=tol)


def _check(X, y, blocks, residual, weights, offset) -> None:
    if not blocks and residual is None:
        raise DesignError("give a random-effects term or a residual structure")
    check_rows(X, y, weights, offset)
    for block in blocks:
        check_block(block, len(y))
    if residual is not None and len(residual.codes) != len(y):
        raise DesignError(
            f"the residual structure covers {len(residual.codes)} rows, but there are {len(y)}"
        )
    if residual is None:
        check_counts([block for block in blocks if not _is_structured(block)], len(y))
