"""A progress line for people; batch jobs and logs never see it."""

from __future__ import annotations

import sys
from collections.abc import Mapping


class ProgressLine:
    """Rewrite one line of standard error, if it is a terminal.

    Parameters
    ----------
    total : int
        Number of epochs.
    enabled : bool
        Whether the user wants it at all.
    """

    def __init__(self, total: int, *, enabled: bool) -> None:
        self.total = total
        self.active = enabled and sys.stderr.isatty()

    def update(self, epoch: int, record: Mapping[str, float]) -> None:
        """Show the losses of an epoch."""
        if self.active:
            values = "  ".join(f"{name} {value:.4f}" for name, value in record.items())
            sys.stderr.write(f"\r\x1b[Kepoch {epoch}/{self.total}  {values}")
            sys.stderr.flush()

    def close(self) -> None:
        """End the line."""
        if self.active:
            sys.stderr.write("\n")
