"""Make a run the committed reference run: every file that the reference has, from the run's own."""

from __future__ import annotations

import shutil
from pathlib import Path

#: Where a run has what the reference keeps elsewhere.
ELSEWHERE = {
    "leaderboard/again_metrics.csv": "again/metrics.csv",
    "leaderboard/again_reasons.csv": "again/reasons.csv",
    "leaderboard/again_entries.csv": "again/entries.csv",
}
#: What people write, and what no rule makes.
KEPT = ("README.md", "mlflow.png")
#: Without these there has been no run.
NEEDED = ("metrics.csv", "reasons.csv", "report.html", "claims.md", "validation.md")


class NoRunError(ValueError):
    """There is no whole run to take over."""


def take_over(run: str | Path, reference: str | Path) -> tuple[list[str], list[str]]:
    """Replace the files of the reference by those of a run, where the run has them.

    What only targets of their own make (leaderboards, benchmarks, simulations, …) stays as it is
    where they were not run. Nothing is replaced unless the core has run.

    Parameters
    ----------
    run, reference : path
        ``results`` and ``results/reference``.

    Returns
    -------
    replaced, kept : list of str
        Paths within the reference.

    Raises
    ------
    NoRunError
        If a file of the core is missing.
    """
    run, reference = Path(run), Path(reference)
    missing = [name for name in NEEDED if not (run / name).exists()]
    if missing:
        raise NoRunError(f"{run} has no {', '.join(missing)}: run `make reproduce` first")
    names = sorted(
        path.relative_to(reference).as_posix() for path in reference.rglob("*") if path.is_file()
    )
    replaced, kept = [], []
    for name in names:
        source = run / ELSEWHERE.get(name, name)
        if name in KEPT or not source.exists():
            kept.append(name)
            continue
        shutil.copyfile(source, reference / name)
        replaced.append(name)
    return replaced, kept
