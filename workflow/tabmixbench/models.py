"""What no schema can say of ``config/models.yaml``: every name in it leads somewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tabmixbench.adapters import ModelConfigError, ModelSpec, adapter_of
from tabmixbench.registry import Dataset
from tabmixbench.suggest import require
from tabmixbench.tables import OWN_SUITES

#: Targets whose models are compared on every dataset; other targets are tables of their own.
COMPARED = {"core", "peers"}


def all_suites(registry: Mapping[str, Dataset], models: Mapping[str, ModelSpec]) -> tuple[str, ...]:
    """Every suite of datasets, and every table that has models of its own."""
    suites = (suite for dataset in registry.values() for suite in dataset.suites)
    tables = (t for spec in models.values() for t in spec.targets if t not in COMPARED)
    return tuple(dict.fromkeys([*suites, *tables]))


def check_models(models: Mapping[str, ModelSpec], registry: Mapping[str, Dataset]) -> None:
    """Check every name that an entry refers to.

    Raises
    ------
    ModelConfigError
        With one sentence that names the entry and the nearest valid name.
    """
    suites = {suite for dataset in registry.values() for suite in dataset.suites}
    for spec in models.values():
        adapter_of(spec)
        _check(spec, "target", spec.targets, {*COMPARED, *OWN_SUITES})
        _check(spec, "dataset", spec.only or (), registry)
        _check(spec, "suite", spec.suites or (), suites)


def _check(spec: ModelSpec, kind: str, names: Iterable[str], valid: Iterable[str]) -> None:
    for name in names:
        require(name, valid, kind, ModelConfigError, f"models.yaml, {spec.name}")
