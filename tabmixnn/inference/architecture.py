"""Which options belong to which architecture; apart, because this needs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tabmixnn.inference.structure_defaults import NOT_GIVEN

GSEM_ONLY: dict[str, Any] = {
    "hidden_dims": (64, 32),
    **{name: absent for name, absent in NOT_GIVEN.items() if name != "lambda_sparse"},
}
MANIFOLD_ONLY: dict[str, Any] = {"manifold_configs": None, "manifold_aggregation": None}
"""Options of one architecture, and what each is where the user did not choose it."""

FOREIGN: dict[str, tuple[dict[str, Any], str]] = {
    "gsem": (MANIFOLD_ONLY, "manifold"),
    "manifold": (GSEM_ONLY, "gsem"),
}
"""By architecture: options that it does not have, and which one does."""


def refuse_foreign(options: Mapping[str, Any], architecture: str) -> None:
    """Check that no option of another architecture is given.

    Raises
    ------
    ValueError
        Naming the first one given, and where it belongs.
    """
    foreign, owner = FOREIGN[architecture]
    for name, absent in foreign.items():
        value = options[name]
        given = tuple(value) if isinstance(absent, tuple) and hasattr(value, "__len__") else value
        if given != absent:
            raise ValueError(
                f"{name}={value!r} belongs to architecture={owner!r}, but this model has "
                f"architecture={architecture!r}; leave one of them out."
            )


def refuse_architecture(options: Mapping[str, Any], engine: str) -> None:
    """Check that no architecture is chosen for an engine without a network.

    Raises
    ------
    ValueError
        Naming the option.
    """
    for name, absent in {"architecture": "gsem", **MANIFOLD_ONLY}.items():
        if options[name] != absent:
            raise ValueError(
                f"{name}={options[name]!r} chooses a network, which inference={engine!r} does "
                "not have; leave it out, or use inference='variational'."
            )
