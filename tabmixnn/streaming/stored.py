"""Sums over rows as plain data, for model files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tabmixnn.formula import Design, RandomBlock
from tabmixnn.inference.marginal import Summed
from tabmixnn.inference.marginal.summed import FixedSums, SummedGrouping
from tabmixnn.inference.marginal.terms import lay_out

FIXED = ("kept", "root", "beta_start", "n", "gram", "log_weights", "low", "high")


def stored_sums(summed: Summed, blocks: Sequence[RandomBlock]) -> dict[str, Any]:
    """Return sums and the heads of the terms as plain data; the levels are the design's."""
    whitenings = {term.position: term.whitening for each in summed.groupings for term in each.terms}
    return {
        "fixed": {name: getattr(summed.fixed, name) for name in FIXED},
        "blocks": [
            {"group": b.group, "names": list(b.names), "correlated": b.correlated} for b in blocks
        ],
        "whitenings": [whitenings[position] for position in range(len(blocks))],
        "groupings": [
            {
                "members": [term.position for term in each.terms],
                "unit": each.unit,
                "products": each.products,
                "crossed": each.crossed,
                "pairs": [[place, *arrays] for place, arrays in each.pairs.items()],
            }
            for each in summed.groupings
        ],
    }


def sums_of(state: dict[str, Any], design: Design) -> tuple[Summed, list[RandomBlock]]:
    """Return the sums and the terms, without rows, of `stored_sums`."""
    blocks = [
        RandomBlock(
            codes=np.empty(0, dtype=np.int64),
            levels=levels,
            Z=np.empty((0, len(head["names"]))),
            **head,
        )
        for head, levels in zip(state["blocks"], design.group_levels, strict=True)
    ]
    merged = [each["members"] for each in state["groupings"]]
    laid = lay_out(blocks, merged, state["whitenings"])
    groupings = []
    for place, (each, terms) in enumerate(zip(state["groupings"], laid, strict=True)):
        head = blocks[each["members"][0]]
        n_levels, q = each["products"].shape[:2]
        if n_levels != len(head.levels):
            raise ValueError(f"sums of {n_levels} levels where the design has {len(head.levels)}")
        groupings.append(
            SummedGrouping(
                group=head.group,
                codes=np.empty(0, dtype=np.int64),
                n_levels=n_levels,
                Z=np.empty((0, q)),
                unit=each["unit"],
                terms=terms,
                products=each["products"],
                crossed=each["crossed"],
                place=place,
                pairs={other: tuple(arrays) for other, *arrays in each["pairs"]},
            )
        )
    return Summed(FixedSums(**state["fixed"]), groupings), blocks
