"""What decides a rerun: digests of the sources and entries that a rule's output depends on."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tabmixbench.ablations import AblationError
from tabmixbench.adapters import available
from tabmixbench.digest import digest_data, digest_function, digest_sources
from tabmixbench.plan import Plan, PlanError
from tabmixbench.recipes import RECIPES
from tabmixbench.sources import SourceError, open_source

PACKAGE = "workflow/tabmixbench"
#: Sources that every model's numbers depend on.
SHARED = (
    *("runs.py", "folds.py", "imputation.py", "metrics.py"),
    *("adapters/base.py", "adapters/deadline.py", "adapters/features.py"),
)


@dataclass(frozen=True)
class Digests:
    """Digests for the parameters of rules.

    Parameters
    ----------
    plan : Plan
        Whose datasets, models and studies they are of.
    """

    plan: Plan

    @staticmethod
    def of(*names: str) -> str:
        """Of files and folders of the benchmark's package."""
        return digest_sources(f"{PACKAGE}/{name}" for name in names)

    @staticmethod
    def library() -> str:
        """Of the library, for rules whose numbers are its own."""
        return digest_sources(["tabmixnn"])

    @cached_property
    def registries(self) -> str:
        """Of every entry of datasets and models, for rules that show titles and labels."""
        both = (self.plan.registry, self.plan.models)
        return digest_data([{k: asdict(v) for k, v in each.items()} for each in both])

    def entry(self, dataset: str) -> str:
        """Of a dataset's entry, to tell whether published scores are of the same one.

        What is empty does not count: digests stay as they are when entries may have a new key.
        """
        entry = self.plan.dataset(dataset).entry()
        return digest_data({key: value for key, value in entry.items() if value})

    def study_entry(self, study: str, category: str) -> dict[str, Any]:
        """What decides the numbers of one job of ablations, as plain data."""
        found = self.plan.study(study)
        try:
            own = found.entry(category)
        except AblationError as error:
            raise PlanError(str(error)) from None
        return own | {"data": self.plan.dataset(found.dataset).entry()}

    def model(self, name: str) -> str:
        """Of the sources that a model's numbers depend on, and of no others."""
        return self.adapter(self.plan.model(name).adapter)

    def adapter(self, name: str) -> str:
        """The same of an adapter."""
        adapter = available()[name]
        own = f"{PACKAGE}/adapters/{Path(inspect.getfile(adapter)).name}"
        shared = [f"{PACKAGE}/{name}" for name in SHARED]
        return self._once([*shared, own, *adapter.sources])

    def fetching(self, dataset: str) -> str:
        """Of what a dataset is fetched by; of sources and generators its own alone."""
        try:
            made_by = open_source(self.plan.dataset(dataset).source).made_by()
        except SourceError as error:
            raise PlanError(f"dataset {dataset!r}: {error}") from None
        return "".join(map(digest_function, made_by))

    def preparing(self, dataset: str) -> str:
        """Of what a dataset is prepared by; of the recipes its own alone."""
        recipe = digest_function(RECIPES[self.plan.dataset(dataset).recipe])
        parts = ("prepare.py", "imputation.py", "streams.py")
        return recipe + self._once([f"{PACKAGE}/{part}" for part in parts])

    def _once(self, paths: Iterable[str]) -> str:
        # Snakemake asks for the parameters of every job many times over.
        key = tuple(paths)
        if key not in self._found:
            self._found[key] = digest_sources(key)
        return self._found[key]

    @cached_property
    def _found(self) -> dict[tuple[str, ...], str]:
        return {}
