"""Objects that a model file may hold, each by its name in `OBJECTS`.

A file says a name; what is made of it is decided here. To let files hold another class, add a line
to `RECORDS` if it is a dataclass, otherwise a `Kind` to `OBJECTS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from importlib import import_module
from inspect import signature
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import RandomState

from tabmixnn.persistence.errors import ModelFileError

RECORDS: dict[str, str] = {
    "OutcomeSpec": "tabmixnn.outcomes",
    "ResponseScale": "tabmixnn.families.base",
    "JointScale": "tabmixnn.families.joint",
    "InputScaling": "tabmixnn.encoder.scaling",
    "Affine": "tabmixnn.encoder.scaling",
    "EncoderSpec": "tabmixnn.encoder.inputs",
    "BlockSpec": "tabmixnn.encoder.inputs",
    "RandomBlock": "tabmixnn.formula.groups",
    "TrainingPlaces": "tabmixnn.inference.structured_prior",
    "ColumnFrame": "tabmixnn.estimators.columns",
    "StoredFrame": "tabmixnn.formula.stored_frame",
    "Classes": "tabmixnn.inference.classwise.family",
    "Calibration": "tabmixnn.predictive.conformal",
}
"""Dataclasses of plain data, by the module that has them, imported when first met."""


@dataclass(frozen=True)
class Kind:
    """How objects of a kind are stored.

    Parameters
    ----------
    matches : callable
        Whether an object is of this kind.
    state : callable
        From the object to its tree.
    make : callable
        From the tree to the object.
    """

    matches: Callable[[Any], bool]
    state: Callable[[Any], dict[str, Any]]
    make: Callable[[dict[str, Any]], Any]


def object_state(value: Any, place: str) -> tuple[str, dict[str, Any]]:
    """Return the name of an object's kind and its state.

    Raises
    ------
    TypeError
        If a model file cannot hold it.
    """
    cls = type(value)
    if RECORDS.get(cls.__name__) == cls.__module__:
        return cls.__name__, {field.name: getattr(value, field.name) for field in fields(cls)}
    for name, kind in OBJECTS.items():
        if kind.matches(value):
            return name, kind.state(value)
    raise TypeError(
        f"{place}: a {cls.__name__} cannot be stored in a model file; leave it out, or keep the "
        "model with pickle or joblib."
    )


def object_from_state(name: str, state: Any) -> Any:
    """Return the object of a state.

    Raises
    ------
    ModelFileError
        If there is no such kind, or the state is not one of it.
    """
    if not isinstance(state, dict) or (name not in RECORDS and name not in OBJECTS):
        raise ModelFileError(f"The manifest has an object {name!r}, which is not known.")
    if name not in RECORDS:
        return OBJECTS[name].make(state)
    cls = getattr(import_module(RECORDS[name]), name)
    expected = {field.name for field in fields(cls)}
    if set(state) != expected:
        raise ModelFileError(f"The manifest has a {name} with other parts than it must have.")
    return cls(**state)


def _options(value: Any) -> dict[str, Any]:
    """Return an object's constructor arguments, which it keeps under their names."""
    names = signature(type(value)).parameters
    return {"name": value.name, "options": {name: getattr(value, name) for name in names}}


def _families() -> dict[str, Any]:
    from tabmixnn.families import FAMILIES
    from tabmixnn.families.joint import JointFamily

    return FAMILIES | {JointFamily.name: JointFamily}


def _exact_families() -> dict[str, Any]:
    from tabmixnn.inference.exact import EXACT_FAMILIES

    return EXACT_FAMILIES


def _family_kind(registry: Callable[[], dict[str, Any]], module: str) -> Kind:
    """Return the kind of the families of a registry; others are not matched."""

    def matches(value: Any) -> bool:
        # A family of the user's own comes from another module, and no file can hold its code.
        own = type(value).__module__.startswith(module)
        return own and registry().get(getattr(value, "name", None)) is type(value)

    def make(state: dict[str, Any]) -> Any:
        if state["name"] not in registry():
            raise ModelFileError(
                f"The manifest has a family {state['name']!r}, which is not known."
            )
        return registry()[state["name"]](**state["options"])

    return Kind(matches, _options, make)


