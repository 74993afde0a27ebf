"""Which code a run is of, as its record says."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
#: Where the code and its settings are.
PARTS = ("tabmixnn", "workflow", "config")


def code_version(root: Path = ROOT) -> dict[str, Any]:
    """The commit that is checked out, and whether code or settings have changed since.

    Returns
    -------
    dict
        ``commit`` and ``uncommitted``; empty outside a repository, and where there is no git.
    """
    try:
        commit = _git(root, "rev-parse", "HEAD")
        changes = _git(root, "status", "--porcelain", "--", *PARTS)
    except (OSError, subprocess.CalledProcessError):
        return {}
    return {"commit": commit, "uncommitted": bool(changes)}


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout.strip()
