"""A fixed graph among a layer's latent variables (eqs. 19-20 of the paper)."""

from __future__ import annotations

from torch import Tensor, nn

from tabmixnn.backbones.penalties import Penalties
from tabmixnn.backbones.structure.order import ORDERS
from tabmixnn.backbones.structure.settings import StructureSettings


class StaticStructure(nn.Module):
    """``eta = (I - B_s)^-1 xi``, the same B_s for every row (eq. 19).

    Because xi = W H + b with a free W, the layer can take any B_s up into W: what it can compute
    is the same with and without. B_s is pinned down by its penalties alone, and means what they
    make it mean; with lambda_sparse > 0 and nothing else, the best B_s is 0. To learn a graph
    among observed columns, where B *is* identified by data, see `tabmixnn.structure.learn_dag`.

    Parameters
    ----------
    n_variables : int
        Width d of the layer.
    settings : StructureSettings
        Order and acyclicity function.
    """

    def __init__(self, n_variables: int, settings: StructureSettings) -> None:
        super().__init__()
        self.effects = ORDERS[settings.order](n_variables, settings.acyclicity)
        self.floats_per_row = n_variables

    def forward(self, xi: Tensor, penalties: Penalties | None = None) -> Tensor:
        """Map xi to eta, both (n, d); add ``dag`` (eq. 51) and ``sparse`` (eq. 53)."""
        add_static_penalties(self.effects, penalties)
        return self.effects.solve(xi)


def add_static_penalties(effects: nn.Module, penalties: Penalties | None) -> None:
    """Add the penalties of an `EffectsMatrix`, eqs. 51 and 53, if anybody asks for them."""
    if penalties is not None:
        penalties.add("dag", effects.cycles())
        penalties.add("sparse", effects.matrix().abs().sum())
