"""Which options belong to which architecture; apart, because this needs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tabmixnn.backbones.registry import BACKBONES, STRUCTURE

DEFAULT = "gsem"


def foreign_options(architecture: str) -> dict[str, Any]:
    """Return the options that only other architectures have, and what each is if not given."""
    own = BACKBONES[architecture].options
    every = [option for entry in BACKBONES.values() for option in entry.options.items()]
    return {name: absent for name, absent in every if name not in own}


def refuse_foreign(options: Mapping[str, Any], architecture: str) -> None:
    """Check that no option of another architecture is given.

    Raises
    ------
    ValueError
        Naming the first one given, and where it belongs.
    """
    for name, absent in foreign_options(architecture).items():
        value = options[name]
        given = tuple(value) if isinstance(absent, tuple) and hasattr(value, "__len__") else value
        if given != absent:
            owners = [repr(each) for each, entry in BACKBONES.items() if name in entry.options]
            raise ValueError(
                f"{name}={value!r} belongs to architecture={' or '.join(owners)}, but this model "
                f"has architecture={architecture!r}; leave one of them out."
            )


def refuse_architecture(options: Mapping[str, Any], engine: str) -> None:
    """Check that no architecture is chosen for an engine without a network.

    Raises
    ------
    ValueError
        Naming the option.
    """
    for name, absent in {"architecture": DEFAULT, **foreign_options(DEFAULT)}.items():
        if options[name] != absent:
            raise ValueError(
                f"{name}={options[name]!r} chooses a network, which inference={engine!r} does "
                "not have; leave it out, or use inference='variational'."
            )


def refuse_structure(options: Mapping[str, Any], engine: str) -> None:
    """Check that no option of the structure is given to an engine without hidden layers.

    Raises
    ------
    ValueError
        Naming the first one given.
    """
    for name, absent in STRUCTURE.items():
        if options[name] != absent:
            raise ValueError(
                f"{name}={options[name]!r} acts on hidden layers, which inference={engine!r} does "
                "not have; leave it out, or use inference='variational'."
            )
