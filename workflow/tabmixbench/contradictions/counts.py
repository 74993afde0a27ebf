"""Things counted in one place and listed in another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tabmixbench.contradictions.contradiction import Contradiction


def datasets(paper: Mapping[str, Any]) -> Iterator[Contradiction]:
    """Datasets that Table 2 counts, Tables 3 and 4 print and Table 1 lists."""
    total, table = paper["table2"]["regression"], paper["table3"]
    counted, printed = total["datasets"], len(table)
    if counted != printed:
        yield Contradiction(
            f"Table 2 counts {counted} regression datasets, Table 3 prints {printed}.",
            ("table2/regression/datasets",),
        )
    wins = sum(row["improvement"] > 0 for row in table.values())
    if wins == printed and total["wins"] == wins:
        yield Contradiction(
            f"TabMixNN wins on all {wins} datasets that Table 3 prints; the {counted - printed} "
            "that it does not print are the ones it lost."
        )
    absent = [
        name
        for name, row in paper["table1"].items()
        if row["task"] == "C" and name not in paper["table4"]
    ]
    if absent and paper["table2"]["classification"]["datasets"] == len(paper["table4"]):
        yield Contradiction(
            f"Table 1 lists {', '.join(absent)} as a classification benchmark; Table 2 counts "
            f"{len(paper['table4'])} classification sets, all of them in Table 4 and none of them "
            "this one."
        )


def families(paper: Mapping[str, Any]) -> Iterator[Contradiction]:
    """Outcome families claimed and listed."""
    text = paper["text"]
    if text["families_claimed"] != text["families_listed"]:
        yield Contradiction(
            f"{text['families_claimed']} outcome families are claimed, {text['families_listed']} "
            "are listed.",
            ("text/families_claimed",),
        )
