"""The backbone's learned order (eqs. 19-20) on observed columns instead of hidden variables."""

from __future__ import annotations

import numpy as np

EPOCHS = 2000
LR = 0.01
PENALTY = 0.1
THRESHOLD = 0.3


def backbone_order(columns: np.ndarray) -> np.ndarray:
    """Fit ``eta = B eta + xi`` to the columns as a layer with ``structure_order="learned"`` does.

    The module, the schedule of its acyclicity penalty and the optimiser are those that training
    uses: the order is learned in the first half of the epochs and kept in the second. Loss, L1
    weight and threshold are NOTEARS's.

    Parameters
    ----------
    columns : ndarray, shape (n, d)

    Returns
    -------
    ndarray, shape (d, d)
        ``[i, j]``: effect of j on i.
    """
    import torch

    from tabmixnn.backbones.structure import LearnedOrder
    from tabmixnn.penalty_weights import AcyclicityWeight

    centred = torch.as_tensor(columns - columns.mean(axis=0))
    covariance = centred.mT @ centred / len(centred)
    effects = LearnedOrder(columns.shape[1]).double()
    weight = AcyclicityWeight(0.0)
    optimizer = torch.optim.Adam(effects.parameters(), lr=LR)
    for epoch in range(1, EPOCHS + 1):
        matrix = effects.matrix()
        residual = torch.eye(len(matrix), dtype=matrix.dtype) - matrix
        cycles = effects.cycles()
        loss = 0.5 * ((residual @ covariance) * residual).sum() + PENALTY * matrix.abs().sum()
        optimizer.zero_grad()
        (loss + weight.weigh(cycles)).backward()
        optimizer.step()
        weight.end_epoch(cycles.item())
        if epoch == EPOCHS // 2:
            effects.fix_order()
    found = effects.matrix().detach().numpy().copy()
    found[np.abs(found) < THRESHOLD] = 0.0
    return found
