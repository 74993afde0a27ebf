"""What a configuration asks for: pairs of dataset and model, and the records they leave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from tabmixbench.models import COMPARED, all_suites
from tabmixbench.paths import ablation_paths, record_path
from tabmixbench.plan import Plan, PlanError
from tabmixbench.suggest import require


@dataclass(frozen=True)
class Selection:
    """The datasets, models and runs that a plan asks for.

    Parameters
    ----------
    plan : Plan
        The validated configuration.
    """

    plan: Plan

    def suite(self, name: str) -> list[str]:
        """The datasets of a suite."""
        plan = self.plan
        return [each for each in plan.chosen_datasets if name in plan.registry[each].suites]

    def some_of(self, suite: str) -> list[str]:
        """The datasets of a suite, or `PlanError` where the configuration asks for none."""
        if not (found := self.suite(suite)):
            raise PlanError(f"no dataset of suite {suite!r} is asked for: list one in `datasets`.")
        return found

    def models_of(self, suite: str, dataset: str) -> list[str]:
        """The models on a dataset within a suite.

        A model of ``core`` or ``peers`` runs in the suites of the dataset; a model made for one
        table runs in a suite of that table's name, which no other model enters.
        """
        plan, entry = self.plan, self.plan.registry[dataset]
        compared = suite in plan.suites and suite in entry.suites
        return [
            name
            for name in plan.chosen_models
            if (spec := plan.models[name]).runs_on(entry)
            and (compared if COMPARED & set(spec.targets) else suite in spec.targets)
        ]

    @cached_property
    def suite_datasets(self) -> list[tuple[str, str]]:
        """The (suite, dataset) pairs, in the order of the registries."""
        return [
            (suite, name)
            for suite in self._suites
            for name in self.plan.chosen_datasets
            if self.models_of(suite, name)
        ]

    @cached_property
    def pairs(self) -> list[tuple[str, str, str]]:
        """The (suite, dataset, model) triples, in the order of the registries."""
        return [
            (suite, dataset, model)
            for suite, dataset in self.suite_datasets
            for model in self.models_of(suite, dataset)
        ]

    def datasets(self) -> list[str]:
        """The datasets that some model runs on, each once."""
        return list(dict.fromkeys(name for _, name in self.suite_datasets))

    def dataset_tables(self) -> list[str]:
        """Paths of the small table of every dataset, or `PlanError` where one has no suite here."""
        plan, used = self.plan, self.datasets()
        for name in plan.listed_datasets:
            if name not in used and not {*plan.suites} & {*plan.registry[name].suites}:
                raise PlanError(
                    f"{name}, which `datasets` lists, is in no suite of `suites`: add one of its "
                    f"own, {' or '.join(plan.registry[name].suites)}."
                )
        return [f"results/{suite}/{dataset}.csv" for suite, dataset in self.suite_datasets]

    def trials(self, wanted: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
        """Of each trial's datasets those asked for; trials without any are left out."""
        if not self.plan.trials:
            return {}
        used = self.datasets()
        chosen = {name: [d for d in names if d in used] for name, names in wanted.items()}
        return {name: datasets for name, datasets in chosen.items() if datasets}

    def records(self) -> list[str]:
        """Paths of the runs, each once."""
        return list(dict.fromkeys(record_path(d, m) for _, d, m in self.pairs))

    def records_of(self, suite: str, dataset: str) -> list[str]:
        """Paths of the runs on one dataset in one suite, or `PlanError` where there are none."""
        self.plan.dataset(dataset)
        require(suite, self._suites, "suite", PlanError)
        models = self.models_of(suite, dataset)
        if not models:
            suites = [s for s in self._suites if self.models_of(s, dataset)]
            raise PlanError(f"{dataset} is not in suite {suite!r} but in: {', '.join(suites)}")
        return [record_path(dataset, model) for model in models]

    def ablation_records(self) -> list[str]:
        """Paths of the ablations."""
        return [path for study in self._studies for path in ablation_paths(study)]

    def members(self) -> list[list[str]]:
        """The (suite, path of the record) pairs behind ``results/metrics.csv``."""
        fits = [[suite, record_path(dataset, model)] for suite, dataset, model in self.pairs]
        return fits + [[s.name, path] for s in self._studies for path in ablation_paths(s)]

    @cached_property
    def _suites(self) -> tuple[str, ...]:
        return all_suites(self.plan.registry, self.plan.models)

    @property
    def _studies(self) -> list:
        return [self.plan.studies[name] for name in self.plan.chosen_studies]
