"""The manifold backbone (section 3.2.2 of the paper): blocks of fields on regular grids.

A new boundary condition, or way to put blocks together, is one class and one line in `BOUNDARIES`
or `AGGREGATIONS`.
"""

from tabmixnn.backbones.manifold.aggregation import AGGREGATIONS
from tabmixnn.backbones.manifold.backbone import ManifoldBackbone
from tabmixnn.backbones.manifold.block import ManifoldBlock
from tabmixnn.backbones.manifold.boundaries import BOUNDARIES, Boundary, Periodic, Reflecting
from tabmixnn.backbones.manifold.precision import GridPrecision
from tabmixnn.backbones.manifold.sem import PositionStructure
from tabmixnn.backbones.manifold.settings import BlockSettings, GridError, ManifoldSettings

__all__ = [
    "AGGREGATIONS",
    "BOUNDARIES",
    "BlockSettings",
    "Boundary",
    "GridError",
    "GridPrecision",
    "ManifoldBackbone",
    "ManifoldBlock",
    "ManifoldSettings",
    "Periodic",
    "PositionStructure",
    "Reflecting",
]
