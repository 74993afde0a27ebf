"""Tables 5 and 7: one row a configuration, the paper's numbers beside ours.

A configuration fills its row as soon as ``config/models.yaml`` has a model of the table's target
that is named after it: ``table5_multitask``, ``table7_structure_hybrid``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tabmixbench.metrics import LARGER_IS_BETTER
from tabmixbench.tables.cell import Cell, best
from tabmixbench.tables.results import Results
from tabmixbench.tables.table import Table, Text


@dataclass(frozen=True)
class Configurations:
    """A table of configurations of TabMixNN on one dataset.

    Attributes
    ----------
    name, title, dataset : str
        Key in ``config/paper.yaml``, caption, dataset.
    columns : mapping of str to str
        Score of ``metrics.csv`` -> field of the paper's row.
    digits : int
        Decimals that the paper prints.
    """

    name: str
    title: str
    dataset: str
    columns: Mapping[str, str]
    digits: int

    def build(self, results: Results) -> Table:
        """Render every configuration that the paper lists, run or not."""
        paper = dict(_leaves(results.paper[self.name]))
        cells = {
            key: {metric: self._cell(results, key, metric) for metric in self.columns}
            for key in paper
        }
        bold = {
            metric: dict(
                zip(
                    paper,
                    best([cells[key][metric] for key in paper], LARGER_IS_BETTER[metric]),
                    strict=True,
                )
            )
            for metric in self.columns
        }
        rows, records = [], []
        for key, printed in paper.items():
            row, record = [Text(" / ".join(key))], {"configuration": "/".join(key)}
            for metric, field in self.columns.items():
                cell = cells[key][metric]
                row.append(Text(cell.text(self.digits), bold[metric][key]))
                row.append(Text(f"{printed[field]:.{self.digits}f}"))
                record |= {f"{metric}_mean": cell.mean, f"{metric}_sd": cell.sd}
                record[f"paper_{metric}"] = printed[field]
            rows.append(row)
            records.append(record)
        header = ["Configuration"]
        for metric in self.columns:
            header += [metric, f"paper: {metric}"]
        return Table(self.title, header, rows, pd.DataFrame(records), self._notes(cells))

    def _cell(self, results: Results, key: tuple[str, ...], metric: str) -> Cell:
        model = "_".join([self.name, *key]).replace(".", "")
        return results.cell(self.name, self.dataset, model, metric)

    def _notes(self, cells: Mapping[tuple[str, ...], Mapping[str, Cell]]) -> list[str]:
        missing = sum(all(not cell.splits for cell in row.values()) for row in cells.values())
        if not missing:
            return []
        return [
            f"{missing} of {len(cells)} configurations have not been run: the library does not "
            "have their architecture yet."
        ]


def _leaves(tree: Mapping[str, Any], path: tuple[str, ...] = ()):
    """Yield (path, row) for every row of a nested table of the paper."""
    for key, value in tree.items():
        if all(isinstance(field, (int, float)) for field in value.values()):
            yield (*path, key), value
        else:
            yield from _leaves(value, (*path, key))


table5 = Configurations(
    name="table5",
    title="Table 5. Abalone: single-task and multitask",
    dataset="Abalone",
    columns={"RMSE": "rmse", "R2": "r2", "MAE": "mae", "AUROC": "auc", "accuracy": "accuracy"},
    digits=3,
)
table7 = Configurations(
    name="table7",
    title="Table 7. Ablations on sleepstudy",
    dataset="sleepstudy",
    columns={"RMSE": "rmse", "R2": "r2"},
    digits=3,
)
