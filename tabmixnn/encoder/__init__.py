"""The mixed-effects encoder (section 3.1 of the paper): rows and groups to representations.

Names are loaded when first used (PEP 562): the covariance structures below this package serve
the exact likelihood too, which needs no torch.
"""

from __future__ import annotations

from tabmixnn.deferred import deferred

_PUBLIC = {
    "POSTERIORS": "tabmixnn.encoder.posterior",
    "PRIORS": "tabmixnn.encoder.priors",
    "UNKNOWN_STRATEGIES": "tabmixnn.encoder.unknown",
    "BlockSpec": "tabmixnn.encoder.inputs",
    "EncoderInputs": "tabmixnn.encoder.inputs",
    "EncoderSpec": "tabmixnn.encoder.inputs",
    "FixedEffects": "tabmixnn.encoder.fixed",
    "GroupRows": "tabmixnn.encoder.inputs",
    "InputScaling": "tabmixnn.encoder.scaling",
    "MixedEffectsEncoder": "tabmixnn.encoder.encoder",
    "RandomEffects": "tabmixnn.encoder.random",
}

__all__ = [
    "POSTERIORS",
    "PRIORS",
    "UNKNOWN_STRATEGIES",
    "BlockSpec",
    "EncoderInputs",
    "EncoderSpec",
    "FixedEffects",
    "GroupRows",
    "InputScaling",
    "MixedEffectsEncoder",
    "RandomEffects",
]

__getattr__, __dir__ = deferred(__name__, _PUBLIC)
