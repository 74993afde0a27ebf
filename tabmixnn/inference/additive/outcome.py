"""The response as the additive model sees it: Gaussian, or by working responses."""

from __future__ import annotations

from abc import ABC, abstractmethod
from copy import copy

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from tabmixnn.inference.marginal.response import Response

Array = NDArray[np.float64]

FEWEST_EVENTS = 20
"""Rows of a measured outcome, or events of another, from which on there is anything to look for."""
MOST_DEVIATION = 2.5
"""Of effects on the scale of the link that fewer events can tell: that of odds 12 times as high."""
LEAST_WEIGHT = 1e-4
"""Working weights are kept above this share of the largest: saturated rows say nothing."""
WIDEST, FARTHEST = 3.0, 25.0
"""Largest change of a dispersion's logarithm at a time, and its largest size: beyond it counts are
Poisson's, and positive outcomes have no noise."""
LEAST_GAIN = 1e-3
"""Of the log-likelihood, below which a dispersion stays as it is."""


class Outcome(ABC):
    """n responses.

    Attributes
    ----------
    offset : ndarray, shape (n,)
        Known part of the linear predictor.
    dispersion : float or None
        The working residual variance; None where it is estimated.
    scale : float
        The family's dispersion, where it `has_scale`; 1 of others.
    """

    dispersion: float | None
    scale: float = 1.0

    @property
    def has_scale(self) -> bool:
        """Whether the family has a dispersion that working weights depend on."""
        return False

    def __init__(self, offset: Array) -> None:
        self.offset = offset

    @abstractmethod
    def working(self, eta: Array) -> tuple[Array, Array]:
        """Return working responses, less the offset, and weights at n linear predictors."""

    @abstractmethod
    def start(self) -> Array:
        """Return n linear predictors that a fit can start from, by the responses alone."""

    @abstractmethod
    def losses(self, eta: Array) -> Array:
        """Return what each row loses by its linear predictor, shape (n,)."""

    @abstractmethod
    def take(self, rows: NDArray[np.int64]) -> Outcome:
        """Return some of the responses."""

    @property
    @abstractmethod
    def events(self) -> float:
        """How many observations tell of effects, about ten of which tell of one.

        All rows of a measured outcome; of classes the rarer one's, of counts their sum.
        """

    @property
    def is_scarce(self) -> bool:
        """Whether there are too few events to look for anything."""
        return self.events < FEWEST_EVENTS

    def scaled(self, scale: float) -> Outcome:
        """Return the responses with another dispersion of the family."""
        out = copy(self)
        out.scale = scale
        return out

    def rescaled(self, eta: Array, effects: float) -> Outcome:
        """Return the responses with the dispersion that linear predictors leave them.

        Parameters
        ----------
        eta : ndarray, shape (n,)
            Fitted to these responses.
        effects : float
            How many effects they determine in it.

        Returns
        -------
        Outcome
            These responses themselves where nothing changes.
        """
        return self

    def beyond(self, known: Array) -> Outcome:
        """Return the responses with a further known part of the linear predictor, shape (n,)."""
        out = copy(self)
        out.offset = self.offset + known
        return out


class GaussianOutcome(Outcome):
    """Responses with residual variance ``sigma^2 / (weights precision)``.

    The loss is the squared error times the weights: the precision says how much a row tells, not
    how much it matters.

    Attributes
    ----------
    y, weights, precision : ndarray, shape (n,)
    """

    dispersion = None

    def __init__(
        self,
        y: Array,
        offset: Array,
        weights: Array | None = None,
        precision: Array | None = None,
    ) -> None:
        super().__init__(offset)
        self.y = y
        self.weights = np.ones(len(y)) if weights is None else weights
        self.precision = np.ones(len(y)) if precision is None else precision

    def working(self, eta: Array) -> tuple[Array, Array]:
        return self.y - self.offset, self.weights * self.precision

    def start(self) -> Array:
        return self.y

    def losses(self, eta: Array) -> Array:
        return self.weights * (self.y - eta) ** 2

    def take(self, rows: NDArray[np.int64]) -> GaussianOutcome:
        parts = self.y, self.offset, self.weights, self.precision
        return GaussianOutcome(*(part[rows] for part in parts))

    @property
    def events(self) -> float:
        return float(len(self.y))

    def weighed(self, precision: Array) -> GaussianOutcome:
        """Return the responses with another precision, shape (n,)."""
        return GaussianOutcome(self.y, self.offset, self.weights, precision)


class WorkingOutcome(Outcome):
    """Responses of another family, one Newton step at a time; the loss is minus log-likelihood.

    The restricted likelihood of the working responses is that of penalised quasi-likelihood
    (Breslow and Clayton 1993), the one that additive models of this size are fitted by. It makes
    the variance between groups of few binary rows much too small, even zero (Breslow and Lin 1995),
    so that it does not decide those of the formula's own terms (`Model.held`).

    Parameters
    ----------
    response : Response
    offset : ndarray, shape (n,)
    scale : float
        The family's dispersion, where it has one.
    """

    dispersion = 1.0

    def __init__(self, response: Response, offset: Array, scale: float = 1.0) -> None:
        super().__init__(offset)
        self.response, self.scale = response, scale

    def working(self, eta: Array) -> tuple[Array, Array]:
        rows = self.response.rows(eta, self.scale)
        weights = np.maximum(rows.weight, LEAST_WEIGHT * max(rows.weight.max(), 1e-8))
        return eta + rows.score / weights - self.offset, weights

    @property
    def has_scale(self) -> bool:
        return self.response.distribution.has_dispersion

    def start(self) -> Array:
        response = self.response
        return response.link.link(response.distribution.start_mean(response.y, response.weights))

    @property
    def events(self) -> float:
        return self.response.distribution.events(self.response.y, self.response.weights)

    def losses(self, eta: Array) -> Array:
        return -self.response.rows(eta, self.scale).loglik

    def rescaled(self, eta: Array, effects: float) -> WorkingOutcome:
        """Maximise the adjusted profile likelihood [1]_.

        It is Laplace's approximation with all effects integrated out, their information taken to
        be in proportion to the rows' mean weight: of gamma outcomes with little noise the deviance
        over the rows less the effects.

        References
        ----------
        .. [1] Cox, D. R. and Reid, N. (1987). Parameter orthogonality and approximate conditional
           inference. Journal of the Royal Statistical Society B, 49, 1-39.
        """

        def lost(log_scale: float) -> float:
            rows = self.response.rows(eta, np.exp(log_scale))
            return effects / 2.0 * np.log(rows.weight.sum()) - float(rows.loglik.sum())

        at = np.log(self.scale)
        bounds = max(at - WIDEST, -FARTHEST), min(at + WIDEST, FARTHEST)
        found = minimize_scalar(lost, bounds=bounds, method="bounded", options={"xatol": 1e-4})
        if not lost(at) - found.fun > LEAST_GAIN:
            return self
        return self.scaled(float(np.exp(found.x)))

    def take(self, rows: NDArray[np.int64]) -> WorkingOutcome:
        return WorkingOutcome(self.response.take(rows), self.offset[rows], self.scale)
