"""``lme4::lmer`` in a process of R that waits for its turns."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pandas as pd

from tabmixbench.adapters.base import Unsuitable
from tabmixbench.benchmarks.turns import Timer
from tabmixbench.threads import with_threads

LMER = Path(__file__).with_name("lmer.R")


class LmerProcess:
    """Times of ``lmer``, and of its modular functions from matrices made beforehand.

    Raises
    ------
    Unsuitable
        If there is no R, or R has no lme4.
    """

    def __init__(self) -> None:
        rscript = shutil.which("Rscript")
        if rscript is None:
            raise Unsuitable("there is no Rscript on this machine")
        probe = "q(status = !all(sapply(c('lme4', 'jsonlite'), requireNamespace, quietly = TRUE)))"
        if subprocess.run([rscript, "-e", probe], capture_output=True).returncode:
            raise Unsuitable("R lacks the package lme4 or jsonlite")
        self._rscript = rscript
        self._open = ExitStack()

    def timers(
        self, data: pd.DataFrame, factors: dict[str, list[str]], formula: str
    ) -> tuple[Timer, Timer]:
        """Start R on some rows; what it was started on before ends.

        Parameters
        ----------
        data : DataFrame
        factors : dict of str to list of str
            Levels of the columns that are factors.
        formula : str

        Returns
        -------
        frame, alone : Timer
            Processor seconds of a fit from the data frame, and from its matrices.
        """
        self.close()
        folder = Path(self._open.enter_context(tempfile.TemporaryDirectory()))
        data.to_csv(folder / "data.csv", index=False)
        job = {"csv": str(folder / "data.csv"), "factors": factors, "formula": formula}
        (folder / "job.json").write_text(json.dumps(job))
        process = subprocess.Popen(
            [self._rscript, str(LMER), str(folder / "job.json")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=with_threads(1),
        )
        # At the end of its input it stops.
        self._open.callback(process.wait)
        self._open.callback(process.stdin.close)

        def ask(what: str, count: int) -> float:
            print(what, count, file=process.stdin, flush=True)
            answer = process.stdout.readline()
            if not answer:
                raise RuntimeError("R stopped while lmer was timed; see what it said above")
            return float(answer)

        return (lambda count: ask("frame", count)), (lambda count: ask("alone", count))

    def close(self) -> None:
        """Stop R."""
        self._open.close()
