"""Linear mixed models by maximum or restricted maximum likelihood."""

from __future__ import annotations

import contextlib
import functools
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from .conditions import ConvergenceWarning, DesignError, SingularFitWarning
from .crossed import CrossedGroupings
from .fixed import FixedPart, fixed_part
from .minimize import Minimum, minimize
from .parameters import Parameters, moment_start
from .profiled import Profiled
from .single import SingleGrouping
from .terms import Block, check_block, check_counts, group_terms

NEAR_ZERO = 0.01
"""Below this share of a residual deviation a relative deviation is suspected to be zero."""
SMALL_REMAINDER = 500


class GaussianLikelihood:
    """The profiled criterion of one linear mixed model as a function of its parameters.

    Parameters
    ----------
    fixed : FixedPart
    groupings : list of Grouping
    reml : bool
    weights : ndarray of shape (n,), optional
    """

    def __init__(
        self, fixed: FixedPart, groupings: list, reml: bool, weights: np.ndarray | None
    ) -> None:
        self.fixed, self.reml = fixed, reml
        self.n = len(fixed.D)
        self.parameters = Parameters(groupings)
        core = SingleGrouping if len(groupings) == 1 else CrossedGroupings
        self.core = core(groupings, fixed.D)
        self.weight_constant = 0.0 if weights is None else -float(np.log(weights).sum())
        self._last: tuple[np.ndarray, tuple[float, np.ndarray, Profiled]] | None = None
        self.root_logdet = 2.0 * float(np.log(np.abs(np.diagonal(fixed.root))).sum())

    def evaluate(
        self,
        x: np.ndarray,
        sigma: float | None = None,
        reml: bool | None = None,
        information: bool = False,
    ) -> tuple[float, np.ndarray, Profiled]:
        """Criterion (minus twice the log-likelihood), gradient in ``x`` and the profiled part."""
        plain = sigma is None and reml is None and not information
        if plain and self._last is not None and np.array_equal(self._last[0], x):
            return self._last[1]
        reml = self.reml if reml is None else reml
        n_resid = self.n - self.fixed.rank if reml else self.n
        factors = self.parameters.factors(x)
        options = {"directions": self.parameters.derivatives(x)} if information else {}
        value, gradients, profiled = self.core.evaluate(factors, n_resid, reml, sigma, **options)
        value += self.weight_constant + (self.root_logdet if reml else 0.0)
        result = value, self.parameters.pullback(x, gradients), profiled
        if plain:
            self._last = x.copy(), result
        return result

    def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Value and gradient, for the minimiser."""
        return self.evaluate(x)[:2]

    def curvature(self, x: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Value, gradient and average information."""
        value, gradient, profiled = self.evaluate(x, information=True)
        order = self.parameters.elimination_order
        information = np.empty_like(profiled.information)
        information[np.ix_(order, order)] = profiled.information
        return value, gradient, information


