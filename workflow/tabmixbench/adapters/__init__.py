"""The models of the suite behind one interface: one file an adapter, found by itself.

Adding a baseline is one file here (see `Adapter`) and one entry in ``config/models.yaml``.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from tabmixbench.adapters.base import KINDS, Adapter, Unsuitable
from tabmixbench.adapters.specs import ModelConfigError, ModelSpec, load_models
from tabmixbench.suggest import require

if TYPE_CHECKING:
    from tabmixbench.registry import Dataset

__all__ = [
    "Adapter",
    "ModelConfigError",
    "ModelSpec",
    "Unsuitable",
    "adapter_of",
    "available",
    "create",
    "load_models",
]

#: Parameters that every adapter has, and that no entry gives.
GIVEN = ("dataset", "seed", "threads")


@cache
def available() -> dict[str, type[Adapter]]:
    """Every adapter class in this folder by its `name`."""
    found: dict[str, type[Adapter]] = {}
    for module_info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        for _, member in inspect.getmembers(module, inspect.isclass):
            if issubclass(member, Adapter) and member.__module__ == module.__name__:
                if inspect.isabstract(member):
                    continue
                kind = getattr(member, "kind", "")
                require(kind, KINDS, "kind", ModelConfigError, f"adapter {member.name!r}")
                if member.name in found:
                    raise ModelConfigError(
                        f"two adapters are called '{member.name}': "
                        f"{found[member.name].__module__} and {member.__module__}"
                    )
                found[member.name] = member
    return found


def adapter_of(spec: ModelSpec) -> type[Adapter]:
    """The adapter class of one entry of ``config/models.yaml``.

    Raises
    ------
    ModelConfigError
        When no adapter has the name, or it knows no parameter or keyword of that name, with the
        nearest valid one; when a parameter that it needs is missing, or is no mapping of keywords.
    """
    place = f"model {spec.name!r}"
    require(spec.adapter, available(), "adapter", ModelConfigError, place)
    cls, place = available()[spec.adapter], f"{place}, adapter {spec.adapter!r}"
    signature = inspect.signature(cls)
    known = [name for name in signature.parameters if name not in GIVEN]
    for param in spec.params:
        require(param, known, "parameter", ModelConfigError, place)
    try:
        signature.bind(**dict.fromkeys(GIVEN), **spec.params)
    except TypeError as error:
        raise ModelConfigError(f"{place}: {error}.") from None
    for param, names in cls.keywords.items():
        keywords = spec.params.get(param, {})
        if not isinstance(keywords, Mapping):
            raise ModelConfigError(f"{place}: {param!r} must map keywords to their values.")
        for name in keywords:
            require(name, names, "keyword", ModelConfigError, f"{place}, {param}")
    return cls


def create(
    spec: ModelSpec, dataset: Dataset, seed: int, threads: int, *, new_groups: bool = False
) -> Adapter:
    """Make the adapter of one entry for one dataset (see `adapter_of`).

    `new_groups` says that it will be asked about groups that training does not hold.
    """
    model = adapter_of(spec)(dataset, seed=seed, threads=threads, **spec.params)
    model.new_groups = new_groups
    return model
