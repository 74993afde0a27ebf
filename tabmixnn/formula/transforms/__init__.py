"""Functions of one numeric column, one idea a file, and the registry a formula looks them up in.

A new transform is a subclass of :class:`Transform` with the three methods ``fit``, ``apply`` and
(for more than one column) ``suffixes``, and a line in ``TRANSFORMS``. Its state must be JSON-able:
numbers, strings, booleans, None, lists and dicts of these.
"""

from __future__ import annotations

from tabmixnn.formula.transforms.base import Transform
from tabmixnn.formula.transforms.elementwise import ELEMENTWISE
from tabmixnn.formula.transforms.polynomial import Polynomial
from tabmixnn.formula.transforms.scaling import Center, Scale
from tabmixnn.formula.transforms.splines import BSpline, NaturalSpline

TRANSFORMS: dict[str, Transform] = {
    **ELEMENTWISE,
    "scale": Scale(),
    "center": Center(),
    "poly": Polynomial(),
    "bs": BSpline(),
    "ns": NaturalSpline(),
}

__all__ = ["TRANSFORMS", "Transform"]
