"""What a user can choose about a backbone."""

from __future__ import annotations

from dataclasses import dataclass, field

from tabmixnn.backbones.manifold.settings import ManifoldSettings
from tabmixnn.backbones.structure import StructureSettings


@dataclass(frozen=True)
class BackboneSettings:
    """Options of a backbone: what its layers share, and what only one kind of backbone has.

    Parameters
    ----------
    hidden_dims : tuple of int
        GSEM: widths of the hidden layers; empty for a linear model.
    activation : str
        A key of ``ACTIVATIONS``.
    dropout : float
        Probability with which a feature is dropped in training.
    layer_norm : bool
        Normalise each row's features after the activation.
    residual : bool
        Add each layer's input to its output.
    structure : StructureSettings
        GSEM: structure among each hidden layer's latent variables; none by default.
    manifold : ManifoldSettings
        Manifold: its grids, and how they are put together.
    """

    hidden_dims: tuple[int, ...] = (64, 32)
    activation: str = "relu"
    dropout: float = 0.1
    layer_norm: bool = True
    residual: bool = False
    structure: StructureSettings = field(default_factory=StructureSettings)
    manifold: ManifoldSettings = field(default_factory=ManifoldSettings)
