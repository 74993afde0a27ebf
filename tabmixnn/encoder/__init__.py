"""The mixed-effects encoder (section 3.1 of the paper): rows and groups to representations."""

from tabmixnn.encoder.encoder import MixedEffectsEncoder
from tabmixnn.encoder.fixed import FixedEffects
from tabmixnn.encoder.inputs import BlockSpec, EncoderInputs, EncoderSpec, GroupRows
from tabmixnn.encoder.random import RandomEffects
from tabmixnn.encoder.scaling import InputScaling
from tabmixnn.encoder.unknown import UNKNOWN_STRATEGIES

__all__ = [
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
