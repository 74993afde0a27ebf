"""Tables 5, 7 and any other study: one row a configuration, the paper's numbers beside ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from tabmixbench.ablations import Column, Configuration, Study, Training
from tabmixbench.collect import long_metrics
from tabmixbench.runs import Record
from tabmixbench.tables.cell import Cell, best
from tabmixbench.tables.epochs import best_epochs, listed, training_sentences
from tabmixbench.tables.table import Table, Text

#: By model and score, each by split.
Scores = Mapping[tuple[str, str], pd.Series]


def build(study: Study, records: Sequence[Record], paper: Mapping[str, Any]) -> Table:
    """Render a study.

    Parameters
    ----------
    study : Study
    records : sequence of dict
        Of `tabmixbench.ablations.run.run_category`, all categories.
    paper : Mapping
        The study's part of ``config/paper.yaml``; empty for a study that the paper does not have.
    """
    scores, epochs = _scores(records), best_epochs(records)
    printed = {each.name: _printed(paper, each.name) for each in study.configurations}
    pairs = [(training, column) for training in study.trainings for column in study.columns]
    bold = {(t.name, c.score): _bold(study, scores, t, c) for t, c in pairs}
    rows, data = [], []
    for configuration in study.configurations:
        row = [Text(_label(configuration))]
        record: dict[str, Any] = {"configuration": configuration.name, "label": configuration.label}
        for training, column in pairs:
            cell = _cell(scores, study.model(configuration, training), column.score)
            mark = bold[training.name, column.score][configuration.name]
            row.append(Text(cell.text(column.digits), mark))
            first = training is study.trainings[0]
            key = column.score if first else f"{training.name}_{column.score}"
            record |= {f"{key}_mean": cell.mean, f"{key}_sd": cell.sd}
        for training in study.trainings:
            first = training is study.trainings[0]
            key = "best_epochs" if first else f"{training.name}_best_epochs"
            record[key] = listed(epochs.get(study.model(configuration, training), ()))
        for column in study.columns:
            if column.paper:
                value = printed[configuration.name].get(column.paper)
                row.append(Text("–" if value is None else f"{value:.{column.digits}f}"))
                record[f"paper_{column.score}"] = value
        rows.append(row)
        data.append(record)
    notes = [
        *_twin_sentences(study, scores, printed),
        _bold_sentence(study),
        *study.notes,
        *training_sentences(study, records, _label),
        _spread_sentence(scores),
    ]
    return Table(study.title, _header(study), rows, pd.DataFrame(data), notes)


def read_table(study: Study, paths: Sequence[str | Path], paper: Mapping[str, Any]) -> Table:
    """Render a study from the files of its jobs."""
    from tabmixbench.collect import read_records

    return build(study, [record for path in paths for record in read_records(path)], paper)


def _scores(records: Sequence[Record]) -> Scores:
    frame = long_metrics([("", record) for record in records])
    return {
        key: group.set_index("split")["value"].sort_index()
        for key, group in frame.groupby(["model", "metric"])
    }


def _printed(paper: Mapping[str, Any], name: str) -> Mapping[str, float]:
    found: Any = paper
    for key in name.split("/"):
        found = found.get(key, {})
    return found


def _cell(scores: Scores, model: str, score: str) -> Cell:
    series = scores.get((model, score), pd.Series(dtype=float))
    total = max((len(found) for (_, each), found in scores.items() if each == score), default=0)
    return Cell.of(series.to_numpy(), "not run", total)


def _bold(study: Study, scores: Scores, training: Training, column: Column) -> dict[str, bool]:
    """The best of each category."""
    marks = {}
    for group in _groups(study):
        cells = [_cell(scores, study.model(each, training), column.score) for each in group]
        flags = best(cells, column.larger_is_better, column.digits)
        marks |= {each.name: flag for each, flag in zip(group, flags, strict=True)}
    return marks


def _bold_sentence(study: Study) -> str:
    several = len(_groups(study)) > 1
    return f"The best mean{' of each category' if several else ''} is in bold, column by column."


def _groups(study: Study) -> list[list[Configuration]]:
    """What is compared: the configurations of a category, or all where there are none."""
    if all("/" not in each.name for each in study.configurations):
        return [list(study.configurations)]
    return [study.of_category(category) for category in study.categories]


def _label(configuration: Configuration) -> str:
    if "/" not in configuration.name:
        return configuration.label
    return f"{configuration.category.replace('_', ' ').capitalize()}: {configuration.label}"


def _header(study: Study) -> list[str]:
    several = len(study.trainings) > 1
    header = ["Configuration"]
    for training in study.trainings:
        header += [
            f"{column.head}, {training.label}" if several else column.head
            for column in study.columns
        ]
    return header + [f"paper: {column.head}" for column in study.columns if column.paper]


def _twin_sentences(study: Study, scores: Scores, printed: Mapping[str, Any]) -> list[str]:
    """What the seed alone does: the spread between rows that are the same configuration."""
    twins = study.twins()
    if len(twins) < 2:
        return []
    column = study.columns[0]
    ours = []
    for training in study.trainings:
        means = [_cell(scores, study.model(t, training), column.score).mean for t in twins]
        ours.append(
            f"{min(means):.{column.digits}f} to {max(means):.{column.digits}f} ({training.label})"
        )
    sentence = (
        f"{len(twins)} rows are one and the same configuration with other seeds "
        f"({', '.join(_label(t) for t in twins)}): their {column.head} goes from "
        f"{' and from '.join(ours)}"
    )
    values = [printed[t.name][column.paper] for t in twins if printed[t.name]]
    if len(values) > 1:
        low, high = (f"{bound(values):.{column.digits}f}" for bound in (min, max))
        sentence += f", in the paper from {low} to {high}"
    return [sentence + ". Smaller differences between other rows mean nothing."]


def _spread_sentence(scores: Scores) -> str:
    splits = max((len(series) for series in scores.values()), default=0)
    return f"Mean ± standard deviation over {splits} random 80/20 splits of the rows, a seed each."
