"""The models of the suite as ``config/models.yaml`` lists them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tabmixbench.schema import SchemaError, read_config

if TYPE_CHECKING:
    from tabmixbench.registry import Dataset


class ModelConfigError(ValueError):
    """``config/models.yaml`` holds something that no adapter can run."""


@dataclass(frozen=True)
class ModelSpec:
    """One row of the tables: an adapter with its parameters.

    Attributes
    ----------
    name : str
        Key in ``config/models.yaml``; also names the files and the MLflow runs.
    label : str
        What the tables print.
    adapter : str
        `Adapter.name` of the class that runs it.
    params : Mapping
        Keywords of that class.
    only : tuple of str or None
        The datasets it runs on; None for all of its suites.
    suites : tuple of str or None
        The dataset suites it runs on; None for all.
    targets : tuple of str
        The named sets of models it belongs to (``core``, ``peers``, ``table6``).
    note : str
        Where the settings come from.
    """

    name: str
    label: str
    adapter: str
    params: Mapping[str, Any]
    only: tuple[str, ...] | None
    suites: tuple[str, ...] | None
    targets: tuple[str, ...]
    note: str

    def entry(self) -> dict[str, Any]:
        """What decides the model's numbers, as plain data: its jobs rerun on a change."""
        return {"adapter": self.adapter, "params": dict(self.params)}

    @property
    def kind(self) -> str:
        """What its adapter says that it is, one of `tabmixbench.adapters.base.KINDS`."""
        from tabmixbench.adapters import available

        return available()[self.adapter].kind

    @property
    def is_ours(self) -> bool:
        """Whether the library of this repository fits it."""
        return self.kind == "ours"

    def runs_on(self, dataset: Dataset) -> bool:
        """Whether the suite asks for this model on this dataset."""
        if self.only is not None:
            return dataset.name in self.only
        return self.suites is None or bool(set(self.suites) & set(dataset.suites))


def load_models(path: str | os.PathLike[str]) -> dict[str, ModelSpec]:
    """Read ``config/models.yaml``, in the order of the tables' rows.

    Raises
    ------
    ModelConfigError
        When the file breaks ``workflow/schemas/models.schema.yaml`` or has an entry twice; the
        message names the entry and what is wrong with it.
    """
    try:
        entries = read_config(path, "models")
    except SchemaError as error:
        raise ModelConfigError(str(error)) from error
    return {name: _spec(name, entry) for name, entry in entries.items()}


def _spec(name: str, entry: Mapping[str, Any]) -> ModelSpec:
    return ModelSpec(
        name=name,
        label=entry["label"],
        adapter=entry["adapter"],
        params=dict(entry.get("params", {})),
        only=tuple(entry["only"]) if "only" in entry else None,
        suites=tuple(entry["suites"]) if "suites" in entry else None,
        targets=tuple(entry["targets"]),
        note=entry.get("note", ""),
    )
