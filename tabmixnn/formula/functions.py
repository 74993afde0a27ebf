"""Every function that a formula can call. Nothing that is not listed here can be called."""

from __future__ import annotations

from typing import Any

from tabmixnn.formula.factors import FACTOR_FUNCTIONS
from tabmixnn.formula.transforms import TRANSFORMS

ARITHMETIC = "I"
OFFSET = "offset"
TWO_COLUMNS = "cbind"
VECTOR = "c"
COVARIANCE_FUNCTIONS = {"us": True, "diag": False}
"""What a bar term may stand in, and whether its effects are then correlated (as glmmTMB)."""

PARAMETERS: dict[str, dict[str, Any]] = {
    ARITHMETIC: {},
    OFFSET: {},
    **{name: transform.parameters for name, transform in TRANSFORMS.items()},
    **{name: function.parameters for name, function in FACTOR_FUNCTIONS.items()},
}
"""The arguments, with their defaults, that each function of one variable takes after it."""

ALLOWED_FUNCTIONS = frozenset(PARAMETERS) | frozenset(COVARIANCE_FUNCTIONS) | {TWO_COLUMNS, VECTOR}
