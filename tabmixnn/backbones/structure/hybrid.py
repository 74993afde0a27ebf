"""A fixed graph and relations that depend on the row together (eqs. 22-23 of the paper)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tabmixnn.backbones.penalties import Penalties
from tabmixnn.backbones.structure.attention import AttentionWeights, VariableTokens
from tabmixnn.backbones.structure.order import ORDERS, solve_structure
from tabmixnn.backbones.structure.settings import StructureSettings
from tabmixnn.backbones.structure.spectral import squared_spectral_norm
from tabmixnn.backbones.structure.static import add_static_penalties


class HybridStructure(nn.Module):
    r"""``eta = (I - B_s - B_d(eta))^-1 xi`` (eq. 22).

    With eq. 21 as printed every row of B_d sums to 1, so that (I - B_d) 1 = 0 and eq. 22 has no
    solution at B_s = 0. Here :math:`B_d = \sum_h \gamma_h A_h` over the heads' attention weights
    A_h, with learned gains whose absolute values sum to less than 1: I - B_d is then always
    invertible, and a gain may be negative, as an effect may.

    Eq. 22 is implicit. It is solved by repeated substitution: B_d at the static solution, a
    solve, B_d at the result, and so on, a fixed number of times, so that a row's result does not
    depend on the rows beside it. The error falls geometrically where the right-hand side is a
    contraction, which is what the penalty of eq. 23 works for.

    Parameters
    ----------
    n_variables : int
        Width d of the layer.
    settings : StructureSettings
        All of it.
    """

    def __init__(self, n_variables: int, settings: StructureSettings) -> None:
        super().__init__()
        self.effects = ORDERS[settings.order](n_variables, settings.acyclicity)
        self.tokens = VariableTokens(n_variables, settings.attention_dim)
        self.weights = AttentionWeights(settings.attention_dim, settings.n_heads)
        self.raw_gains = nn.Parameter(torch.empty(settings.n_heads))
        self.steps = settings.hybrid_steps
        self.floats_per_row = n_variables**2 * (settings.n_heads + 2)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Start with gains that sum to 1/2."""
        nn.init.constant_(self.raw_gains, 0.5493061443340549)  # artanh(1/2)

    @property
    def gains(self) -> Tensor:
        """Weights of the heads, shape (n_heads,); their absolute values sum to less than 1."""
        return torch.tanh(self.raw_gains) / len(self.raw_gains)

    def dynamic_effects(self, eta: Tensor) -> Tensor:
        """Return B_d of every row, (n, d, d), for eta of shape (n, d)."""
        return torch.einsum("h,nhij->nij", self.gains, self.weights(self.tokens(eta)))

    def attention(self, xi: Tensor) -> Tensor:
        """Return A_h at the solution for xi, (n, d), by row and head: (n, n_heads, d, d)."""
        return self.weights(self.tokens(self.solve(xi)[0]))

    def forward(self, xi: Tensor, penalties: Penalties | None = None) -> Tensor:
        """Map (n, d) to (n, d); add ``dag``, ``sparse`` and ``contract`` (eqs. 51-53).

        The contraction penalty is averaged over rows, since B_d differs between them.

        Raises
        ------
        SingularStructureError
            If a row's equations have no unique solution.
        """
        add_static_penalties(self.effects, penalties)
        eta, effects = self.solve(xi)
        if penalties is not None:
            penalties.add("contract", squared_spectral_norm(effects).mean())
        return eta

    def solve(self, xi: Tensor) -> tuple[Tensor, Tensor]:
        """Return eta, (n, d), and the ``B_s + B_d`` of the last substitution, (n, d, d)."""
        static = self.effects.matrix()
        eta = self.effects.solve(xi)
        for _ in range(self.steps):
            effects = static + self.dynamic_effects(eta)
            eta = solve_structure(effects, xi)
        return eta, effects

    def residual(self, xi: Tensor, eta: Tensor) -> Tensor:
        """Return ``eta - (B_s + B_d(eta)) eta - xi``, (n, d): zero where eq. 22 holds exactly."""
        effects = self.effects.matrix() + self.dynamic_effects(eta)
        return eta - (effects @ eta.unsqueeze(-1)).squeeze(-1) - xi
