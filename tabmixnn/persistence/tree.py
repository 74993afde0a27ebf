"""Trees of plain data as JSON with the arrays apart, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tabmixnn.persistence.errors import ModelFileError
from tabmixnn.persistence.objects import object_from_state, object_state

TAG = "$"
"""First letter of the one key of a dict that stands for something JSON does not have."""

INTEGERS = frozenset(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
NUMERIC = INTEGERS | {"bool", "float32", "float64"}
"""Types of the arrays that a file can hold."""

MAX_DEPTH = 100


class Encoder:
    """Takes trees apart.

    Attributes
    ----------
    arrays : dict of str to ndarray
        What was found, by its place in the trees.
    """

    def __init__(self) -> None:
        self.arrays: dict[str, np.ndarray] = {}
        self._names: dict[int, str] = {}
        self._kept: list[np.ndarray] = []

    def encode(self, value: Any, place: str = "") -> Any:
        """Return a tree as JSON-able data.

        Raises
        ------
        TypeError
            If it holds something that cannot be stored; the message says what and where.
        """
        if value is None or isinstance(value, bool | str):
            return str(value) if type(value) is np.str_ else value
        if isinstance(value, np.generic):
            return self._scalar(value, place)
        if isinstance(value, int):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else {"$float": repr(value)}
        if isinstance(value, np.ndarray):
            return self._array(value, place)
        if isinstance(value, list):
            return self._items(value, place)
        if isinstance(value, tuple):
            return {"$tuple": self._items(value, place)}
        if isinstance(value, Mapping):
            return self._mapping(value, place)
        name, state = object_state(value, place)
        return {"$object": name, "state": self.encode(state, place)}

    def _items(self, values: Any, place: str) -> list[Any]:
        return [self.encode(each, f"{place}.{i}") for i, each in enumerate(values)]

    def _mapping(self, value: Mapping[Any, Any], place: str) -> dict[str, Any]:
        plain = all(isinstance(key, str) and not key.startswith(TAG) for key in value)
        if plain:
            return {str(k): self.encode(v, f"{place}.{k}".lstrip(".")) for k, v in value.items()}
        return {"$items": self._items([list(pair) for pair in value.items()], place)}

    def _scalar(self, value: np.generic, place: str) -> Any:
        if isinstance(value, np.bool_ | np.number):
            return {"$scalar": value.dtype.name, "of": self.encode(value.item(), place)}
        raise TypeError(f"{place}: a {type(value).__name__} cannot be stored in a model file.")

    def _array(self, value: np.ndarray, place: str) -> Any:
        if value.dtype.kind in "UO":
            flat = self._items(value.ravel().tolist(), place)
            return {"$texts": flat, "shape": list(value.shape), "kind": value.dtype.kind}
        if value.dtype.name not in NUMERIC:
            raise TypeError(f"{place}: arrays of {value.dtype} cannot be stored in a model file.")
        if id(value) not in self._names:
            # Kept, so that no other array gets the same id.
            self._kept.append(value)
            self._names[id(value)] = f"{len(self.arrays)}:{place}"
            little = value.astype(value.dtype.newbyteorder("<"), copy=False)
            self.arrays[self._names[id(value)]] = np.asarray(little, order="C")
        return {"$array": self._names[id(value)]}


class Decoder:
    """Puts trees together.

    Parameters
    ----------
    arrays : mapping of str to ndarray
    """

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        self.arrays = arrays

    def decode(self, value: Any, depth: int = 0) -> Any:
        """Return the tree of JSON-able data.

        Raises
        ------
        ModelFileError
            If it holds an array or an object that there is not.
        """
        if depth > MAX_DEPTH:
            raise ModelFileError("The manifest is nested more deeply than any model's.")
        if isinstance(value, list):
            return [self.decode(each, depth + 1) for each in value]
        if not isinstance(value, dict):
            return value
        tag = next(iter(value), "")
        if not tag.startswith(TAG):
            return {key: self.decode(each, depth + 1) for key, each in value.items()}
        if tag not in _DECODERS:
            raise ModelFileError(f"The manifest has a {tag!r}, which is not known.")
        return _DECODERS[tag](self, value, depth + 1)

    def _float(self, value: dict[str, Any], depth: int) -> float:
        return float(value["$float"])

    def _array(self, value: dict[str, Any], depth: int) -> np.ndarray:
        name = value["$array"]
        if name not in self.arrays:
            raise ModelFileError(f"The manifest names an array {name!r} that the file has not.")
        return self.arrays[name]

    def _tuple(self, value: dict[str, Any], depth: int) -> tuple[Any, ...]:
        return tuple(self.decode(value["$tuple"], depth))

    def _items(self, value: dict[str, Any], depth: int) -> dict[Any, Any]:
        return dict(self.decode(value["$items"], depth))

    def _scalar(self, value: dict[str, Any], depth: int) -> np.generic:
        if value["$scalar"] not in NUMERIC:
            raise ModelFileError(f"The manifest has a number of type {value['$scalar']!r}.")
        return np.dtype(value["$scalar"]).type(self.decode(value["of"], depth))

    def _texts(self, value: dict[str, Any], depth: int) -> np.ndarray:
        flat = self.decode(value["$texts"], depth)
        if value["kind"] == "U":
            return np.array(flat, dtype=np.str_).reshape(value["shape"])
        out = np.empty(len(flat), dtype=object)
        out[:] = flat
        return out.reshape(value["shape"])

    def _object(self, value: dict[str, Any], depth: int) -> Any:
        return object_from_state(value["$object"], self.decode(value["state"], depth))


_DECODERS = {
    "$float": Decoder._float,
    "$array": Decoder._array,
    "$tuple": Decoder._tuple,
    "$items": Decoder._items,
    "$scalar": Decoder._scalar,
    "$texts": Decoder._texts,
    "$object": Decoder._object,
}
