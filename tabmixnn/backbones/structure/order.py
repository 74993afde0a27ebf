"""The matrix B_s of a static structure: in a given order of the variables, or in any order.

A new parametrisation is an `EffectsMatrix` and one line in `ORDERS`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn

from tabmixnn.backbones.structure.acyclicity import ACYCLICITY, strongest_order


class SingularStructureError(ValueError):
    """The structural equations have no unique solution."""


def solve_structure(effects: Tensor, xi: Tensor) -> Tensor:
    """Solve ``(I - B) eta = xi`` for every row by an LU factorisation.

    Parameters
    ----------
    effects : Tensor, shape (d, d) or (n, d, d)
        B, the same for all rows or each row's own.
    xi : Tensor, shape (n, d)
        Right-hand sides.

    Returns
    -------
    Tensor, shape (n, d)
        In an exported program, which cannot raise, NaN where there is no unique solution.

    Raises
    ------
    SingularStructureError
        If I - B is singular to working precision.
    """
    system = torch.eye(effects.shape[-1], dtype=xi.dtype, device=xi.device) - effects
    shared = effects.ndim == 2
    eta, info = torch.linalg.solve_ex(system, xi.mT if shared else xi.unsqueeze(-1))
    singular = info != 0
    if torch.compiler.is_exporting():
        eta = eta.masked_fill(singular[..., None, None], float("nan"))
    elif bool(singular.any()):
        raise SingularStructureError(
            "I - B became singular, so the structural equations have no solution. Lower lr, or "
            "raise lambda_contract (hybrid structure) or lambda_dag (learned order)."
        )
    return eta.mT if shared else eta.squeeze(-1)


class EffectsMatrix(ABC, nn.Module):
    """B_s of d variables: ``B[i, j]`` is the effect of variable j on variable i.

    It starts at zero, where ``eta = xi``: an untrained structure changes nothing and draws no
    random numbers.

    Parameters
    ----------
    n_variables : int
        d.
    acyclicity : str
        A key of ``ACYCLICITY``.
    """

    constrained: ClassVar[bool]
    """Whether a constraint, not the parametrisation, keeps the graph free of cycles."""

    def __init__(self, n_variables: int, acyclicity: str = "trace_exp") -> None:
        super().__init__()
        self.raw = nn.Parameter(torch.empty(n_variables, n_variables))
        self._acyclicity = ACYCLICITY[acyclicity]
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set B to zero."""
        nn.init.zeros_(self.raw)

    @abstractmethod
    def matrix(self) -> Tensor:
        """Return B_s, shape (d, d)."""

    @abstractmethod
    def solve(self, xi: Tensor) -> Tensor:
        """Return ``eta = (I - B_s)^-1 xi`` of n rows (eq. 19), both of shape (n, d)."""

    def fix_order(self) -> None:
        """Keep the order of the variables from now on; a fixed order is kept anyway."""

    def cycles(self) -> Tensor:
        """Return the acyclicity function of B_s (eqs. 20 and 51), a scalar.

        Computed in float64: in float32 the penalty of a 64-variable graph would be rounded to
        multiples of 1e-5.
        """
        matrix = self.matrix().double()
        return self._acyclicity(matrix * matrix)


class FixedOrder(EffectsMatrix):
    """Strictly lower triangular, as eq. 19 is printed: no variable affects an earlier one.

    The penalty of eq. 20 is identically zero here, and so is its gradient; lambda_dag has
    nothing to do.
    """

    constrained = False

    def matrix(self) -> Tensor:
        return self.raw.tril(-1)

    def cycles(self) -> Tensor:
        """Return zero, which is what the acyclicity function of a triangular matrix comes to."""
        return self.raw.new_zeros((), dtype=torch.float64)

    def solve(self, xi: Tensor) -> Tensor:
        """Return eta by substitution, d^2 operations a row.

        Parameters
        ----------
        xi : Tensor, shape (n, d)

        Returns
        -------
        Tensor, shape (n, d)
        """
        # The diagonal is not read (unitriangular): -B stands for I - B.
        system = -self.matrix().mT
        return torch.linalg.solve_triangular(system, xi, upper=True, left=False, unitriangular=True)


class LearnedOrder(EffectsMatrix):
    """Any B with a zero diagonal, until the order it has arrived at is fixed.

    The penalty of eq. 20 draws B to a graph without cycles in some order. Steps of finite size
    never reach one exactly, so training ends in that order (`fix_order`), with a B that is
    triangular once its variables are sorted.
    """

    constrained = True

    def __init__(self, n_variables: int, acyclicity: str = "trace_exp") -> None:
        super().__init__(n_variables, acyclicity)
        self.register_buffer("allowed", ~torch.eye(n_variables, dtype=torch.bool))

    def matrix(self) -> Tensor:
        return self.raw * self.allowed

    def fix_order(self) -> None:
        """Allow only effects on later variables, in the order of the strongest effects."""
        place = strongest_order(self.matrix().abs()).argsort()
        self.allowed.copy_(place[:, None] > place[None, :])

    def solve(self, xi: Tensor) -> Tensor:
        """Return eta, (n, d) as xi; see `solve_structure` for errors."""
        return solve_structure(self.matrix(), xi)


ORDERS: dict[str, type[EffectsMatrix]] = {"fixed": FixedOrder, "learned": LearnedOrder}
