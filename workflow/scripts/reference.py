"""`make reference`: results/ becomes the committed reference run."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tabmixbench.reference import NoRunError, take_over


def main() -> int:
    """Take the run over and say what stayed."""
    try:
        replaced, kept = take_over("results", "results/reference")
    except NoRunError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(replaced)} files replaced; not made by this run, and as before:")
    print("\n".join(f"  {name}" for name in kept))
    return 0


if __name__ == "__main__":
    sys.exit(main())
