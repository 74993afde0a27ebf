"""The models of the suite as ``config/models.yaml`` lists them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from tabmixbench.registry import Dataset

SCHEMA = Path(__file__).parents[2] / "schemas" / "models.schema.yaml"


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
        When the file breaks ``workflow/schemas/models.schema.yaml``; the message names the
        entry and what is wrong with it.
    """
    entries = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    _validate(entries, path)
    return {name: _spec(name, entry) for name, entry in entries.items()}


def _validate(entries: Any, path: str | os.PathLike[str]) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    error = best_match(Draft202012Validator(schema).iter_errors(entries))
    if error is not None:
        where = ".".join(str(part) for part in error.absolute_path) or "the whole file"
        raise ModelConfigError(f"{path}: {where}: {error.message}")


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