class LogScales:
    """A likelihood whose scale parameters are given by their logarithms.

    The criterion is closer to a parabola there while no scale is near zero.
    """

    def __init__(self, likelihood: GaussianLikelihood) -> None:
        self.likelihood = likelihood
        self.scales = likelihood.parameters.scales

    def encode(self, x: np.ndarray) -> np.ndarray:
        """Coordinates of the parameters ``x``, whose scales have to be positive."""
        z = x.copy()
        z[self.scales] = np.log(x[self.scales])
        return z

    def decode(self, z: np.ndarray) -> np.ndarray:
        """Parameters at the coordinates ``z``."""
        x = z.copy()
        x[self.scales] = np.exp(z[self.scales])
        return x

    def _slope(self, x: np.ndarray) -> np.ndarray:
        slope = np.ones_like(x)
        slope[self.scales] = x[self.scales]
        return slope

    def __call__(self, z: np.ndarray) -> tuple[float, np.ndarray]:
        """Value and gradient."""
        x = self.decode(z)
        value, gradient = self.likelihood(x)
        return value, gradient * self._slope(x)

    def curvature(self, z: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Value, gradient and average information."""
        x = self.decode(z)
        slope = self._slope(x)
        value, gradient, information = self.likelihood.curvature(x)
        return value, gradient * slope, information * np.outer(slope, slope)

    def near_zero(self, z: np.ndarray) -> bool:
        """Whether some scale has all but vanished."""
        return bool(z[self.scales].min() < np.log(NEAR_ZERO))


@functools.cache
def _blas():
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@contextlib.contextmanager
def calm_blas(width: int) -> Iterator[None]:
    """Keep BLAS to one thread while matrices are small: waking a second costs more than it does."""
    if width >= SMALL_REMAINDER:
        yield
        return
    with _blas().limit(limits=1, user_api="blas"):
        yield


def _held_at_zero(fun, x: np.ndarray, zeros: np.ndarray) -> Minimum:
    """Minimise with some scale parameters fixed at zero."""
    free = np.setdiff1d(np.arange(len(x)), zeros)
    base = x.copy()
    base[zeros] = 0.0
    if not len(free):
        value, gradient = fun(base)
        return Minimum(base, value, gradient, np.zeros((0, 0)), 1, True)

    def reduced(part: np.ndarray) -> tuple[float, np.ndarray]:
        whole = base.copy()
        whole[free] = part
        value, gradient = fun(whole)
        return value, gradient[free]

    found = minimize(reduced, base[free])
    whole = base.copy()
    whole[free] = found.x
    value, gradient = fun(whole)
    return Minimum(whole, value, gradient, found.hessian, found.n_eval + 1, found.converged)


def _search(likelihood: GaussianLikelihood, x: np.ndarray, tol: float) -> Minimum:
    """Minimise from one start; may end early beside a boundary."""
    logs = LogScales(likelihood)
    start = logs.encode(x)
    found = minimize(logs, start, curvature=logs.curvature, tol=tol, stop=logs.near_zero)
    return replace(found, x=logs.decode(found.x))


def minimize_with_boundary(likelihood: GaussianLikelihood, x: np.ndarray, tol: float) -> Minimum:
    """Minimise, then settle which standard deviations are exactly zero.

    A deviation that ends near zero is started again from one, since the criterion may have a
    second minimum, and is compared with the model without it. The criterion is an even and smooth
    function of the deviation itself, so the last steps near zero are taken in that.
    """
    scales = likelihood.parameters.scales
    best = _search(likelihood, x, tol)
    near = scales[best.x[scales] < NEAR_ZERO]
    if not len(near):
        return best
    n_eval = best.n_eval
    again = best.x.copy()
    again[near] = 1.0
    candidates = [_search(likelihood, again, tol)]
    candidates.append(minimize(likelihood, best.x, tol=tol))
    best = min(candidates, key=lambda found: found.value)
    n_eval += sum(found.n_eval for found in candidates)
    near = scales[np.abs(best.x[scales]) < NEAR_ZERO]
    while len(near):
        reduced = _held_at_zero(likelihood, best.x, near)
        n_eval += reduced.n_eval
        if reduced.value <= best.value + 1e-12 * (1.0 + abs(best.value)):
            best = reduced
            break
        near = np.delete(near, np.argmax(np.abs(best.x[near])))
    return replace(best, n_eval=n_eval)


def _check_rows(X: np.ndarray, y: np.ndarray, weights, offset) -> None:
    n = len(y)
    if X.ndim != 2 or X.shape[0] != n:
        raise DesignError(f"X has shape {X.shape}, but the response has {n} rows")
    for name, values in (("the response", y), ("the fixed-effects design", X)):
        if not np.isfinite(values).all():
            raise DesignError(f"{name} holds missing or infinite values; drop or impute them")
    for name, values in (("weights", weights), ("offset", offset)):
        if values is None:
            continue
        if values.shape != (n,):
            raise DesignError(f"{name} has shape {values.shape}, but the response has {n} rows")
        if not np.isfinite(values).all():
            raise DesignError(f"{name} holds missing or infinite values")
    if weights is not None and weights.min() <= 0:
        row = int(np.argmin(weights))
        raise DesignError(
            f"weights must be positive, but row {row} has {weights[row]:g}; drop such rows"
        )


def fit_lmm(
    X: np.ndarray,
    y: np.ndarray,
    blocks: Sequence[Block],
    *,
    weights: np.ndarray | None = None,
    offset: np.ndarray | None = None,
    reml: bool = True,
    names: Sequence[str] | None = None,
    tol: float = 1e-13,
):
    """Fit a linear mixed model exactly.

    The random effects, the fixed effects and the residual variance are integrated or profiled out
    (Bates et al. 2015, eqs. 34 and 41), so that the optimiser sees the relative covariance factors
    alone and the rows enter only through cross-products formed once.

    Parameters
    ----------
    X : ndarray of shape (n, p)
        Fixed-effects design, with its intercept.
    y : ndarray of shape (n,)
    blocks : sequence
        Random-effects terms; each has ``codes (n,)``, ``levels``, ``Z (n, q)``, ``correlated``,
        ``group`` and ``names``.
    weights : ndarray of shape (n,), optional
        Precision weights: the residual variance of row i is ``sigma^2 / weights[i]``.
    offset : ndarray of shape (n,), optional
        Known part of the linear predictor.
    reml : bool
        Restricted maximum likelihood, or maximum likelihood.
    names : sequence of str, optional
        Names of the columns of ``X``.
    tol : float
        Bound on twice the decrease that the optimiser still expects, on the deviance scale.

    Returns
    -------
    LMMFit

    Raises
    ------
    DesignError
        The arrays do not fit together, or hold values no model can use.
    IdentifiabilityError
        A term has as many random effects as there are rows.

    Warns
    -----
    RankDeficientWarning, SingularFitWarning, ConvergenceWarning
    """
    from .result import LMMFit

    X, y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    weights = None if weights is None else np.asarray(weights, dtype=float)
    offset = None if offset is None else np.asarray(offset, dtype=float)
    _check_rows(X, y, weights, offset)
    if not blocks:
        raise DesignError("a mixed model needs at least one random-effects term")
    for block in blocks:
        check_block(block, len(y))
    check_counts(blocks, len(y))
    names = [f"x{j + 1}" for j in range(X.shape[1])] if names is None else list(names)
    root_weights = None if weights is None else np.sqrt(weights)
    width = sum(len(b.levels) * np.shape(b.Z)[1] for b in blocks)
    width -= max(len(b.levels) * np.shape(b.Z)[1] for b in blocks)
    with calm_blas(width):
        fixed = fixed_part(X, y if offset is None else y - offset, root_weights, names)
        groupings = group_terms(blocks, root_weights)
        likelihood = GaussianLikelihood(fixed, groupings, reml, weights)
        start = moment_start(groupings, fixed.D[:, -1], likelihood.parameters.n_params)
        found = minimize_with_boundary(likelihood, start, tol)
        fit = LMMFit(likelihood, found, X, y, blocks, weights, offset, names)
    if not found.converged:
        warnings.warn(
            f"the optimiser stopped with a gradient of {fit.gradient_norm:.2g}; "
            "rescale the columns or simplify the random effects",
            ConvergenceWarning,
            stacklevel=2,
        )
    if fit.is_singular:
        warnings.warn(fit.singular_message, SingularFitWarning, stacklevel=2)
    return fit
