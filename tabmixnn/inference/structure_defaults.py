"""The options of the structure where they are not given; apart, because they need no torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NOT_GIVEN: dict[str, Any] = {
    "use_static_structure": False,
    "use_dynamic_structure": False,
    "structure_order": None,
    "acyclicity": None,
    "n_heads": None,
    "attention_dim": None,
    "hybrid_steps": None,
    "lambda_dag": 0.0,
    "lambda_sparse": 0.0,
    "lambda_contract": 0.0,
}
"""What each option is where the user did not choose it."""


def refuse_structure(options: Mapping[str, Any], engine: str) -> None:
    """Check that no option of the structure is given to an engine without hidden layers.

    Raises
    ------
    ValueError
        Naming the first one given.
    """
    for name, absent in NOT_GIVEN.items():
        if options[name] != absent:
            raise ValueError(
                f"{name}={options[name]!r} acts on hidden layers, which inference={engine!r} does "
                "not have; leave it out, or use inference='variational'."
            )
