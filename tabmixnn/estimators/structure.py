"""What an estimator tells about the structure it learned (sections 3.2.1 and 4.3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

if TYPE_CHECKING:
    import torch

ATTRIBUTES: dict[str, str] = {"static": "effects", "dynamic": "attention"}
"""What a layer's structure has where it has such a part."""

ADVICE: dict[tuple[str, str], str] = {
    ("gsem", "static"): "use_static_structure=True",
    ("gsem", "dynamic"): "use_dynamic_structure=True",
    ("manifold", "static"): "'use_sem': True in its entry of manifold_configs",
}
"""How to get one, by architecture and part."""


class StructureMixin:
    """Access to B_s and B_d of the hidden layers."""

    def get_structure_matrix(self, layer: int = 1, *, threshold: float = 0.0) -> pd.DataFrame:
        """Return the static structure B_s of a hidden layer (eq. 19).

        Parameters
        ----------
        layer : int
            Counted from 1, as in eq. 18.
        threshold : float
            Effects of at most this size are given as 0.

        Returns
        -------
        DataFrame, shape (d, d)
            Effect of the column's variable on the row's. The variables are the layer's latent
            ones, ``eta1`` to ``etad``; of a manifold's block, the points of its grid in row-major
            order (eq. 29). A layer can compute the same with any B_s (see
            `tabmixnn.backbones.structure.StaticStructure`): to learn a graph among observed
            columns use `tabmixnn.structure.learn_dag`.

        Raises
        ------
        ValueError
            If the model has no static structure, or no such layer.
        """
        structure = self._structure(layer, "static")
        matrix = structure.effects.matrix().detach().numpy().copy()
        matrix[np.abs(matrix) <= threshold] = 0.0
        names = [f"eta{i}" for i in range(1, len(matrix) + 1)]
        return pd.DataFrame(
            matrix,
            index=pd.Index(names, name="effect"),
            columns=pd.Index(names, name="cause"),
        )

    def edge_density(self, layer: int = 1, *, threshold: float = 0.01) -> float:
        """Return the share of the d (d - 1) / 2 edges a graph without cycles can have.

        Parameters
        ----------
        layer : int
            Counted from 1.
        threshold : float
            An edge is an effect of more than this size.

        Returns
        -------
        float
            0 for a layer of one variable. More than 1 if the graph has cycles everywhere.
        """
        matrix = self.get_structure_matrix(layer, threshold=threshold).to_numpy()
        possible = len(matrix) * (len(matrix) - 1) / 2
        return float(np.count_nonzero(matrix) / possible) if possible else 0.0

    def get_attention_weights(self, X: Any, layer: int = 1) -> np.ndarray:
        """Return the attention among a hidden layer's variables for each row (eq. 21).

        Parameters
        ----------
        X : DataFrame or array, shape (n, p)
            Rows as for `predict`; their groups' effects are taken at the posterior means.
        layer : int
            Counted from 1.

        Returns
        -------
        ndarray, shape (n, n_heads, d, d)
            ``[i, h, j, k]`` is how much variable j attends to variable k in row i and head h;
            sums over k are 1.

        Raises
        ------
        ValueError
            If the model has no dynamic structure, or no such layer.
        """
        self._structure(layer, "dynamic")
        return self.engine_.attention(self._frame(X), layer - 1)

    def _structure(self, layer: int, part: str) -> torch.nn.Module:
        check_is_fitted(self)
        advice = ADVICE.get((self.architecture, part))
        layers = self.engine_.network.backbone.layers if self.inference_ == "variational" else []
        parts = [getattr(each.structure, ATTRIBUTES[part], None) for each in layers]
        hint = f"; fit it with {advice}" if advice else ""
        if not any(found is not None for found in parts):
            raise ValueError(f"The model was fitted without a {part} structure{hint}.")
        if not 1 <= layer <= len(layers):
            raise ValueError(
                f"There is no hidden layer {layer!r}; layers are counted from 1 to {len(layers)}."
            )
        if parts[layer - 1] is None:
            raise ValueError(f"Block {layer} was fitted without a {part} structure{hint}.")
        return layers[layer - 1].structure
