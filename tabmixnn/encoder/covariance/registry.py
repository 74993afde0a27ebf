"""Every covariance structure, by the names that ``cov_struct_map`` uses."""

from __future__ import annotations

from .ar1 import AR1
from .arma import ARMA
from .base import Correlation
from .compound_symmetry import CompoundSymmetry
from .gaussian_process import GaussianProcess, Matern
from .iid import IID
from .kinship import Kinship
from .kronecker import Kronecker
from .spde import SPDE
from .unstructured import UnstructuredCorrelation

STRUCTURES: dict[str, type[Correlation]] = {
    cls.type: cls
    for cls in (
        IID,
        AR1,
        ARMA,
        CompoundSymmetry,
        Kinship,
        GaussianProcess,
        Matern,
        SPDE,
        UnstructuredCorrelation,
    )
}

TYPES: dict[str, type[Correlation] | type[Kronecker]] = {**STRUCTURES, Kronecker.type: Kronecker}
"""What an entry may name: a structure, or a product of two."""

ALIASES: dict[str, str] = {
    "independent": "IID",
    "autoregressive": "AR1",
    "compoundsymmetry": "CS",
    "compound_symmetry": "CS",
    "exchangeable": "CS",
    "kinship": "K",
    "gaussianprocess": "GP",
    "gaussian_process": "GP",
    "unstructured": "US",
}
"""Other names of the same types, in lower case."""
