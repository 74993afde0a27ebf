"""Backbones (section 3.2 of the paper): from encoder output to features for the heads.

A new backbone is an ``nn.Module`` built from ``(in_features, settings)`` with an attribute
``out_features``, mapping (n, in_features) to (n, out_features), and one line in `BACKBONES`. Its
``forward(hidden, penalties=None)`` adds what it wants the objective to weigh to the `Penalties` it
is handed, and ``floats_per_row`` says how much memory a row takes, so that predictions can be cut
to fit.
"""

from tabmixnn.backbones.activations import ACTIVATIONS
from tabmixnn.backbones.gsem import GSEMBackbone, GSEMLayer
from tabmixnn.backbones.manifold import ManifoldBackbone, ManifoldSettings
from tabmixnn.backbones.penalties import Penalties
from tabmixnn.backbones.settings import BackboneSettings
from tabmixnn.backbones.structure import StructureSettings

BACKBONES = {"gsem": GSEMBackbone, "manifold": ManifoldBackbone}
"""Backbones by the name that ``architecture`` has."""

__all__ = [
    "ACTIVATIONS",
    "BACKBONES",
    "BackboneSettings",
    "GSEMBackbone",
    "GSEMLayer",
    "ManifoldBackbone",
    "ManifoldSettings",
    "Penalties",
    "StructureSettings",
]
