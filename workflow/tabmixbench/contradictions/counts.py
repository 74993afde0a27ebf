"""Things counted in one place and listed in another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tabmixbench.contradictions.contradiction import Contradiction


def datasets(paper: Mapping[str, Any]) -> Iterator[Contradiction]:
    """Datasets that Table 1 lists, and that are none of those that Tables 2 and 4 are of."""
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


def printed(paper: Mapping[str, Any]) -> Iterator[str]:
    """How many of the datasets that Table 2 counts Table 3 prints, and which it leaves out."""
    total, table = paper["table2"]["regression"], paper["table3"]
    more = total["datasets"] - len(table)
    if more <= 0:
        return
    sentence = (
        f"Table 2 counts {total['datasets']} regression datasets, Table 3 prints {len(table)} of "
        "them"
    )
    wins = sum(row["improvement"] > 0 for row in table.values())
    if wins == len(table) and total["wins"] == wins:
        sentence += f", TabMixNN's {wins} wins; the other {more} are the ones it lost"
    yield f"{sentence}."


def families(paper: Mapping[str, Any]) -> Iterator[Contradiction]:
    """Outcome families claimed and listed."""
    text = paper["text"]
    if text["families_claimed"] != text["families_listed"]:
        yield Contradiction(
            f"{text['families_claimed']} outcome families are claimed, {text['families_listed']} "
            "are listed.",
            ("text/families_claimed",),
        )


def wins(paper: Mapping[str, Any]) -> Iterator[Contradiction]:
    """Wins on the classification sets, in the text and in Table 2."""
    said, total = paper["text"]["classification_wins"], paper["table2"]["classification"]
    if said["wins"] != total["wins"] or round(said["percent"]) != total["win_percent"]:
        yield Contradiction(
            f"The text says that TabMixNN wins on {said['wins']} classification sets "
            f"({said['percent']}%), Table 2 on {total['wins']} ({total['win_percent']}%).",
            ("table2/classification/wins", "table2/classification/win_percent"),
        )


def groups(paper: Mapping[str, Any]) -> Iterator[Contradiction]:
    """Datasets that the text calls clearly hierarchical, and for which Table 1 has no groups."""
    text = paper["text"]
    listed = (name for name in text["strongest_classification"] if name in paper["table1"])
    bare = [name for name in listed if paper["table1"][name]["G"] is None]
    if text["strongest_are_grouped"] and bare:
        yield Contradiction(
            f"The text lists {' and '.join(bare)} among the datasets with a clear hierarchical "
            "structure; Table 1 prints a dash for their number of groups.",
            ("text/strongest_are_grouped",),
        )
