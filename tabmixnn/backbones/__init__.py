"""Backbones (section 3.2 of the paper): from encoder output to features for the heads.

A new backbone is an ``nn.Module`` built from ``(in_features, settings)`` with an attribute
``out_features``, mapping (n, in_features) to (n, out_features), and one line in `BACKBONES`.
"""

from tabmixnn.backbones.activations import ACTIVATIONS
from tabmixnn.backbones.gsem import GSEMBackbone, GSEMLayer
from tabmixnn.backbones.settings import BackboneSettings

BACKBONES = {"gsem": GSEMBackbone}

__all__ = ["ACTIVATIONS", "BACKBONES", "BackboneSettings", "GSEMBackbone", "GSEMLayer"]
