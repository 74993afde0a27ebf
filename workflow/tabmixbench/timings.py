"""Where the time of a reproduction went: fitting, and everything around it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import pandas as pd

from tabmixbench.tables.table import Table, Text


def job_seconds(folder: str | Path, fits: Collection[str]) -> pd.DataFrame:
    """Wall seconds of every job from Snakemake's benchmark files: rule, job, seconds.

    Parameters
    ----------
    folder : path
        ``results/benchmarks``.
    fits : collection of str
        The fitting jobs to count, as ``dataset/model``: the folder may hold more, of models that
        this run does not ask for.
    """
    folder = Path(folder)
    rows = []
    for path in sorted(folder.rglob("*.tsv")):
        rule, *rest = path.relative_to(folder).with_suffix("").parts
        if rule == "bench":  # of targets of their own, no part of the reproduction
            continue
        if rule == "fit" and "/".join(rest) not in fits:
            continue
        seconds = float(pd.read_csv(path, sep="\t")["s"].iloc[0])
        rows.append((rule, "/".join(rest), seconds))
    return pd.DataFrame(rows, columns=["rule", "job", "seconds"])


def timing_table(jobs: pd.DataFrame, fitting: Mapping[str, float]) -> Table:
    """One row a rule: jobs, seconds of all its jobs together, share; fitting split from its frame.

    Parameters
    ----------
    jobs : DataFrame
        Of `job_seconds`.
    fitting : mapping of str to float
        By rule that fits models what it spends inside them, of
        `tabmixbench.runs.fitting_seconds`.
    """
    by_rule = jobs.groupby("rule")["seconds"].agg(["size", "sum"])
    total = by_rule["sum"].sum()
    rows = []
    for rule, inside in fitting.items():
        jobs_of, seconds = int(by_rule.loc[rule, "size"]), by_rule.loc[rule, "sum"]
        rows.append((f"{rule}: inside the models", jobs_of, inside))
        rows.append((f"{rule}: start, imports, reading, scoring", jobs_of, seconds - inside))
    others = by_rule.drop(index=list(fitting)).sort_values("sum", ascending=False)
    rows += [(rule, int(row["size"]), row["sum"]) for rule, row in others.iterrows()]
    data = pd.DataFrame(rows, columns=["part", "jobs", "seconds"])
    data["percent"] = 100 * data["seconds"] / total
    outside = 100 - 100 * sum(fitting.values()) / total
    texts = [
        [Text(r.part), Text(str(r.jobs)), Text(f"{r.seconds:.0f}"), Text(f"{r.percent:.1f}%")]
        for r in data.itertuples()
    ]
    notes = [
        f"Seconds of all jobs together, {total:.0f} in all; jobs run side by side, so the clock on "
        "the wall shows less.",
        f"{outside:.1f}% of the time was spent outside the models' fit and predict.",
    ]
    return Table("Where the time went", ["part", "jobs", "seconds", "share"], texts, data, notes)
