"""How far reading a file is, for people."""

from __future__ import annotations

import sys
import time


class CountLine:
    """Rewrite one line of standard error, if it is a terminal, a few times a second.

    Parameters
    ----------
    what : str
        What is being done.
    total : int
        Number of rows.
    enabled : bool
        Whether the user wants it at all.
    """

    def __init__(self, what: str, total: int, *, enabled: bool) -> None:
        self.what, self.total = what, total
        self.active = enabled and sys.stderr.isatty()
        self._shown = 0.0

    def update(self, done: int) -> None:
        """Show how many rows have been read."""
        now = time.monotonic()
        if self.active and (now - self._shown > 0.2 or done == self.total):
            self._shown = now
            share = f"{done:,} of {self.total:,} rows"
            sys.stderr.write(f"\r\x1b[K{self.what}: {share} ({100 * done / self.total:.0f}%)")
            sys.stderr.flush()

    def close(self) -> None:
        """End the line."""
        if self.active:
            sys.stderr.write("\n")
