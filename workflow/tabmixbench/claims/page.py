"""The claims page: how many of each verdict, the rule, and every claim."""

from __future__ import annotations

from math import isnan

import pandas as pd

from tabmixbench.claims.verdict import (
    CONTRADICTS,
    GIVEN,
    NOISE,
    NOT_REPRODUCED,
    NOT_RUN,
    OPEN,
    REPRODUCED,
    RULE,
    TOO_WIDE,
    UNTESTABLE,
    VERDICTS,
)
from tabmixbench.tables.table import Table, Text

#: How a sentence counts the claims of each verdict.
PHRASES = {
    REPRODUCED: "are reproduced",
    NOT_REPRODUCED: "are not",
    CONTRADICTS: "contradict the paper's own tables",
    UNTESTABLE: "cannot be tested",
    NOT_RUN: "without a run here",
}
HEADER = ["Claim", "Verdict", "Paper", "Ours", "Where", "What it rests on"]


def claims_table(judged: pd.DataFrame) -> Table:
    """Render what `tabmixbench.claims.judge` found; what is reproduced is in bold."""
    rows = [
        [
            Text(row.claim),
            Text(row.verdict, row.verdict == REPRODUCED),
            Text(row.paper or "–"),
            Text(_ours(row)),
            Text(row.section),
            Text(row.note),
        ]
        for row in judged.itertuples()
    ]
    return Table("The paper's claims, one by one", HEADER, rows, judged, [summary(judged), RULE])


def summary(judged: pd.DataFrame) -> str:
    """How many claims got each verdict, in one sentence."""
    counts = judged["verdict"].value_counts()
    parts = [f"{counts[verdict]} {PHRASES[verdict]}" for verdict in VERDICTS if verdict in counts]
    said = f"Of {len(judged)} claims, {', '.join(parts)}."
    notes = judged.loc[judged["verdict"] == UNTESTABLE, "note"].fillna("")
    if notes.empty:
        return said
    wide, noise, hanging, given = (
        notes.str.startswith(why).sum() for why in (TOO_WIDE, NOISE, OPEN, GIVEN)
    )
    undecided = wide + noise + hanging
    parts = [
        f"{wide} agree within splits that spread too widely to tell",
        f"{noise} depend on differences within the noise",
        *([f"{hanging} on what the paper leaves open"] if hanging else []),
    ]
    made = f" {given} are true by construction." if given else ""
    return (
        f"{said} Of those that cannot be tested, {undecided} were tested without a decision: "
        f"{', '.join(parts[:-1])}, and {parts[-1]}.{made} {len(notes) - undecided - given} could "
        "not be tested at all: no result here answers what they say."
    )


def _ours(row) -> str:
    if row.ours is None or isnan(row.ours):
        return "–"
    digits = _digits(row)
    sign = "+" if row.kind == "difference" else ""
    text = f"{row.ours:{sign},.{digits}f}"
    known = row.spread is not None and not isnan(row.spread)
    return f"{text} ± {row.spread:.{digits}f}" if known else text


def _digits(row) -> int:
    """One more decimal than the paper prints, none for whole numbers, else three."""
    if float(row.ours).is_integer():
        return 0
    if row.kind in ("score", "difference"):
        _, point, decimals = row.paper.rpartition(".")
        return len(decimals) + 1 if point else 1
    return 3
