"""Seconds of one fit from a data frame: ours, mixedlm's and lmer's, in one run."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from tabmixbench.validation.reference import Reference, reference_data

#: Timed besides the reference fits: two crossed factors, where packages differ most.
CROSSED: Reference = {
    "data": ["lme4", "InstEval"],
    "factors": ["s", "d"],
    "formula": "y ~ service + (1 | s) + (1 | d)",
    "method": "REML",
}
R_SCRIPT = Path(__file__).with_name("time_lmer.R")


def median_seconds(fit: Callable[[], object], at_least: int = 5, budget: float = 3.0) -> float:
    """Median seconds of calls: one to warm up, then `at_least`, more within `budget` seconds."""
    seconds: list[float] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit()
        while len(seconds) < at_least or (sum(seconds) < budget and len(seconds) < 50):
            start = time.perf_counter()
            fit()
            seconds.append(time.perf_counter() - start)
    return float(pd.Series(seconds).median())


def timed_fits(references: Mapping[str, Reference]) -> dict[str, Reference]:
    """The linear REML fits worth timing, each dataset's model once."""
    # lmer needs minutes for InstEval's third, nested factor; two of them show the same.
    linear = {
        name: reference
        for name, reference in references.items()
        if reference["method"] == "REML" and reference["data"] != CROSSED["data"]
    }
    return linear | {"insteval_two_factors_reml": CROSSED}


def our_seconds(reference: Reference, data: pd.DataFrame) -> float:
    """Of ``TabMixNN(formula, inference="marginal").fit(data)``."""
    from tabmixnn import TabMixNN

    reml = reference["method"] == "REML"
    model = TabMixNN(reference["formula"], inference="marginal", hidden_dims=(), reml=reml)
    return median_seconds(lambda: model.fit(data))


def mixedlm_seconds(reference: Reference, data: pd.DataFrame) -> float:
    """Of ``mixedlm.lmer(formula, data)``; squares, which it cannot parse, become columns."""
    import mixedlm

    formula = reference["formula"]
    for name in re.findall(r"I\((\w+)\^2\)", formula):
        formula = formula.replace(f"I({name}^2)", f"{name}_squared")
        data = data.assign(**{f"{name}_squared": data[name] ** 2})
    reml = reference["method"] == "REML"
    return median_seconds(lambda: mixedlm.lmer(formula, data, REML=reml))


def lmer_seconds(
    references: Mapping[str, Reference], folder: str | Path
) -> tuple[dict[str, float], str]:
    """Of ``lmer(formula, data)``, all in one R process; or the reason why there are none.

    Parameters
    ----------
    references : mapping of str to reference
        What to fit.
    folder : path
        Where to put the data that R reads.

    Returns
    -------
    seconds : dict of str to float
        By name; empty where R or lme4 is missing.
    reason : str
        Why it is empty.
    """
    rscript = shutil.which("Rscript")
    if rscript is None:
        return {}, "lmer was not timed: there is no Rscript on this machine"
    probe = "q(status = !all(sapply(c('lme4', 'jsonlite'), requireNamespace, quietly = TRUE)))"
    if subprocess.run([rscript, "-e", probe], capture_output=True).returncode:
        return {}, "lmer was not timed: R lacks the package lme4 or jsonlite"
    folder = Path(folder)
    jobs = []
    for name, reference in references.items():
        data = reference_data(reference)
        path = folder / f"{name}.csv"
        data.to_csv(path, index=False)
        factors = {
            column: list(data[column].cat.categories)
            for column in reference["factors"]
            if column in data
        }
        reml = reference["method"] == "REML"
        job = {"name": name, "csv": str(path), "factors": factors, "reml": reml}
        jobs.append({**job, "formula": reference["formula"]})
    (folder / "jobs.json").write_text(json.dumps(jobs))
    command = [rscript, str(R_SCRIPT), str(folder / "jobs.json")]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"Rscript failed while timing lmer: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout.strip().splitlines()[-1]), ""
