"""Digests of sources and entries, so that a change reruns exactly what depends on it."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

#: Python, and the templates, styles and scripts of the report.
SUFFIXES = {".py", ".html", ".css", ".js"}


def digest_sources(paths: Iterable[str | Path]) -> str:
    """SHA-256 over the sources in `paths` (files, or folders taken whole).

    Names and contents count, times do not: a fresh checkout of the same commit has the
    same digest.
    """
    files: list[Path] = []
    for path in map(Path, paths):
        files += sorted(_sources(path)) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.as_posix().encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def digest_made(paths: Iterable[str | Path]) -> dict[str, str]:
    """SHA-256 of every file that has been made, by path: what shows it is made anew with it."""
    made = [Path(path) for path in paths if Path(path).exists()]
    return {path.as_posix(): digest_sources([path]) for path in made}


def digest_data(data: Any) -> str:
    """SHA-256 over plain data, such as entries of a configuration, in whatever order their keys."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]


@cache
def digest_function(function: Callable[..., Any]) -> str:
    """SHA-256 over the source of a function, or class, and of what it uses of its own module.

    Its neighbours do not count: a recipe written for one dataset leaves the others alone.
    """
    parts: dict[str, str] = {}
    todo = [function]
    while todo:
        one = todo.pop()
        parts[one.__qualname__] = inspect.getsource(one)
        for name, value in _used(one).items():
            if inspect.isroutine(value) or inspect.isclass(value):
                own = value.__module__ == function.__module__
                todo += [value] if own and value.__qualname__ not in parts else []
            elif isinstance(value, str | int | float | tuple):
                parts[name] = repr(value)
    text = "".join(f"{name}\n{parts[name]}\n" for name in sorted(parts))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _used(one: Callable[..., Any]) -> dict[str, Any]:
    """What a function reads of its module by name; of a class, its bases and what it defines."""
    if not inspect.isclass(one):
        return dict(inspect.getclosurevars(one).globals)
    defined = {name: getattr(value, "fget", value) for name, value in vars(one).items()}
    routines = {name: value for name, value in defined.items() if inspect.isfunction(value)}
    return routines | {base.__qualname__: base for base in one.__bases__}


def _sources(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.suffix in SUFFIXES)
