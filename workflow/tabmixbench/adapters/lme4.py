"""lme4 itself, through Rscript where it is installed."""

from __future__ import annotations

import math
import shutil
import signal
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from tabmixbench.adapters.base import Unsuitable
from tabmixbench.adapters.deadline import LIMIT, too_late
from tabmixbench.adapters.mixed_model import PARTS, MixedModel

if TYPE_CHECKING:
    from tabmixbench.adapters.mixed_formula import PlainModel
    from tabmixbench.adapters.predictor import LinearPredictor
    from tabmixbench.registry import Dataset

R_SCRIPT = Path(__file__).with_suffix(".R")


class Lme4(MixedModel):
    """``lmer`` (REML) or ``glmer`` (Laplace) with lme4's defaults, in an R process of its own.

    The seconds of a fit hold the start of R, about one.

    Parameters
    ----------
    max_seconds : float
        Time cap of a fit.
    """

    name = "lme4"
    package = "lme4"
    kind = "mixed"
    sources = (
        *PARTS,
        "workflow/tabmixbench/adapters/deadline.py",
        "workflow/tabmixbench/adapters/lme4.R",
    )

    def __init__(
        self, dataset: Dataset, *, seed: int, threads: int, max_seconds: float = LIMIT
    ) -> None:
        super().__init__(dataset, seed=seed, threads=threads)
        self._max_seconds = max_seconds

    def unsuitable(self, train: pd.DataFrame | None = None) -> str | None:
        """Say so when R or lme4 is missing."""
        return missing() or super().unsuitable(train)

    def estimate(self, model: PlainModel) -> tuple[LinearPredictor, dict[str, Any]]:
        """Run R and read the estimates (see `MixedModel.estimate`)."""
        family = "binomial" if self.is_binary else "gaussian"
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            model.data.to_csv(folder / "data.csv", index=False)
            command = ["Rscript", "--vanilla", str(R_SCRIPT), name, model.formula, family]
            done = subprocess.run(
                command, capture_output=True, text=True, preexec_fn=self._limit_time
            )
            if done.returncode == -signal.SIGXCPU:
                raise too_late("lme4", self._max_seconds)
            if done.returncode:
                # R says where, on a line of its own, and then what; warnings follow.
                said = done.stderr.partition("Error")[2].strip() or done.stderr.strip()
                raise Unsuitable(f"lme4 failed: {' '.join(said.split())[:200]}")
            strings = {"grpvar": str, "term": str, "grp": str}
            fixed = pd.read_csv(folder / "fixef.csv").set_index("column")["value"]
            random = pd.read_csv(folder / "ranef.csv", dtype=strings)
            fit = pd.read_csv(folder / "fit.csv", dtype=str, keep_default_na=False).iloc[0]
        # A factor of several terms gets the suffix .1, .2, … from the second on.
        factor = random["grpvar"].str.partition(".")[0]
        effects = {
            key: rows.set_index("grp")["condval"]
            for key, rows in random.groupby([factor, random["term"]])
        }
        settings = {
            "function": "glmer" if self.is_binary else "lmer",
            "singular": fit["singular"] == "TRUE",
            "messages": fit["messages"],
        }
        return model.predictor(fixed.to_dict(), effects), settings

    def _limit_time(self) -> None:
        """Let the kernel end this process, R's, when time is up."""
        import resource  # which Windows lacks

        seconds = math.ceil(self._max_seconds)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))

    def settings(self) -> dict[str, Any]:
        """Add the time cap (see `MixedModel.settings`)."""
        return {"max_seconds": self._max_seconds, **super().settings()}

    def package_version(self) -> str:
        """Version of the R package; empty where it is missing."""
        return installed_version() or "0 (not installed)"


def missing() -> str | None:
    """Why lme4 cannot run on this machine; None when it can."""
    if shutil.which("Rscript") is None:
        return "there is no Rscript on this machine to run lme4 with"
    if installed_version() is None:
        return "the R on this machine lacks the package lme4"
    return None


@cache
def installed_version() -> str | None:
    """Version of lme4 in the R on this machine, None without."""
    if shutil.which("Rscript") is None:
        return None
    command = ["Rscript", "--vanilla", "-e", "cat(as.character(packageVersion('lme4')))"]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else None
