"""The result files that checks read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from tabmixbench.tables import Results


@dataclass(frozen=True)
class Evidence:
    """The scores, and the folder with the other result files.

    Attributes
    ----------
    results : Results
        Scores, reasons, registries and the paper's numbers.
    folder : path
        ``results``.
    """

    results: Results
    folder: Path

    def frame(self, name: str) -> pd.DataFrame | None:
        """A CSV file of the folder, or None where it has not been made."""
        if name not in self._frames:
            path = self.folder / name
            self._frames[name] = pd.read_csv(path) if path.exists() else None
        return self._frames[name]

    @cached_property
    def _frames(self) -> dict[str, pd.DataFrame | None]:
        return {}
