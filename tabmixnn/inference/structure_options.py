"""The options of section 3.2.1 of the paper, checked, and refused where they do not belong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tabmixnn.backbones.registry import STRUCTURE
from tabmixnn.backbones.structure import ACYCLICITY, ORDERS, StructureSettings
from tabmixnn.option_checks import choice, flag, layer_widths, number, whole
from tabmixnn.penalty_weights import PenaltySettings

_STATIC = ("use_static_structure",)
_DYNAMIC = ("use_dynamic_structure",)
NEEDS: dict[str, tuple[str, ...]] = {
    "structure_order": _STATIC,
    "acyclicity": _STATIC,
    "lambda_dag": _STATIC,
    "lambda_sparse": _STATIC,
    "n_heads": _DYNAMIC,
    "attention_dim": _DYNAMIC,
    "hybrid_steps": _STATIC + _DYNAMIC,
    "lambda_contract": _STATIC + _DYNAMIC,
}
"""Which switches have to be on for an option to have anything to act on."""


def read_gsem(options: Mapping[str, Any]) -> dict[str, Any]:
    """Check an estimator's options of the GSEM backbone; return its `BackboneSettings`' fields.

    Raises
    ------
    ValueError
        Naming the option, what it must be, or which other option it needs.
    """
    hidden_dims = layer_widths(options["hidden_dims"])
    return {"hidden_dims": hidden_dims, "structure": read_structure(options)}


def read_structure(options: Mapping[str, Any]) -> StructureSettings:
    """Check an estimator's options of the structure.

    Raises
    ------
    ValueError
        Naming the option, what it must be, or which other option it needs.
    """
    static = flag("use_static_structure", options["use_static_structure"])
    dynamic = flag("use_dynamic_structure", options["use_dynamic_structure"])
    _check_belonging(options)
    if (static or dynamic) and len(options["hidden_dims"]) == 0:
        raise ValueError(
            "use_static_structure and use_dynamic_structure act on hidden layers, but "
            "hidden_dims is empty; give it widths such as [64, 32]."
        )
    defaults = StructureSettings()
    order = _given(options, "structure_order", defaults.order)
    choice("structure_order", order, ORDERS)
    if options["acyclicity"] is not None and not ORDERS[order].constrained:
        raise ValueError(
            f"acyclicity={options['acyclicity']!r} needs structure_order='learned': in a fixed "
            "order there are no cycles to keep out."
        )
    n_heads = whole("n_heads", _given(options, "n_heads", defaults.n_heads), at_least=1)
    width = _given(options, "attention_dim", max(defaults.attention_dim, n_heads))
    if options["attention_dim"] is None:
        width = -(-width // n_heads) * n_heads
    whole("attention_dim", width, at_least=1)
    if width % n_heads:
        raise ValueError(
            f"attention_dim={width} cannot be shared out among n_heads={n_heads}; choose a "
            "multiple of it."
        )
    steps = _given(options, "hybrid_steps", defaults.hybrid_steps)
    return StructureSettings(
        static=static,
        dynamic=dynamic,
        order=order,
        acyclicity=choice(
            "acyclicity", _given(options, "acyclicity", defaults.acyclicity), ACYCLICITY
        ),
        n_heads=n_heads,
        attention_dim=int(width),
        hybrid_steps=whole("hybrid_steps", steps, at_least=1),
    )


def read_penalties(options: Mapping[str, Any], structure: StructureSettings) -> PenaltySettings:
    """Check the weights of eqs. 51-53.

    Raises
    ------
    ValueError
        Naming the weight that is negative or no number.
    """
    names = ("lambda_dag", "lambda_contract", "lambda_sparse")
    values = {name: number(name, options[name], low=0, open_low=False) for name in names}
    constrained = structure.static and ORDERS[structure.order].constrained
    return PenaltySettings(**values, constrained=constrained)


def _given(options: Mapping[str, Any], name: str, default: Any) -> Any:
    return default if options[name] is None else options[name]


def _check_belonging(options: Mapping[str, Any]) -> None:
    for name, switches in NEEDS.items():
        missing = [switch for switch in switches if not options[switch]]
        if options[name] != STRUCTURE[name] and missing:
            raise ValueError(
                f"{name}={options[name]!r} has nothing to act on without "
                f"{' and '.join(f'{switch}=True' for switch in missing)}; set that, or leave "
                f"{name} out."
            )
