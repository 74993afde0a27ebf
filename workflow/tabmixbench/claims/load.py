"""Read ``config/claims.yaml``: one claim a printed number, and the claims in words."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tabmixbench.claims.checks import CHECKS
from tabmixbench.claims.claim import Claim, Printed
from tabmixbench.schema import SchemaError, read_config
from tabmixbench.suggest import unknown
from tabmixbench.tables import Results


class ClaimError(ValueError):
    """``config/claims.yaml`` says something that cannot be meant."""


def load_claims(path: str | Path, results: Results) -> list[Claim]:
    """Read, check and expand the claims.

    Parameters
    ----------
    path
        ``config/claims.yaml``.
    results : Results
        For the paper's numbers, which are taken from there, and the titles of datasets.

    Raises
    ------
    ClaimError
        With one sentence that names the entry and, for a misspelt word, the nearest valid one.
    """
    try:
        entries = read_config(path, "claims")
    except SchemaError as error:
        raise ClaimError(str(error)) from None
    paper = results.paper
    titles = {name: dataset.title for name, dataset in results.registry.items()}
    claims = [
        claim
        for name, table in entries["tables"].items()
        for claim in _cells(name, table, paper, titles)
    ]
    claims += [_single(name, entry, paper) for name, entry in entries["claims"].items()]
    seen: set[str] = set()
    for claim in claims:
        if claim.id in seen:
            raise ClaimError(f"claims.yaml: claim {claim.id!r} appears a second time.")
        seen.add(claim.id)
        _check_call(claim)
    return claims


def _cells(
    table: str, entry: Mapping[str, Any], paper: Mapping[str, Any], titles: Mapping[str, str]
) -> Iterator[Claim]:
    """One claim for every number of a table; a number that no entry describes is refused."""
    if table not in paper:
        raise ClaimError(f"claims.yaml: {unknown('table', table, paper)}")
    for path in _leaves(paper[table], (table,)):
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
        names = {
            "row": row[-1],
            "title": titles.get(row[-1], row[-1]),
            "path": "/".join(row[1:]),
            "label": ", ".join(row[1:]).replace("_", " "),
            "column": column,
        }
        yield Claim(
            id="/".join(path),
            section=entry["section"],
            text=_filled(described["claim"], names),
            kind=described["kind"],
            check=described["check"],
            settings=_filled(described.get("with", {}), names),
            printed=_printed(value),
            digits=described.get("digits"),
            source="/".join(path),
        )


def _single(name: str, entry: Mapping[str, Any], paper: Mapping[str, Any]) -> Claim:
    source = entry.get("paper", "")
    value = None
    if source:
        try:
            value = _at(paper, source.split("/"))
        except KeyError:
            known = ["/".join(path) for path in _leaves(paper, ())]
            raise ClaimError(
                f"claims.yaml, {name}: {unknown('number of the paper', source, known)}"
            ) from None
    numeric = entry["kind"] not in ("statement", "untestable")
    if numeric and value is None:
        raise ClaimError(f"claims.yaml, {name}: a {entry['kind']} needs `paper`, where it stands.")
    return Claim(
        id=name,
        section=entry["section"],
        text=entry["claim"],
        kind=entry["kind"],
        check=entry["check"],
        settings=entry.get("with", {}),
        printed=_printed(value) if numeric else None,
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


def _printed(value: Any) -> Printed:
    return tuple(value) if isinstance(value, list) else float(value)


def _filled(template: Any, names: Mapping[str, str]) -> Any:
    """Put the names of a cell where a template has ``{row}`` and the like."""
    if isinstance(template, str):
        return re.sub(r"\{(row|title|path|label|column)\}", lambda hit: names[hit[1]], template)
    if isinstance(template, Mapping):
        return {key: _filled(value, names) for key, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, names) for value in template]
    return template


def _check_call(claim: Claim) -> None:
    if claim.check not in CHECKS:
        raise ClaimError(f"claims.yaml, {claim.id}: {unknown('check', claim.check, CHECKS)}")
    valid = list(inspect.signature(CHECKS[claim.check]).parameters)[2:]
    for key in claim.settings:
        if key not in valid:
            raise ClaimError(f"claims.yaml, {claim.id}, with: {unknown('setting', key, valid)}")
    try:
        inspect.signature(CHECKS[claim.check]).bind(None, claim, **claim.settings)
    except TypeError as error:
        raise ClaimError(f"claims.yaml, {claim.id}: check {claim.check!r}: {error}.") from None
