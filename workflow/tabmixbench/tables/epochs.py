"""How long the fits of a study trained, and which epoch each kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import fmean, median

from tabmixbench.ablations import Configuration, Study
from tabmixbench.runs import Record

#: How many rows a sentence names whose fits kept the earliest epochs.
EARLIEST = 3


def best_epochs(records: Sequence[Record]) -> dict[str, list[int | None]]:
    """The epochs whose weights the fits of a model kept; None where a limit cut a fit short.

    A fit that stops by itself has waited `patience` epochs for a better one.
    """
    return {
        record["model"]: [
            ran - settings["patience"] if ran < settings["epochs"] else None
            for ran in _epochs(record)
        ]
        for record in records
        for settings in [record["settings"]]
        if settings.get("patience") is not None
    }


def listed(epochs: Sequence[int | None]) -> str:
    """Epochs side by side; a dash for those that are not known."""
    return ", ".join("–" if epoch is None else str(epoch) for epoch in epochs)


def training_sentences(
    study: Study, records: Sequence[Record], label: Callable[[Configuration], str]
) -> Iterator[str]:
    """How often each training ended by itself, and which rows kept the earliest epochs.

    Parameters
    ----------
    label
        What a row is called.
    """
    best = best_epochs(records)
    for training in study.trainings:
        of_it = [record for record in records if record["training"] == training.name]
        limited = [record for record in of_it if "epochs" in record["settings"]]
        epochs = [(ran, r["settings"]["epochs"]) for r in limited for ran in _epochs(r)]
        if not epochs:
            continue
        early = sum(ran < limit for ran, limit in epochs)
        yield (
            f"“{training.label[0].upper()}{training.label[1:]}”: {early} of {len(epochs)} fits "
            f"stopped before their limit, after {fmean(ran for ran, _ in epochs):.0f} epochs on "
            "average."
        )
        kept = {label(row): best.get(study.model(row, training)) for row in study.configurations}
        if early == len(epochs):
            yield from _earliest(training.label, {row: each for row, each in kept.items() if each})


def _earliest(training: str, kept: Mapping[str, Sequence[int]]) -> Iterator[str]:
    rows = sorted(kept, key=lambda row: median(kept[row]))[:EARLIEST]
    if rows:
        named = "; ".join(f"{row} ({listed(kept[row])})" for row in rows)
        yield f"The rows that kept the earliest epochs, split by split ({training}): {named}."


def _epochs(record: Record) -> list[int]:
    """Epochs run, by split and fit."""
    return [ran for split in record["splits"] if split["status"] == "ok" for ran in split["epochs"]]
