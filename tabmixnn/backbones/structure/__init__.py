"""Structure among the latent variables of a GSEM layer (section 3.2.1 of the paper).

A structure is an ``nn.Module`` built from ``(n_variables, settings)``, mapping xi to eta, both
(n, d), and adding its penalties to the `Penalties` it is handed. ``floats_per_row`` says how much
memory a row takes, so that predictions can be cut to fit.
"""

from torch import nn

from tabmixnn.backbones.structure.acyclicity import ACYCLICITY, CyclicDomainError, is_acyclic
from tabmixnn.backbones.structure.dynamic import DynamicStructure
from tabmixnn.backbones.structure.hybrid import HybridStructure
from tabmixnn.backbones.structure.lagrangian import AugmentedLagrangian
from tabmixnn.backbones.structure.order import (
    ORDERS,
    EffectsMatrix,
    FixedOrder,
    LearnedOrder,
    SingularStructureError,
    solve_structure,
)
from tabmixnn.backbones.structure.settings import StructureSettings
from tabmixnn.backbones.structure.spectral import squared_spectral_norm
from tabmixnn.backbones.structure.static import StaticStructure

STRUCTURES: dict[tuple[bool, bool], type[nn.Module]] = {
    (True, False): StaticStructure,
    (False, True): DynamicStructure,
    (True, True): HybridStructure,
}
"""Structures by whether they have a static and a dynamic part."""


def build_structure(n_variables: int, settings: StructureSettings) -> nn.Module | None:
    """Return the structure of a layer of `n_variables`, or None where none is asked for."""
    kind = STRUCTURES.get((settings.static, settings.dynamic))
    return None if kind is None else kind(n_variables, settings)


__all__ = [
    "ACYCLICITY",
    "ORDERS",
    "STRUCTURES",
    "AugmentedLagrangian",
    "CyclicDomainError",
    "DynamicStructure",
    "EffectsMatrix",
    "FixedOrder",
    "HybridStructure",
    "LearnedOrder",
    "SingularStructureError",
    "StaticStructure",
    "StructureSettings",
    "build_structure",
    "is_acyclic",
    "solve_structure",
    "squared_spectral_norm",
]
