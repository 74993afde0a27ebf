"""The models of the suite behind one interface: one file an adapter, found by itself.

Adding a baseline is one file here (see `Adapter`) and one entry in ``config/models.yaml``.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

from tabmixbench.adapters.base import KINDS, Adapter, Unsuitable
from tabmixbench.adapters.specs import ModelConfigError, ModelSpec, load_models
from tabmixbench.suggest import unknown

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
                if (kind := getattr(member, "kind", "")) not in KINDS:
                    raise ModelConfigError(
                        f"adapter {member.name!r}: {unknown('kind', kind, KINDS)}"
                    )
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
        When no adapter has the name, or it knows no parameter or keyword of that name; the
        message names the nearest valid one.
    """
    adapters = available()
    if spec.adapter not in adapters:
        raise ModelConfigError(f"model {spec.name!r}: {unknown('adapter', spec.adapter, adapters)}")
    cls = adapters[spec.adapter]
    known = [
        name
        for name in inspect.signature(cls).parameters
        if name not in ("dataset", "seed", "threads")
    ]
    for param in spec.params:
        if param not in known:
            raise ModelConfigError(
                f"model {spec.name!r}, adapter {spec.adapter!r}: "
                f"{unknown('parameter', param, known)}"
            )
    for param, names in cls.keywords.items():
        for name in spec.params.get(param, ()):
            if name not in names:
                raise ModelConfigError(
                    f"model {spec.name!r}, adapter {spec.adapter!r}, {param}: "
                    f"{unknown('keyword', name, names)}"
                )
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
