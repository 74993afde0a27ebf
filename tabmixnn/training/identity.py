"""By what the rows and the options of a fit are known again."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import is_dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from tabmixnn.families import Family


def arrays_of(frame: Any, y: np.ndarray) -> list[np.ndarray]:
    """Return all that a network learns from n rows.

    Parameters
    ----------
    frame : ModelFrame
    y : ndarray, shape (n,) or (n, K)
    """
    blocks = [array for block in frame.blocks for array in (block.codes, block.Z)]
    return [y, frame.cont, frame.cat, frame.offset, *blocks]


def digest(arrays: Iterable[Any], before: int = 0) -> int:
    """Return the CRC-32 of some arrays, or of them after others whose digest is `before`."""
    for array in arrays:
        values = np.asarray(array)
        is_number = values.dtype.kind in "biuf"
        data = np.ascontiguousarray(values) if is_number else repr(values.tolist()).encode()
        before = zlib.crc32(data, before)
    return before


def text_of(value: Any) -> str:
    """Return a text of an option that another value does not have, however large it is.

    Tables stand for themselves by their digest.
    """
    if isinstance(value, Mapping):
        items = [f"{text_of(key)}: {text_of(each)}" for key, each in value.items()]
        return f"{{{', '.join(items)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(text_of, value))}]"
    if isinstance(value, np.generic):
        return text_of(value.item())
    if isinstance(value, pd.DataFrame):
        return _table(value, [value, value.index, value.columns])
    if isinstance(value, pd.Series):
        return _table(value, [value, value.index])
    if sparse.issparse(value):
        rows = value.tocsr()
        return _table(value, [rows.data, rows.indices, rows.indptr])
    if hasattr(value, "__array__"):
        return _table(value, [value])
    if isinstance(value, Family) or is_dataclass(value):
        return f"{type(value).__name__}({text_of(vars(value))})"
    return repr(value)


def _table(value: Any, parts: list[Any]) -> str:
    return f"{type(value).__name__} of shape {value.shape} and digest {digest(parts):08x}"
