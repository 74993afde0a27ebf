"""Before `make reproduce`: remove the lock that a killed run left, never that of a live one."""

import subprocess
import sys
from pathlib import Path

import psutil


def live_run(folder: Path) -> int | None:
    """Process id of a Snakemake that works in `folder`, if there is one."""
    for process in psutil.process_iter(["pid", "cmdline", "cwd"]):
        command = process.info["cmdline"] or []
        if process.info["cwd"] == str(folder) and any(
            Path(word).name == "snakemake" for word in command[:3]
        ):
            return process.info["pid"]
    return None


def main() -> int:
    """Unlock the working directory unless a run is going on in it."""
    folder = Path.cwd()
    if not list((folder / ".snakemake" / "locks").glob("*")):
        return 0
    if (pid := live_run(folder)) is not None:
        print(f"error: another run (process {pid}) is working in {folder}: let it finish or end it")
        return 1
    print("an earlier run was cut short: going on where it stopped")
    return subprocess.call([sys.executable, "-m", "snakemake", "--unlock", "--quiet", "all"])


if __name__ == "__main__":
    sys.exit(main())
