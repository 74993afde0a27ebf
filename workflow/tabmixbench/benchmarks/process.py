"""Measurements in a process of their own: nothing before them counts, in time or in memory."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from tabmixbench.threads import with_threads

PEAK = """
import resource, sys
from pathlib import Path

def peak():
    # Linux hands getrusage's figure on from the process that started this one.
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text().splitlines()
        return 1024 * int(next(line for line in lines if line.startswith("VmHWM")).split()[1])
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size if sys.platform == "darwin" else size * 1024
"""
"""Source of ``peak()``, which returns the bytes that the process has held at most."""


def in_new_process(code: str, *arguments: object, threads: int | None = 1) -> Any:
    """Run Python code in a process of its own; read what it prints as JSON.

    Parameters
    ----------
    code : str
    *arguments
        Its ``sys.argv[1:]``.
    threads : int or None
        On how many threads; None leaves that to the libraries.

    Raises
    ------
    RuntimeError
        If the process fails.
    """
    command = [sys.executable, "-c", code, *map(str, arguments)]
    environment = None if threads is None else with_threads(threads)
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise RuntimeError(f"A measurement failed: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])
