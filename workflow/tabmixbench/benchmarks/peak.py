"""The largest memory that a process has held, for code that runs in a process of its own."""

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
"""Source of ``peak()``, which returns bytes."""
