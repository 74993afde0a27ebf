"""Backbones by name, and what an estimator has to know of them before torch is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pkgutil import resolve_name
from typing import Any

STRUCTURE: dict[str, Any] = {
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
"""The options of the structure, and what each is where the user did not choose it."""


@dataclass(frozen=True)
class BackboneEntry:
    """Where a backbone is, and which of the estimators' options are its own.

    Parameters
    ----------
    backbone, reader : str
        ``"module:name"`` of its class, and of the function that checks the estimator's options
        and returns, by name, the fields of `BackboneSettings` that this backbone alone decides.
    options : mapping
        The options that not every backbone has, and what each is where the user did not choose
        it. A model with another backbone refuses them.
    example : mapping
        Options that make a small one, with which the tests fit it.
    """

    backbone: str
    reader: str
    options: Mapping[str, Any] = field(default_factory=dict)
    example: Mapping[str, Any] = field(default_factory=dict)

    def load(self) -> Any:
        """Return its class."""
        return resolve_name(self.backbone)

    def read(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Check an estimator's options; return fields of `BackboneSettings`.

        Raises
        ------
        ValueError
            Naming the option, what it must be and what it was.
        """
        return resolve_name(self.reader)(options)


BACKBONES: dict[str, BackboneEntry] = {
    "gsem": BackboneEntry(
        backbone="tabmixnn.backbones.gsem:GSEMBackbone",
        reader="tabmixnn.inference.structure_options:read_gsem",
        options={"hidden_dims": (64, 32), **STRUCTURE},
        example={"hidden_dims": [5, 4]},
    ),
    "manifold": BackboneEntry(
        backbone="tabmixnn.backbones.manifold:ManifoldBackbone",
        reader="tabmixnn.inference.manifold_options:read_grids",
        options={"manifold_configs": None, "manifold_aggregation": None, "lambda_sparse": 0.0},
        example={"manifold_configs": [{"grid_shape": (2, 3)}, {"grid_shape": (6,)}]},
    ),
}
"""Backbones by the name that ``architecture`` has."""
