"""Names of a package that are imported when first used (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def deferred(
    package: str, public: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return the ``__getattr__`` and the ``__dir__`` of a package.

    Parameters
    ----------
    package : str
        Its ``__name__``.
    public : mapping of str to str
        Each name's module.
    """
    found = vars(sys.modules[package])

    def get(name: str) -> Any:
        if name not in public:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found[name] = getattr(import_module(public[name]), name)
        return found[name]

    def names() -> list[str]:
        return sorted(set(found) | set(public))

    return get, names
