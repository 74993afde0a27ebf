"""The option ``cov_struct_map`` (section 4.3.2 of the paper)."""

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
