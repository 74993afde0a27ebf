"""The data sets whose outcome has three classes or more: `config/classes.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tabmixbench.schema import read_config
from tabmixbench.sources import read_checked

#: Rows that a class needs, of which a fifth are test rows.
FEWEST = 10


@dataclass(frozen=True)
class ClassSet:
    """An entry of `config/classes.yaml`, which says what its keys are.

    Attributes
    ----------
    name, source, sha256, target, title : str
        A fit has no title: no number hangs on it.
    group : str or None
    leave_out : tuple of str
    was_seen : bool
    """

    name: str
    source: str
    sha256: str
    target: str
    title: str = ""
    group: str | None = None
    leave_out: tuple[str, ...] = ()
    was_seen: bool = False

    def entry(self) -> dict[str, Any]:
        """What decides the numbers, as plain data: a rule reruns when it changes."""
        said = ("title", "was_seen")
        return {key: value for key, value in vars(self).items() if key not in said}

    def read(self) -> pd.DataFrame:
        """Return the rows without missing values whose class has ten of them.

        Classes, groups and categories are text, and dots in names are underscores.
        """
        data = read_checked(self).drop(columns=list(self.leave_out)).dropna()
        text = data.select_dtypes(exclude=["number", "bool"]).columns
        text = text.union([self.target, *([self.group] if self.group else [])])
        data = data.astype(dict.fromkeys(text, str)).astype(dict.fromkeys(text, object))
        frequent = data[self.target].map(data[self.target].value_counts()) >= FEWEST
        data = data[frequent].reset_index(drop=True)
        return data.rename(columns=_plain).rename(columns={_plain(self.target): "class"})

    @property
    def group_column(self) -> str | None:
        """The name of the group in the rows that are read."""
        return None if self.group is None else _plain(self.group)

    def predictors(self, data: pd.DataFrame) -> list[str]:
        """Return the columns besides class and group."""
        return [name for name in data.columns if name not in ("class", self.group_column)]

    def formula(self, data: pd.DataFrame) -> str:
        """Return the formula: every predictor, and an effect of each group."""
        group = [] if self.group is None else [f"(1 | {self.group_column})"]
        return f"class ~ {' + '.join([*self.predictors(data), *group])}"


def _plain(name: str) -> str:
    return name.replace(".", "_")


def read_sets(path: str | Path = "config/classes.yaml") -> dict[str, ClassSet]:
    """Return the sets by name.

    Raises
    ------
    SchemaError
        With one sentence that names the entry.
    """
    entries: dict[str, dict[str, Any]] = read_config(path, "classes")
    return {
        name: ClassSet(name, **{**entry, "leave_out": tuple(entry.get("leave_out", ()))})
        for name, entry in entries.items()
    }
