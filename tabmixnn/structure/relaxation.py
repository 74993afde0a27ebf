"""Graphs as a continuous problem: least squares under an acyclicity constraint (NOTEARS)."""

from __future__ import annotations

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor

from tabmixnn.backbones.structure import ACYCLICITY, AugmentedLagrangian, CyclicDomainError
from tabmixnn.structure.moments import Moments
from tabmixnn.structure.noise import NoiseModel

SMOOTHING = 1e-2
MAX_UPDATES = 100
INNER_STEPS = 100


class Relaxation:
    r"""Minimise loss + lambda * sum of effect sizes, subject to h(effect sizes) = 0.

    The size of an effect is the norm of its coefficients (Zheng et al. 2018 for one coefficient,
    2020 for several): :math:`A_{ij} = \sum_k C_{ijk}^2` takes the place of
    :math:`B \odot B` in eq. 20 of the paper, and its square root that of :math:`|B|`.

    Parameters
    ----------
    moments : Moments
        Of d columns.
    noise : NoiseModel
        The loss.
    penalty : float
        lambda, on effect sizes.
    acyclicity : str
        A key of ``ACYCLICITY``.
    """

    def __init__(
        self, moments: Moments, noise: NoiseModel, penalty: float, acyclicity: str
    ) -> None:
        self.noise, self.penalty = noise, penalty
        self._acyclicity = ACYCLICITY[acyclicity]
        self._variances = torch.as_tensor(moments.variances)
        self._cross = torch.as_tensor(moments.cross)
        self._gram = torch.as_tensor(moments.gram)
        self._d = len(moments.variances)
        owner = torch.as_tensor(moments.owner)
        self._allowed = (owner[:, None] != torch.arange(self._d)).double()
        self._membership = torch.nn.functional.one_hot(owner, self._d).double()

    def strengths(self, tolerance: float = 1e-8) -> np.ndarray:
        """Solve the problem and return the effect sizes, (d, d), effect by cause.

        Parameters
        ----------
        tolerance : float
            h at which the constraint holds.
        """
        schedule = AugmentedLagrangian(tolerance=tolerance)
        flat = np.zeros(self._allowed.numel())
        for _ in range(MAX_UPDATES):
            candidate, h = self._inner(flat, schedule)
            while schedule.stalled(h) and schedule.rho < schedule.rho_max:
                schedule.grow()
                candidate, h = self._inner(flat, schedule)
            flat = candidate
            schedule.update(h)
            if schedule.holds(h) or schedule.rho >= schedule.rho_max:
                break
        return self._squares(self._matrix(torch.as_tensor(flat))).sqrt().numpy()

    def _inner(self, start: np.ndarray, schedule: AugmentedLagrangian) -> tuple[np.ndarray, float]:
        options = {"maxiter": INNER_STEPS}
        best = minimize(self._value, start, (schedule,), "L-BFGS-B", jac=True, options=options).x
        squares = self._squares(self._matrix(torch.as_tensor(best)))
        return best, self._acyclicity(squares).item()

    def _value(self, flat: np.ndarray, schedule: AugmentedLagrangian) -> tuple[float, np.ndarray]:
        parameters = torch.tensor(flat, requires_grad=True)
        coefficients = self._matrix(parameters)
        squares = self._squares(coefficients)
        try:
            h = self._acyclicity(squares)
        except CyclicDomainError:
            # Outside of the barrier: the line search has to come back.
            return np.inf, np.zeros_like(flat)
        fitted = (coefficients * (self._gram @ coefficients)).sum(0)
        residual = self._variances - 2 * (coefficients * self._cross).sum(0) + fitted
        sizes = (squares + SMOOTHING**2).sqrt().sum()
        value = self.noise.loss(residual) + self.penalty * sizes + schedule.weigh(h)
        value.backward()
        return value.item(), parameters.grad.numpy()

    def _matrix(self, flat: Tensor) -> Tensor:
        """Return coefficients (m, d), basis function by effect; none of a column on itself."""
        return flat.reshape(self._allowed.shape) * self._allowed

    def _squares(self, coefficients: Tensor) -> Tensor:
        """Return squared effect sizes (d, d), effect by cause."""
        return (self._membership.T @ coefficients.square()).T
