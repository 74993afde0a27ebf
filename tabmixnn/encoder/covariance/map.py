"""``cov_struct_map`` of section 4.3.2 of the paper: from entries to structures in their place.

An entry names a ``type`` and its parameters. By default it lies over the levels of the group
(eq. 10 as printed: ``i`` and ``j`` count levels); ``'over': 'effects'`` lays it over the effects
of each level (glmmTMB's ``ar1(0 + f | g)``) and ``'over': 'residual'`` over the rows within each
level (nlme's ``corAR1(form = ~ time | g)``). A group may have a list of entries.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from tabmixnn.formula.levels import level_name

from .base import Correlation
from .context import Context, EffectContext, LevelContext, RowContext
from .errors import CovarianceMapError, ParameterError, PositionError
from .kronecker import Kronecker
from .placed import Placed, StructuredBlock
from .registry import ALIASES, TYPES
from .residual import ResidualStructure

PLACES: dict[str, tuple[str, ...]] = {
    "levels": (),
    "effects": ("heterogeneous",),
    "residual": ("scale_by",),
}
"""Where an entry may lie, with the keys that make sense only there."""


@dataclass
class Component:
    """One structure of one group.

    Attributes
    ----------
    group : str
    over : str
        A key of `PLACES`.
    structure : type of Correlation
    entry : dict
        Checked options.
    """

    group: str
    over: str
    structure: type[Correlation]
    entry: dict[str, Any]

    def place(self, context: Context) -> Placed:
        """Lay the structure on the subjects of a context."""
        structure, columns, positions = self.locate(context)
        where = f"'{self.group}'"
        return Placed(structure, positions, list(context.labels), where, columns)

    def locate(self, context: Context) -> tuple[Correlation, list[str], np.ndarray]:
        """Structure, the columns that place its subjects, and their positions."""
        structure = self.structure.from_map(self.entry, context)
        for name in sorted(set(_listed(self.entry.get("hold", ()))) - set(structure.domains)):
            raise ParameterError(
                f"'{self.group}': {structure.type} has no parameter {name!r} to hold"
            )
        columns = _listed(self.entry.get(self.structure.default_column, ()))
        return structure, columns, structure.locate(context, columns)


def _listed(value: str | Iterable[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _names_something(value: object, *, several: bool) -> bool:
    """Whether a value is a name, or where there may be several a collection of names."""
    if isinstance(value, str) or not several:
        return isinstance(value, Hashable) and value is not None
    return isinstance(value, Iterable)


def _nearest(name: object, valid: Iterable[str]) -> str:
    valid = list(valid)
    close = {v.lower(): v for v in reversed(valid)}
    near = get_close_matches(str(name).lower(), list(close), 1, 0.5)
    if near:
        return f"did you mean {close[near[0]]!r}?"
    return f"choose one of {', '.join(map(repr, valid))}"


def structure_named(name: object, group: str) -> type[Correlation] | type[Kronecker]:
    """Class of a structure by its name or alias, in any case of letters.

    Raises
    ------
    CovarianceMapError
        Names the nearest valid name.
    """
    by_name = {k.lower(): v for k, v in TYPES.items()}
    by_name |= {alias: TYPES[target] for alias, target in ALIASES.items()}
    found = by_name.get(str(name).lower())
    if found is None:
        raise CovarianceMapError(
            f"cov_struct_map of '{group}': there is no covariance type {name!r}; "
            f"{_nearest(name, TYPES)}"
        )
    return found


def components(group: str, entry: Any) -> list[Component]:
    """Check one entry and split it into the structures that it asks for.

    Raises
    ------
    CovarianceMapError
        Not a mapping, no type, an unknown type, key or place.
    """
    if not isinstance(entry, Mapping):
        raise CovarianceMapError(
            f"cov_struct_map of '{group}' must be a dict with a 'type', not {entry!r}"
        )
    if "type" not in entry:
        raise CovarianceMapError(
            f"cov_struct_map of '{group}' has no 'type'; choose one of "
            f"{', '.join(map(repr, TYPES))}"
        )
    cls = structure_named(entry["type"], group)
    if issubclass(cls, Kronecker):
        own = [key for key in entry if key not in ("over", "hold")]
        _check_keys(group, own, "Kronecker", ["type", *cls.keys])
        parts = cls.expand(entry, f"cov_struct_map of '{group}'")
        return [found for part in parts for found in components(group, part)]
    over = entry.get("over", "levels")
    if over not in PLACES:
        raise CovarianceMapError(
            f"cov_struct_map of '{group}': 'over' cannot be {over!r}; {_nearest(over, PLACES)}"
        )
    if over not in cls.places:
        raise CovarianceMapError(
            f"cov_struct_map of '{group}': one set of level effects cannot tell {cls.type} over "
            f"{over}; set 'over' to one of {', '.join(map(repr, cls.places))}"
        )
    valid = ["type", "over", "hold", *PLACES[over], *cls.keys]
    _check_keys(group, entry, f"{cls.type} over {over}", valid)
    for key in ("hold", "scale_by", cls.default_column):
        if key in entry and not _names_something(entry[key], several=key != "scale_by"):
            raise CovarianceMapError(
                f"cov_struct_map of '{group}': {key!r} must be a name"
                f"{'' if key == 'scale_by' else ' or a list of names'}, not {entry[key]!r}"
            )
    return [Component(group, over, cls, dict(entry))]


def _check_keys(group: str, keys: Iterable[str], what: str, valid: list[str]) -> None:
    for key in keys:
        if key not in valid:
            raise CovarianceMapError(
                f"cov_struct_map of '{group}': {what} has no key {key!r}; {_nearest(key, valid)}"
            )


def _all_components(cov_struct_map: Mapping[str, Any]) -> list[Component]:
    out = []
    for group, entries in cov_struct_map.items():
        entries = entries if isinstance(entries, list | tuple) else [entries]
        found = [part for entry in entries for part in components(group, entry)]
        for place in PLACES:
            if sum(part.over == place for part in found) > 1:
                raise CovarianceMapError(
                    f"cov_struct_map of '{group}' has two structures over {place}; keep one"
                )
        out += found
    return out


def placing_columns(cov_struct_map: Mapping[str, Any]) -> list[str]:
    """Return the columns of the data on which the structures of a map stand.

    They are times, coordinates and strata, and groups that need no term in the formula.

    Raises
    ------
    CovarianceMapError
        An unknown type, key or place.
    """
    names: list[str] = []
    for part in _all_components(cov_struct_map):
        if part.over == "residual":
            names.append(part.group)
            if "scale_by" in part.entry:
                names.append(part.entry["scale_by"])
        if part.over != "effects":
            names += _listed(part.entry.get(part.structure.default_column, ()))
    return list(dict.fromkeys(names))


def apply_cov_struct_map(
    cov_struct_map: Mapping[str, Any], blocks: Sequence[Any], data: pd.DataFrame
) -> tuple[list[Any], ResidualStructure | None]:
    """Give the terms of a model their covariance structures.

    Parameters
    ----------
    cov_struct_map : mapping of str to dict or list of dict
        Group to entry, as in section 4.3.2 of the paper.
    blocks : sequence of RandomBlock
        The formula's random-effects terms. A structure applies to each term of its group, with
        parameters of its own.
    data : DataFrame of n rows
        The rows of the blocks.

    Returns
    -------
    blocks : list
        `StructuredBlock` where the map says so, else the block itself.
    residual : ResidualStructure or None

    Raises
    ------
    CovarianceMapError
        An unknown type, key or group, two structures in one place.
    CovarianceError
        A structure cannot be built; see its class.
    """
    parts = _all_components(cov_struct_map)
    groups = list(dict.fromkeys(block.group for block in blocks))
    for part in parts:
        if part.group in groups or (part.over == "residual" and part.group in data.columns):
            continue
        raise CovarianceMapError(
            f"cov_struct_map names group {part.group!r}, which has no term in the formula; "
            f"{_nearest(part.group, groups) if groups else 'the formula has no groups'}"
        )
    residuals = [part for part in parts if part.over == "residual"]
    if len(residuals) > 1:
        raise CovarianceMapError(
            "the residuals can have one structure, but cov_struct_map gives them one in "
            + " and in ".join(f"'{part.group}'" for part in residuals)
        )
    structured = [_structured(block, parts, data) for block in blocks]
    residual = _residual(residuals[0], blocks, data) if residuals else None
    return structured, residual


def _structured(block: Any, parts: list[Component], data: pd.DataFrame) -> Any:
    mine = {p.over: p for p in parts if p.group == block.group and p.over != "residual"}
    if not mine:
        return block
    out = StructuredBlock(
        block.group, block.codes, block.levels, block.names, block.Z, block.correlated
    )
    if "levels" in mine:
        context = LevelContext(block.group, block.levels, block.codes, data)
        out.over_levels = mine["levels"].place(context)
    if "effects" in mine:
        out.over_effects = mine["effects"].place(EffectContext(block.group, block.names))
        out.heterogeneous = bool(mine["effects"].entry.get("heterogeneous", False))
    return out


def _residual(part: Component, blocks: Sequence[Any], data: pd.DataFrame) -> ResidualStructure:
    known = [(b.codes, b.levels) for b in blocks if b.group == part.group]
    if known:
        codes, levels = known[0]
    else:
        codes, levels = pd.factorize(data[part.group], sort=True)
        if (codes < 0).any():
            raise PositionError(f"group '{part.group}' is missing in some rows")
    structure, _, positions = part.locate(RowContext(part.group, codes, data))
    strata, names = None, []
    if "scale_by" in part.entry:
        column = part.entry["scale_by"]
        if column not in data.columns:
            raise CovarianceMapError(
                f"cov_struct_map of '{part.group}': 'scale_by' names no column of the data: "
                f"{column!r}; {_nearest(column, map(str, data.columns))}"
            )
        strata, found = pd.factorize(data[column], sort=True)
        if (strata < 0).any():
            raise PositionError(f"'scale_by' column {column!r} is missing in some rows")
        if 2 * len(found) > len(strata):
            raise PositionError(
                f"'scale_by' column {column!r} has {len(found)} levels in {len(strata)} rows, and "
                "a variance of its own for one row has no estimate; give a column of few levels"
            )
        names = [level_name(v) for v in found]
    return ResidualStructure(
        structure,
        codes,
        positions,
        [str(v) for v in levels],
        strata,
        names,
        part.group,
        part.entry.get("scale_by"),
    )
