"""``python -m tabmixnn`` is the command ``tabmixnn``."""

import sys

from tabmixnn.cli import main

if __name__ == "__main__":
    sys.exit(main())