def _column(values: Any) -> dict[str, Any]:
    """Return a Series or an Index as plain data."""
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        codes = values.cat.codes if isinstance(values, pd.Series) else values.codes
        return {
            "codes": np.asarray(codes),
            "categories": _column(dtype.categories),
            "ordered": bool(dtype.ordered),
        }
    if dtype.kind in "mM":
        zone = getattr(dtype, "tz", None)
        plain = pd.Index(values)
        moments = (plain.tz_convert(None) if zone else plain).to_numpy()
        return {
            "moments": moments.view(np.int64),
            "kind": dtype.kind,
            "unit": np.datetime_data(moments.dtype)[0],
            "zone": zone and str(zone),
        }
    if isinstance(dtype, pd.PeriodDtype):
        return {"ordinals": pd.PeriodIndex(values).asi8, "period": str(dtype)}
    if isinstance(dtype, np.dtype) and dtype.kind in "biuf":
        return {"numbers": values.to_numpy()}
    return {"values": values.tolist(), "dtype": str(dtype)}


def _from_column(state: dict[str, Any]) -> Any:
    if "codes" in state:
        categories = pd.Index(_from_column(state["categories"]))
        return pd.Categorical.from_codes(state["codes"], categories, ordered=state["ordered"])
    if "moments" in state:
        values = state["moments"].view(f"{state['kind']}8[{state['unit']}]")
        if state["zone"]:
            return pd.DatetimeIndex(values, tz="UTC").tz_convert(state["zone"])
        return values
    if "ordinals" in state:
        dtype = pd.api.types.pandas_dtype(state["period"])
        return pd.arrays.PeriodArray(state["ordinals"], dtype=dtype)
    if "numbers" in state:
        return state["numbers"]
    if state["dtype"] in ("str", "string"):
        return pd.array(state["values"], dtype=state["dtype"])
    out = np.empty(len(state["values"]), dtype=object)
    out[:] = state["values"]
    return out


def _index(index: pd.Index) -> dict[str, Any]:
    if isinstance(index, pd.RangeIndex):
        return {"range": [index.start, index.stop, index.step], "names": list(index.names)}
    levels = [index.get_level_values(i) for i in range(index.nlevels)]
    return {"levels": [_column(level) for level in levels], "names": list(index.names)}


def _from_index(state: dict[str, Any]) -> pd.Index:
    if "range" in state:
        return pd.RangeIndex(*state["range"], name=state["names"][0])
    levels = [_from_column(level) for level in state["levels"]]
    if len(levels) == 1:
        return pd.Index(levels[0], name=state["names"][0])
    return pd.MultiIndex.from_arrays(levels, names=state["names"])


def _table(data: pd.DataFrame) -> dict[str, Any]:
    return {
        "columns": [_column(data.iloc[:, j]) for j in range(data.shape[1])],
        "names": _index(data.columns),
        "index": _index(data.index),
    }


def _from_table(state: dict[str, Any]) -> pd.DataFrame:
    index = _from_index(state["index"])
    columns = {j: pd.Series(_from_column(c), index=index) for j, c in enumerate(state["columns"])}
    out = pd.DataFrame(columns, index=index)
    out.columns = _from_index(state["names"])
    return out


def _series(data: pd.Series) -> dict[str, Any]:
    return {"values": _column(data), "name": data.name, "index": _index(data.index)}


def _from_series(state: dict[str, Any]) -> pd.Series:
    values, index = _from_column(state["values"]), _from_index(state["index"])
    return pd.Series(values, index=index, name=state["name"])


def _generator(generator: RandomState) -> dict[str, Any]:
    return dict(generator.get_state(legacy=False))


def _from_generator(state: dict[str, Any]) -> RandomState:
    generator = RandomState()
    generator.set_state(state)
    return generator


OBJECTS: dict[str, Kind] = {
    "Family": _family_kind(_families, "tabmixnn.families"),
    "ExactFamily": _family_kind(_exact_families, "tabmixnn.inference.exact"),
    "DataFrame": Kind(lambda v: isinstance(v, pd.DataFrame), _table, _from_table),
    "Series": Kind(lambda v: isinstance(v, pd.Series), _series, _from_series),
    "Index": Kind(lambda v: isinstance(v, pd.Index), _index, _from_index),
    "range": Kind(
        lambda v: isinstance(v, range),
        lambda v: {"bounds": [v.start, v.stop, v.step]},
        lambda state: range(*state["bounds"]),
    ),
    "RandomState": Kind(lambda v: isinstance(v, RandomState), _generator, _from_generator),
}
