"""`make compare`: results/metrics.csv beside the committed reference run, cell by cell."""

import argparse
import sys
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tabmixbench.compare import compare, overview
from tabmixbench.files import write_csv


def main() -> int:
    """Print the overview, write every cell to a file, exit 1 when a cell differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--new", type=Path, default=Path("results/metrics.csv"))
    parser.add_argument("--reference", type=Path, default=Path("results/reference/metrics.csv"))
    parser.add_argument("--output", type=Path, default=Path("results/compare.csv"))
    arguments = parser.parse_args()
    for path in (arguments.new, arguments.reference):
        if not path.exists():
            parser.error(f"there is no {path}: run `make reproduce` first")
    table = compare(pd.read_csv(arguments.new), pd.read_csv(arguments.reference))
    write_csv(table, arguments.output)
    print(overview(table))
    print(f"\nevery cell: {arguments.output}")
    return int((table["verdict"] == "differs").any())


if __name__ == "__main__":
    sys.exit(main())
