"""The options of section 3.2.2 of the paper, checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from difflib import get_close_matches
from typing import Any

from tabmixnn.backbones.manifold import AGGREGATIONS, BOUNDARIES, BlockSettings, ManifoldSettings
from tabmixnn.option_checks import choice, flag, number, whole

NEEDS: dict[str, str] = {
    "spde_alpha": "use_spde",
    "spde_kappa_init": "use_spde",
    "sem_lengthscale_init": "use_sem",
}
"""Which switch of a block has to be on for a key to have anything to act on."""


def _grid_shape(name: str, value: Any) -> tuple[int, ...]:
    shape = (value,) if isinstance(value, int) else value
    if not isinstance(shape, list | tuple) or not shape:
        raise ValueError(f"{name} must be a tuple of points along each axis; got {value!r}.")
    return tuple(whole(f"each number of {name}", n, at_least=1) for n in shape)


CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "grid_shape": _grid_shape,
    "use_spde": flag,
    "spde_alpha": lambda name, value: whole(name, value, at_least=1),
    "spde_kappa_init": lambda name, value: number(name, value, low=0, open_low=True),
    "use_sem": flag,
    "sem_lengthscale_init": lambda name, value: number(name, value, low=0, open_low=True),
    "boundary": lambda name, value: choice(name, value, BOUNDARIES),
}
"""Check of each key of a block."""


def read_grids(options: Mapping[str, Any]) -> dict[str, Any]:
    """Check an estimator's options of the manifold backbone; return its `BackboneSettings`' fields.

    Raises
    ------
    ValueError
        Naming the block, the key, and what it must be.
    """
    return {"hidden_dims": (), "manifold": read_manifold(options)}


def read_manifold(options: Mapping[str, Any]) -> ManifoldSettings:
    """Return the blocks of the manifold backbone and how they are put together.

    Raises
    ------
    ValueError
        Naming the block, the key, and what it must be.
    """
    configs = options["manifold_configs"]
    if not isinstance(configs, list | tuple) or not configs:
        raise ValueError(
            "architecture='manifold' needs manifold_configs, a list with a dict for each block "
            f"such as [{{'grid_shape': (20, 20)}}]; got {configs!r}."
        )
    aggregation = options["manifold_aggregation"]
    if aggregation is None:
        aggregation = ManifoldSettings().aggregation
    blocks = tuple(_read_block(config, i) for i, config in enumerate(configs))
    settings = ManifoldSettings(blocks, choice("manifold_aggregation", aggregation, AGGREGATIONS))
    if options["lambda_sparse"] and not any(block.use_sem for block in blocks):
        raise ValueError(
            f"lambda_sparse={options['lambda_sparse']!r} has nothing to act on without a block "
            "with 'use_sem': True; set that, or leave lambda_sparse out."
        )
    return settings


def _read_block(config: Any, i: int) -> BlockSettings:
    where = f"manifold_configs[{i}]"
    if not isinstance(config, Mapping):
        raise ValueError(f"{where} must be a dict of the block's options; got {config!r}.")
    for key in config:
        if key not in CHECKS:
            near = get_close_matches(str(key), CHECKS, 1, 0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(CHECKS)}"
            raise ValueError(f"{where} has no option {key!r}; {hint}")
    if "grid_shape" not in config:
        raise ValueError(f"{where} needs 'grid_shape', such as (20, 20).")
    checked = {key: CHECKS[key](f"{where}[{key!r}]", value) for key, value in config.items()}
    switches = {
        each.name: checked.get(each.name, each.default)
        for each in fields(BlockSettings)
        if each.default is not MISSING
    }
    for key, switch in NEEDS.items():
        if key in checked and not switches[switch]:
            raise ValueError(
                f"{where}[{key!r}] has nothing to act on without {switch!r}: True; set that, or "
                "leave it out."
            )
    try:
        return BlockSettings(**checked)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
