"""Fit the reference models in R again and hold the results against the committed numbers.

``python -m tabmixbench.validation.remake`` prints one row a fit: how far the numbers that R gives
here are from those in ``data/reference``, or why it was left out. ``--slow`` includes InstEval,
which takes lmer minutes.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from tabmixbench.tables.table import Table, Text
from tabmixbench.validation.reference import Reference, read_references, reference_data
from tabmixbench.validation.structured import MODELS

FOLDER = Path("data/reference")
SLOW = ("insteval",)


def jobs(folder: Path, at: Path, *, slow: bool = False) -> Iterator[dict[str, Any]]:
    """Write the data of every reference fit that R packages made, and say what it is.

    Parameters
    ----------
    folder : Path
        Of the reference files.
    at : Path
        Where to write CSV files.
    slow : bool
        Whether to include what takes minutes.
    """
    for file in ("lmer.json", "glmm.json"):
        for name, reference in read_references(folder / file).items():
            if not slow and any(part in name for part in SLOW):
                continue
            data = reference_data(reference)
            factors = {
                column: list(data[column].cat.categories)
                for column in reference["factors"]
                if column in data
            }
            described = {key: reference[key] for key in ("formula", "method", "family")}
            yield _job(name, name.partition("_")[0], data, factors, at) | described
    for name, reference in read_references(folder / "structured.json").items():
        kind = name.rpartition("_")[0].removeprefix("nlme_").removeprefix("spatial_")
        if not ("_gls_" in name or "_lme_" in name):
            continue
        model = MODELS[name.rpartition("_")[0]]
        data = model.data(folder)
        factors = {
            column: sorted(data[column].astype(str).unique())
            for column in ("Subject", "Sex", "agef", "variety")
            if column in data
        }
        fixed = model.formula.partition(" + (")[0]
        yield _job(name, "nlme", data, factors, at) | {
            "formula": fixed,
            "method": reference["method"],
            "model": kind,
        }


def _job(
    name: str, fitter: str, data: pd.DataFrame, factors: Mapping[str, list[str]], at: Path
) -> dict[str, Any]:
    path = at / f"{name}.csv"
    data.to_csv(path, index=False)
    return {"name": name, "fitter": fitter, "csv": str(path), "factors": factors}


def remade(todo: list[dict[str, Any]], folder: Path, at: Path) -> dict[str, Any]:
    """Run the R script on some jobs.

    Raises
    ------
    RuntimeError
        If there is no Rscript or it fails.
    """
    rscript = shutil.which("Rscript")
    if rscript is None:
        raise RuntimeError("There is no Rscript on this machine; install R, lme4 and jsonlite.")
    (at / "jobs.json").write_text(json.dumps(todo))
    script = folder / "make_reference.R"
    command = [rscript, str(script), str(at / "jobs.json"), str(at / "remade.json")]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"Rscript failed: {done.stderr.strip()[-500:]}")
    return json.loads((at / "remade.json").read_text())


def row(name: str, reference: Reference, again: Mapping[str, Any]) -> dict[str, Any]:
    """Return how far numbers made again are from the committed ones, or why there are none."""
    if "skipped" in again:
        return {"fit": name, "skipped": again["skipped"]}
    out: dict[str, Any] = {"fit": name, "package": again["package"], "skipped": ""}
    out["logLik"] = abs(again["logLik"] - reference["logLik"])
    for kind in ("fixef", "se"):
        out[kind] = max(
            abs(again[kind][key] - value) / max(abs(value), 1e-8)
            for key, value in reference[kind].items()
        )
    return out


def remade_table(rows: pd.DataFrame) -> Table:
    """One row a fit."""
    texts = [
        [Text(r["fit"]), Text(r["skipped"])] + [Text("–")] * 3
        if r["skipped"]
        else [Text(r["fit"]), Text(r["package"])]
        + [Text(f"{r[kind]:.0e}") for kind in ("logLik", "fixef", "se")]
        for r in rows.to_dict("records")
    ]
    done = rows[rows["skipped"] == ""]
    notes = [
        f"{len(done)} of {len(rows)} fits made again; largest difference of a log-likelihood "
        f"{done['logLik'].max():.0e}, of a coefficient relative to itself "
        f"{done['fixef'].max():.0e}, of a standard error {done['se'].max():.0e}."
    ]
    header = ["Reference fit", "made again by", "logLik", "β", "SE of β"]
    return Table("The reference numbers made again", header, texts, rows, notes)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="of the reference files")
    parser.add_argument("--only", default="", help="part of the names of the fits wanted")
    parser.add_argument("--slow", action="store_true", help="include what takes minutes")
    given = parser.parse_args()
    files = ("lmer.json", "glmm.json", "structured.json")
    references = {k: v for f in files for k, v in read_references(given.folder / f).items()}
    with tempfile.TemporaryDirectory() as name:
        at = Path(name)
        todo = [job for job in jobs(given.folder, at, slow=given.slow) if given.only in job["name"]]
        again = remade(todo, given.folder, at)
    rows = [row(job["name"], references[job["name"]], again[job["name"]]) for job in todo]
    print(remade_table(pd.DataFrame(rows)).markdown())


if __name__ == "__main__":
    main()
