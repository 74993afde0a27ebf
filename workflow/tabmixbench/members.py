"""The runs behind the leaderboards: of what is asked for, and of what has run besides."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tabmixbench.adapters import ModelSpec
from tabmixbench.digests import Digests
from tabmixbench.leaderboard.published import FOLDER
from tabmixbench.leaderboard.roles import FLOOR
from tabmixbench.models import COMPARED
from tabmixbench.paths import again_path, record_path
from tabmixbench.plan import Plan
from tabmixbench.selection import Selection


@dataclass(frozen=True)
class Members:
    """Which records are ranked.

    Parameters
    ----------
    plan : Plan
        What the configuration asks for.
    """

    plan: Plan

    def of_boards(self, suites: Iterable[str]) -> list[list[str]]:
        """The (suite, path of the record) pairs behind the leaderboards of `snakemake peers`.

        Every peer, and those models of the core that have a record: one without is not fitted for
        a leaderboard, one whose record is out of date is fitted anew. Where the rest has published
        scores, every model asked for, of the core or not, and the constant predictor.

        Parameters
        ----------
        suites : iterable of str
            Those that have a leaderboard.
        """
        plan = self.plan
        pairs = []
        for suite in suites:
            for dataset in Selection(plan).suite(suite) if suite in plan.suites else ():
                for name, spec in plan.models.items():
                    path = record_path(dataset, name)
                    ran = _is_compared(spec) and Path(path).exists()
                    wanted = name in plan.peers or ran or self._among_published(name)
                    if spec.runs_on(plan.registry[dataset]) and wanted:
                        pairs.append([suite, path])
        return pairs

    def of_suite(
        self, suite: str, path_of: Callable[[str, str], str] = record_path
    ) -> list[list[str]]:
        """The (suite, path of the record) pairs of a suite that has a target of its own.

        The chosen models on its datasets, and those of the others that have run.

        Parameters
        ----------
        suite : str
        path_of : callable
            Where the record of a dataset and a model lies.
        """
        plan = self.plan
        pairs = []
        for dataset in Selection(plan).suite(suite):
            for name, spec in plan.models.items():
                path = path_of(dataset, name)
                wanted = name in plan.chosen_models or self._among_published(name)
                wanted = wanted or Path(path).exists()
                if _is_compared(spec) and spec.runs_on(plan.registry[dataset]) and wanted:
                    pairs.append([suite, path])
        return pairs

    def again(self, suites: Iterable[str]) -> list[list[str]]:
        """`of_suite` of every suite that has a leaderboard, on splits of the second seed."""
        return [pair for suite in suites for pair in self.of_suite(suite, again_path)]

    def published(self, prefix: str = "") -> dict[str, str]:
        """Paths of the published scores of leaderboards, where they are asked for."""
        if not self.plan.published:
            return {}
        paths = {name: f"{FOLDER}/{prefix}{name}.csv" for name in ("metrics", "reasons", "entries")}
        # Scores published before entries were have none.
        return {
            f"published_{name}": path
            for name, path in paths.items()
            if name != "entries" or Path(path).exists()
        }

    def entries(self, members: Iterable[Iterable[str]]) -> dict[str, str]:
        """Digest of the entry of every dataset among members."""
        names = dict.fromkeys(Path(path).parent.name for _, path in members)
        return {name: Digests(self.plan).entry(name) for name in names}

    def _among_published(self, model: str) -> bool:
        """Whether a model is fitted where others have published scores: the floor checks them."""
        return self.plan.published and model in (*self.plan.chosen_models, FLOOR)


def record_paths(members: Iterable[Iterable[str]]) -> list[str]:
    """The paths of members, each once."""
    return list(dict.fromkeys(path for _, path in members))


def _is_compared(spec: ModelSpec) -> bool:
    return bool(COMPARED & set(spec.targets))
