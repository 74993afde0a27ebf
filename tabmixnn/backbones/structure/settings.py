"""What a user can choose about the structure among a layer's latent variables."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StructureSettings:
    """Options of eqs. 19-23.

    Parameters
    ----------
    static, dynamic : bool
        Which parts there are; both together are the hybrid structure.
    order : str
        A key of ``ORDERS``: B_s triangular in the given order, or free with a penalty on cycles.
    acyclicity : str
        A key of ``ACYCLICITY``, for the learned order.
    n_heads : int
        Heads of the dynamic part.
    attention_dim : int
        Length of a variable's token in the dynamic part; a multiple of `n_heads`.
    hybrid_steps : int
        Solves of eq. 22, whose B_d depends on its own solution.
    """

    static: bool = False
    dynamic: bool = False
    order: str = "fixed"
    acyclicity: str = "trace_exp"
    n_heads: int = 4
    attention_dim: int = 16
    hybrid_steps: int = 2
