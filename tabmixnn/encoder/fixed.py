"""Fixed effects: continuous columns and embedded categories (eqs. 3-5 of the paper)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tabmixnn.encoder.inputs import EncoderInputs


class FixedEffects(nn.Module):
    """Representation of the fixed effects, eqs. 3-5 of the paper.

    Eq. 3 maps the continuous columns to d dimensions, eq. 4 embeds every categorical column and
    eq. 5 puts them side by side. Eq. 17 then adds d-dimensional random effects, which only
    type-checks if the fixed part has d columns too; the paper does not say how. Here the
    concatenation is projected to d columns by one matrix without a bias. Without categorical
    columns eq. 3 already has d columns and nothing is projected.

    Parameters
    ----------
    n_cont : int
        Number of continuous columns p_cont.
    cat_sizes : tuple of int
        Number of levels of each of the p_cat categorical columns. Column j is embedded in
        ``min(dim, ceil((levels + 1) / 2))`` dimensions. A level unseen when fitting gets the
        zero vector.
    dim : int
        Width d of the result.
    """

    def __init__(self, n_cont: int, cat_sizes: tuple[int, ...], dim: int) -> None:
        super().__init__()
        self.dim = dim
        self.continuous = nn.Linear(n_cont, dim, bias=False) if n_cont else None
        self.embeddings = nn.ModuleList(
            nn.Embedding(levels + 1, min(dim, (levels + 2) // 2), padding_idx=0)
            for levels in cat_sizes
        )
        width = (dim if n_cont else 0) + sum(e.embedding_dim for e in self.embeddings)
        self.projection = nn.Linear(width, dim, bias=False) if cat_sizes else None

    def forward(self, inputs: EncoderInputs) -> Tensor:
        """Map n rows to their fixed-effects representation.

        Parameters
        ----------
        inputs : EncoderInputs
            ``cont`` of shape (n, p_cont) and ``cat`` of shape (n, p_cat).

        Returns
        -------
        Tensor, shape (n, d)
            Zeros if there are no fixed effects but the intercept, which lives in the layers
            that follow.
        """
        parts = [] if self.continuous is None else [self.continuous(inputs.cont)]
        parts += [embed(inputs.cat[:, j]) for j, embed in enumerate(self.embeddings)]
        if not parts:
            # By the offsets, which have a row each where there is no column to have them.
            return inputs.offset.new_zeros(inputs.offset.shape[0], self.dim)
        joined = torch.cat(parts, dim=1) if len(parts) > 1 else parts[0]
        return joined if self.projection is None else self.projection(joined)
