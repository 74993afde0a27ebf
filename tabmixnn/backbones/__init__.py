"""Backbones (section 3.2 of the paper): from encoder output to features for the heads.

A new backbone is a file with an ``nn.Module`` built from ``(in_features, settings)`` and one entry
in `BACKBONES` (``registry.py``), which the generic tests go through. The module maps
(n, in_features) to (n, out_features) and has

- ``out_features``, and ``floats_per_row``: how much memory a row takes, so that predictions can be
  cut to fit;
- ``layers``, of which each has a ``structure`` among its variables, or None for it;
- ``forward(hidden, penalties=None)``, which adds what it wants the objective to weigh to the
  `Penalties` it is handed.

What no other backbone is told is a field of `BackboneSettings` and a parameter of the estimators.

Names are loaded when first used (PEP 562): which options belong to which backbone is asked by
engines that need no torch.
"""

from __future__ import annotations

from tabmixnn.deferred import deferred

_PUBLIC = {
    "ACTIVATIONS": "tabmixnn.backbones.activations",
    "BACKBONES": "tabmixnn.backbones.registry",
    "BackboneEntry": "tabmixnn.backbones.registry",
    "BackboneSettings": "tabmixnn.backbones.settings",
    "GSEMBackbone": "tabmixnn.backbones.gsem",
    "GSEMLayer": "tabmixnn.backbones.gsem",
    "ManifoldBackbone": "tabmixnn.backbones.manifold",
    "ManifoldSettings": "tabmixnn.backbones.manifold",
    "Penalties": "tabmixnn.backbones.penalties",
    "StructureSettings": "tabmixnn.backbones.structure",
}

__all__ = [
    "ACTIVATIONS",
    "BACKBONES",
    "BackboneEntry",
    "BackboneSettings",
    "GSEMBackbone",
    "GSEMLayer",
    "ManifoldBackbone",
    "ManifoldSettings",
    "Penalties",
    "StructureSettings",
]

__getattr__, __dir__ = deferred(__name__, _PUBLIC)
