"""Named errors of covariance structures."""

from __future__ import annotations


class CovarianceError(ValueError):
    """A covariance structure cannot be built from what it was given."""


class ParameterError(CovarianceError):
    """A parameter lies outside its domain."""


class PositionError(CovarianceError):
    """Times, coordinates or levels on which a structure is to be laid do not allow it."""


class KinshipError(CovarianceError):
    """A relationship matrix is not a covariance matrix, or lacks a level."""


class CovarianceMapError(CovarianceError):
    """An entry of ``cov_struct_map`` has an unknown type, key or group."""
