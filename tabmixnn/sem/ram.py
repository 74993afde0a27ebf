"""The moments that a model implies (reticular action model, McArdle and McDonald 1984)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tabmixnn.sem.errors import ModelError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """Implied moments of p observed variables, and what their derivatives need.

    Parameters
    ----------
    covariance : ndarray, shape (p, p)
    mean : ndarray, shape (p,)
    effects : ndarray, shape (p, m)
        Total effects ``F (I - A)^-1`` of all m variables on the observed ones.
    joint : ndarray, shape (m, p)
        Covariances of all variables with the observed ones.
    joint_mean : ndarray, shape (m,)
        Means of all variables.
    """

    covariance: Array
    mean: Array
    effects: Array
    joint: Array
    joint_mean: Array


class Ram:
    """``Sigma = F (I - A)^-1 S (I - A)^-T F'`` and ``mu = F (I - A)^-1 a`` as functions of theta.

    A has the directed paths (row: to, column: from), S the variances and covariances, a the
    intercepts; the first p of the m variables are the observed ones.

    Parameters
    ----------
    table : DataFrame
        Parameter table; its paths are the rows with operators ``=~``, ``~``, ``~~`` and ``~1``.
    observed, latent : sequence of str
        The variables.
    fixed : ndarray, one entry a path
        Values of the fixed paths; those of free ones are ignored.
    parameter : ndarray of int64, one entry a path
        Which of the q entries of theta a path is, -1 for a fixed one. Paths that are equal share
        an entry.
    """

    def __init__(
        self,
        table: pd.DataFrame,
        observed: tuple[str, ...],
        latent: tuple[str, ...],
        fixed: Array,
        parameter: NDArray[np.int64],
    ) -> None:
        self.names = (*observed, *latent)
        self.n_observed = len(observed)
        self.fixed = fixed
        self.parameter = parameter
        self.n_parameters = int(parameter.max(initial=-1)) + 1
        position = {name: index for index, name in enumerate(self.names)}
        op = table["op"].to_numpy()
        lhs = np.array([position[name] for name in table["lhs"]])
        rhs = np.array([position.get(name, -1) for name in table["rhs"]])
        self.directed = np.flatnonzero((op == "=~") | (op == "~"))
        measures = op[self.directed] == "=~"
        self.to = np.where(measures, rhs[self.directed], lhs[self.directed])
        self.origin = np.where(measures, lhs[self.directed], rhs[self.directed])
        self.symmetric = np.flatnonzero(op == "~~")
        self.first, self.second = lhs[self.symmetric], rhs[self.symmetric]
        self.intercept = np.flatnonzero(op == "~1")
        self.centre = lhs[self.intercept]

    def values(self, theta: Array) -> Array:
        """Return the value of every path."""
        return np.where(self.parameter < 0, self.fixed, np.append(theta, 0.0)[self.parameter])

    def matrices(self, theta: Array) -> tuple[Array, Array, Array]:
        """Return A (m, m), S (m, m) and a (m,)."""
        values, m = self.values(theta), len(self.names)
        directed, symmetric, intercept = np.zeros((m, m)), np.zeros((m, m)), np.zeros(m)
        directed[self.to, self.origin] = values[self.directed]
        symmetric[self.first, self.second] = values[self.symmetric]
        symmetric[self.second, self.first] = values[self.symmetric]
        intercept[self.centre] = values[self.intercept]
        return directed, symmetric, intercept

    def moments(self, theta: Array) -> Moments:
        """Return the implied moments.

        Raises
        ------
        ModelError
            If I - A has no inverse, which only happens with cyclic paths.
        """
        directed, symmetric, intercept = self.matrices(theta)
        try:
            total = np.linalg.inv(np.eye(len(self.names)) - directed)
        except np.linalg.LinAlgError as error:
            raise ModelError(
                "The cyclic paths of the model amplify themselves without end: I - A is singular."
            ) from error
        effects = total[: self.n_observed]
        joint = total @ symmetric @ effects.T
        mean = total @ intercept
        covariance = effects @ symmetric @ effects.T
        return Moments(covariance, mean[: self.n_observed], effects, joint, mean)

    def jacobian(self, moments: Moments) -> tuple[Array, Array]:
        """Return the derivatives of the implied moments with respect to theta.

        Returns
        -------
        covariance : ndarray, shape (q, p, p)
        mean : ndarray, shape (q, p)
        """
        p = self.n_observed
        covariance = np.zeros((self.n_parameters, p, p))
        mean = np.zeros((self.n_parameters, p))
        effects = moments.effects.T
        for path, to, origin in zip(self.directed, self.to, self.origin, strict=True):
            if (entry := self.parameter[path]) >= 0:
                change = np.outer(effects[to], moments.joint[origin])
                covariance[entry] += change + change.T
                mean[entry] += effects[to] * moments.joint_mean[origin]
        for path, first, second in zip(self.symmetric, self.first, self.second, strict=True):
            if (entry := self.parameter[path]) >= 0:
                change = np.outer(effects[first], effects[second])
                covariance[entry] += change if first == second else change + change.T
        for path, centre in zip(self.intercept, self.centre, strict=True):
            if (entry := self.parameter[path]) >= 0:
                mean[entry] += effects[centre]
        return covariance, mean
