"""The option ``cov_struct_map`` (section 4.3.2 of the paper), and who cannot take it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def read_structure_map(options: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the covariance structures by group; None if there are none.

    Raises
    ------
    ValueError
        If the option is no mapping.
    """
    given = options["cov_struct_map"]
    if given is not None and not isinstance(given, Mapping):
        raise ValueError(
            "cov_struct_map must be a dict from a group to its structure, such as "
            f"{{'patient_id': {{'type': 'AR1'}}}}; got {given!r}."
        )
    return given or None


def refuse_structure_map(options: Mapping[str, Any], engine: str) -> None:
    """Check that no covariance structure is given to an engine without them.

    Raises
    ------
    ValueError
        Naming the groups that were given one.
    """
    given = read_structure_map(options)
    if given is not None:
        groups = ", ".join(repr(str(group)) for group in given)
        raise ValueError(
            f"inference={engine!r} has no covariance structures yet, but cov_struct_map gives "
            f"one to {groups}; pass inference='marginal' and hidden_dims=[], or leave it out."
        )
