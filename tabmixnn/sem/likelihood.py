"""The Gaussian likelihood of a structural equation model and its derivatives."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky

from tabmixnn.sem.ram import Array, Moments, Ram


@dataclass(frozen=True)
class SampleMoments:
    """Moments of n rows of p variables.

    Parameters
    ----------
    n : int
    mean : ndarray, shape (p,)
    covariance : ndarray, shape (p, p)
        With divisor n.
    """

    n: int
    mean: Array
    covariance: Array

    @classmethod
    def of(cls, data: Array) -> SampleMoments:
        """Return the moments of `data`, shape (n, p)."""
        return cls(
            len(data), data.mean(axis=0), np.cov(data.T, bias=True).reshape(data.shape[1], -1)
        )

    def loglik(self, columns: NDArray[np.int64] | slice = slice(None)) -> float:
        """Return the largest Gaussian log-likelihood that some of the variables can have."""
        covariance = self.covariance[columns][:, columns]
        p = len(covariance)
        return -0.5 * self.n * (p * math.log(2 * math.pi) + np.linalg.slogdet(covariance)[1] + p)


class GaussianLikelihood:
    """``log L(theta)`` of the implied moments given the sample's (Joereskog 1969).

    Parameters
    ----------
    ram : Ram
    sample : SampleMoments
    meanstructure : bool
        Whether the model says something about the means; otherwise they are the sample's.
    """

    def __init__(self, ram: Ram, sample: SampleMoments, meanstructure: bool) -> None:
        self.ram = ram
        self.sample = sample
        self.meanstructure = meanstructure

    def deviation(self, moments: Moments) -> Array:
        """Return the sample's mean minus the implied one, shape (p,)."""
        difference = self.sample.mean - moments.mean
        return difference if self.meanstructure else np.zeros_like(difference)

    def value(self, theta: Array) -> float:
        """Return the log-likelihood; minus infinity where Sigma is not positive definite."""
        moments = self.ram.moments(theta)
        try:
            factor = cholesky(moments.covariance, lower=True)
        except (np.linalg.LinAlgError, ValueError):
            return -math.inf
        d = self.deviation(moments)
        spread = self.sample.covariance + np.outer(d, d)
        p = len(d)
        log_det = 2 * np.log(np.diag(factor)).sum()
        trace = np.trace(cho_solve((factor, True), spread))
        return float(-0.5 * self.sample.n * (p * math.log(2 * math.pi) + log_det + trace))

    def derivatives(self, theta: Array) -> tuple[Array, Array]:
        """Return the gradient and the expected information.

        Returns
        -------
        gradient : ndarray, shape (q,)
        information : ndarray, shape (q, q)
        """
        moments = self.ram.moments(theta)
        d_covariance, d_mean = self.ram.jacobian(moments)
        precision = np.linalg.inv(moments.covariance)
        d = self.deviation(moments)
        spread = self.sample.covariance + np.outer(d, d)
        excess = precision @ (spread - moments.covariance) @ precision
        half = 0.5 * self.sample.n
        gradient = half * np.einsum("qij,ij->q", d_covariance, excess)
        weighted = precision @ d_covariance
        information = half * np.einsum("qij,rji->qr", weighted, weighted, optimize=True)
        if self.meanstructure:
            gradient = gradient + self.sample.n * d_mean @ precision @ d
            information = information + self.sample.n * d_mean @ precision @ d_mean.T
        return gradient, information
