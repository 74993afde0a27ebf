"""Read ``config/claims.yaml``: one claim a printed number, and the claims in words."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tabmixbench.adapters import ModelSpec
from tabmixbench.claims.checks import CHECKS
from tabmixbench.claims.claim import Claim, ClaimError, Printed
from tabmixbench.registry import Dataset
from tabmixbench.schema import SchemaError, read_config
from tabmixbench.suggest import require


def load_claims(
    path: str | Path,
    paper: Mapping[str, Any],
    models: Mapping[str, ModelSpec],
    registry: Mapping[str, Dataset],
) -> list[Claim]:
    """Read, check and expand the claims.

    Parameters
    ----------
    path
        ``config/claims.yaml``.
    paper
        ``config/paper.yaml``, which has the numbers.
    models
        For their labels.
    registry
        For the titles of datasets.

    Raises
    ------
    ClaimError
        With one sentence that names the entry and, for a misspelt word, the nearest valid one.
    """
    try:
        entries = read_config(path, "claims")
    except SchemaError as error:
        raise ClaimError(str(error)) from None
    titles = {name: dataset.title for name, dataset in registry.items()}
    labels = {name: spec.label for name, spec in models.items()}
    claims = [
        claim
        for name, table in entries["tables"].items()
        for claim in _cells(name, table, paper, titles, labels)
    ]
    claims += [_single(name, entry, paper, labels) for name, entry in entries["claims"].items()]
    seen: set[str] = set()
    for claim in claims:
        if claim.id in seen:
            raise ClaimError(f"claims.yaml: claim {claim.id!r} appears a second time.")
        seen.add(claim.id)
        _check_call(claim)
    return claims


def _cells(
    table: str,
    entry: Mapping[str, Any],
    paper: Mapping[str, Any],
    titles: Mapping[str, str],
    labels: Mapping[str, str],
) -> Iterator[Claim]:
    """One claim for every number of a table; a number that no entry describes is refused."""
    require(table, paper, "table", ClaimError, "claims.yaml")
    places = list(_leaves(paper[table], (table,)))
    for column, described in entry["columns"].items():
        rows = {_row(path) for path in places if path[-1] == column}
        for row in described.get("also", {}):
            place = f"claims.yaml, tables, {table}, {column}, also"
            require(row, rows, "row", ClaimError, place)
    for path in places:
        *row, column = path
        if column in entry.get("skip", ()):
            continue
        if column not in entry["columns"]:
            raise ClaimError(
                f"claims.yaml: the paper's {'/'.join(path)} has no claim; describe column "
                f"{column!r} under tables.{table}.columns or skip it."
            )
        if (value := _at(paper, path)) is None:
            continue  # the paper prints a dash
        described = entry["columns"][column]
        also = described.get("also", {})
        names = {
            "row": row[-1],
            "title": titles.get(row[-1], row[-1]),
            "path": "/".join(row[1:]),
            "label": ", ".join(row[1:]).replace("_", " "),
            "column": column,
        }
        yield Claim(
            id="/".join(path),
            section=" and ".join(filter(None, [entry["section"], also.get(_row(path))])),
            text=_text(described["claim"], names | labels),
            kind=described["kind"],
            check=described["check"],
            settings=_filled(described.get("with", {}), names),
            printed=_printed(value, "/".join(path)),
            digits=described.get("digits"),
            source="/".join(path),
        )


def rows_of(paper: Mapping[str, Any], table: str) -> set[str]:
    """Return the rows of a table of the paper, as settings name them: ``"category/row"``."""
    return {_row(path) for path in _leaves(paper[table], (table,))}


def _row(path: tuple[str, ...]) -> str:
    """The row of a number in its table: what is between the table and the column."""
    return "/".join(path[1:-1]) or path[0]


def _single(
    name: str, entry: Mapping[str, Any], paper: Mapping[str, Any], labels: Mapping[str, str]
) -> Claim:
    source = entry.get("paper", "")
    value = None
    if source:
        try:
            value = _at(paper, source.split("/"))
        except (KeyError, TypeError):
            known = ["/".join(path) for path in _leaves(paper, ())]
            require(source, known, "number of the paper", ClaimError, f"claims.yaml, {name}")
    numeric = entry["kind"] not in ("statement", "untestable")
    if numeric and value is None:
        raise ClaimError(f"claims.yaml, {name}: a {entry['kind']} needs `paper`, where it stands.")
    return Claim(
        id=name,
        section=entry["section"],
        text=_text(entry["claim"], labels),
        kind=entry["kind"],
        check=entry["check"],
        settings=entry.get("with", {}),
        printed=_printed(value, source) if numeric or _is_range(value) else None,
        digits=entry.get("digits"),
        source=source,
    )


def _leaves(tree: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from _leaves(value, (*path, str(key)))
    else:
        yield path


def _at(tree: Any, path: Any) -> Any:
    for key in path:
        tree = tree[key]
    return tree


def _printed(value: Any, source: str) -> Printed:
    if isinstance(value, list):
        return tuple(value)
    if not isinstance(value, int | float):
        raise ClaimError(f"claims.yaml: the paper's {source} is no number: skip it, or name one.")
    return float(value)


def _is_range(value: Any) -> bool:
    """Whether it is [low, high]: what a statement may be held against, too."""
    return isinstance(value, list) and all(isinstance(end, int | float | None) for end in value)


def _filled(template: Any, names: Mapping[str, str]) -> Any:
    """Put the names of a cell where a template has ``{row}`` and the like."""
    if isinstance(template, str):
        return re.sub(rf"\{{({'|'.join(names)})\}}", lambda hit: names[hit[1]], template)
    if isinstance(template, Mapping):
        return {key: _filled(value, names) for key, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, names) for value in template]
    return template


def _text(template: str, names: Mapping[str, str]) -> str:
    """What is claimed, with the names of a cell and the labels of models where it names them."""
    for name in re.findall(r"\{(\w+)\}", template):
        require(name, names, "name in braces", ClaimError, f"claims.yaml: {template!r}")
    return _filled(template, names)


def _check_call(claim: Claim) -> None:
    place = f"claims.yaml, {claim.id}"
    require(claim.check, CHECKS, "check", ClaimError, place)
    signature = inspect.signature(CHECKS[claim.check])
    for key in claim.settings:
        valid = list(signature.parameters)[2:]
        require(key, valid, "setting", ClaimError, f"{place}, with")
    try:
        signature.bind(None, claim, **claim.settings)
    except TypeError as error:
        raise ClaimError(f"{place}: check {claim.check!r}: {error}.") from None
