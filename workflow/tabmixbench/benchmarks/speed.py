"""What the library must reach beside what it does: the rows of all measurements in one table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from tabmixbench.benchmarks.requirement import REQUIREMENTS, Requirement, Row
from tabmixbench.tables.table import Table, Text


def speed_table(rows: Sequence[Row]) -> Table:
    """One row a measurement, those with a requirement first, in its order."""
    found = {row["what"]: row for row in rows}
    order = [*REQUIREMENTS, *(what for what in found if what not in REQUIREMENTS)]
    texts, records, notes, reached, bounds = [], [], [], 0, 0
    for what in order:
        row = found.get(what, {"what": what, "reason": "not measured in this run"})
        bound = REQUIREMENTS.get(what)
        bounds += bound is not None
        if "value" not in row or pd.isna(row["value"]):
            notes.append(f"{what}: {row['reason']}.")
            texts.append([Text(what), *[Text("–")] * 2, Text(str(bound or "")), *[Text("–")] * 2])
            records.append({**row, "limit": bound and bound.limit})
            continue
        used, verdict = _judged(row["value"], bound)
        reached += verdict == "reached"
        texts.append(
            [
                Text(what),
                Text(_number(row["value"])),
                Text(row["unit"]),
                Text("" if bound is None else str(bound)),
                Text("" if bound is None else f"{used:.2f}"),
                Text(verdict, bold=verdict == "missed"),
            ]
        )
        records.append({**row, "limit": bound and bound.limit, "used": used, "verdict": verdict})
    notes[:0] = [
        f"{reached} of {bounds} requirements reached.",
        "Processor time on one thread, medians of things that take turns in one run. XGBoost: "
        "300 trees of depth 6 with the group ids, the settings of section 5.2.1 of the paper. "
        "lmer: lme4's fit of the same formula to the same rows, in a process of R. sleepstudy: the "
        "paper's configuration, all 100 epochs. Many rows: y ~ x + (1 | g), ten rows a group; the "
        "exact fit from arrays, the epoch of a network without hidden layers, 16 dimensions, "
        "batches of 65,536 rows; memory above that of the data frame.",
        "Used: the share of what is allowed, up to 1.",
    ]
    header = ["measured", "value", "unit", "required", "used", "verdict"]
    return Table("Speed", header, texts, pd.DataFrame(records), notes)


def _judged(value: float, bound: Requirement | None) -> tuple[float, str]:
    if bound is None:
        return float("nan"), ""
    used = bound.share(value)
    return used, "reached" if used <= 1 else "missed"


def _number(value: float) -> str:
    return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
