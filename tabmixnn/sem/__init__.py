"""Structural equation models in lavaan's syntax (Rosseel 2012): read, tabulated and fitted."""

from tabmixnn.sem.errors import ConvergenceError, LavaanSyntaxError, ModelError
from tabmixnn.sem.model import SEM
from tabmixnn.sem.parser import Element, ParsedModel, parse_model
from tabmixnn.sem.table import TableOptions, parameter_table

__all__ = [
    "SEM",
    "ConvergenceError",
    "Element",
    "LavaanSyntaxError",
    "ModelError",
    "ParsedModel",
    "TableOptions",
    "parameter_table",
    "parse_model",
]
