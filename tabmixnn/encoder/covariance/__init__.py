"""Covariance structures (section 3.1.4 of the paper), one a file.

:class:`Correlation` says what a structure supplies; ``registry.py`` lists them.
"""

from .ar1 import AR1
from .arma import ARMA
from .base import Correlation
from .compound_symmetry import CompoundSymmetry
from .context import Context, EffectContext, LevelContext, RowContext
from .errors import (
    CovarianceError,
    CovarianceMapError,
    KinshipError,
    ParameterError,
    PositionError,
)
from .gaussian_process import GaussianProcess, Matern, gaussian_process
from .iid import IID
from .kinship import Kinship, genomic_relationship
from .kronecker import Kronecker
from .map import apply_cov_struct_map, placing_columns
from .placed import Placed, StructuredBlock
from .registry import STRUCTURES
from .residual import ResidualStructure
from .spde import SPDE
from .tensor_grid import TensorGrid
from .unstructured import UnstructuredCorrelation

__all__ = [
    "AR1",
    "ARMA",
    "IID",
    "SPDE",
    "STRUCTURES",
    "CompoundSymmetry",
    "Context",
    "Correlation",
    "CovarianceError",
    "CovarianceMapError",
    "EffectContext",
    "GaussianProcess",
    "Kinship",
    "KinshipError",
    "Kronecker",
    "LevelContext",
    "Matern",
    "ParameterError",
    "Placed",
    "PositionError",
    "ResidualStructure",
    "RowContext",
    "StructuredBlock",
    "TensorGrid",
    "UnstructuredCorrelation",
    "apply_cov_struct_map",
    "gaussian_process",
    "genomic_relationship",
    "placing_columns",
]
