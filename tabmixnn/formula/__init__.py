"""R's formula language: text to terms to matrices, for training data and new data alike.

A formula is data, not code: it is read by a parser of its own and can call a fixed list of
functions (:data:`tabmixnn.formula.functions.ALLOWED_FUNCTIONS`), nothing else.

>>> import pandas as pd
>>> from tabmixnn.formula import Design
>>> data = pd.DataFrame({"y": [1.0, 2, 3, 5], "x": [0.0, 1, 2, 3], "g": ["a", "a", "b", "b"]})
>>> design = Design.fit("y ~ x + (1 + x | g)", data)
>>> design.fixed_names
['(Intercept)', 'x']
>>> frame = design.frame(data)
>>> frame.X.shape, frame.blocks[0].codes.tolist(), frame.blocks[0].names
((4, 2), [0, 0, 1, 1], ['(Intercept)', 'x'])
"""

from tabmixnn.formula.bars import RandomTerm
from tabmixnn.formula.design import Design
from tabmixnn.formula.errors import (
    FormulaError,
    FormulaSyntaxError,
    MissingColumnError,
    MissingValueError,
    UnseenLevelError,
)
from tabmixnn.formula.formula import Formula
from tabmixnn.formula.frame import ModelFrame
from tabmixnn.formula.groups import RandomBlock

__all__ = [
    "Design",
    "Formula",
    "FormulaError",
    "FormulaSyntaxError",
    "MissingColumnError",
    "MissingValueError",
    "ModelFrame",
    "RandomBlock",
    "RandomTerm",
    "UnseenLevelError",
]
