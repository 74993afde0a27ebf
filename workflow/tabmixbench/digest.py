"""Digests of source files, so that a change of a source reruns exactly what depends on it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

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


def _sources(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.suffix in SUFFIXES)
