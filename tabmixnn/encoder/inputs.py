"""What the encoder is told (sizes) and what it is fed (tensors)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from tabmixnn.encoder.covariance.placed import Placed


@dataclass(frozen=True)
class BlockSpec:
    """Sizes of one random-effects term.

    Parameters
    ----------
    group : str
        Name of the grouping factor, e.g. ``"Subject"``.
    names : tuple of str
        Names of the q slope columns, e.g. ``("(Intercept)", "Days")``.
    n_levels : int
        Number G of levels seen when fitting.
    correlated : bool
        Whether the effects of a level may covary a priori.
    over_levels, over_effects : Placed, optional
        Structures of the prior (``cov_struct_map``).
    heterogeneous : bool
        Whether each effect under `over_effects` has its own variance.
    """

    group: str
    names: tuple[str, ...]
    n_levels: int
    correlated: bool = True
    over_levels: Placed | None = None
    over_effects: Placed | None = None
    heterogeneous: bool = False

    @classmethod
    def of(cls, block: Any) -> BlockSpec:
        """Read the sizes off a `RandomBlock` or a `StructuredBlock`."""
        return cls(
            block.group,
            tuple(block.names),
            len(block.levels),
            getattr(block, "correlated", True),
            getattr(block, "over_levels", None),
            getattr(block, "over_effects", None),
            getattr(block, "heterogeneous", False),
        )


@dataclass(frozen=True)
class EncoderSpec:
    """Sizes that fix the shapes of an encoder's parameters.

    Parameters
    ----------
    n_cont : int
        Number of continuous columns.
    cat_sizes : tuple of int
        Number of levels of each categorical column.
    blocks : tuple of BlockSpec
        One entry a random-effects term.
    """

    n_cont: int
    cat_sizes: tuple[int, ...]
    blocks: tuple[BlockSpec, ...]

    @classmethod
    def from_frame(cls, design: Any, frame: Any) -> EncoderSpec:
        """Read the sizes off a fitted design and one of its frames."""
        return cls(
            n_cont=frame.cont.shape[1],
            cat_sizes=tuple(len(levels) for levels in design.cat_levels),
            blocks=tuple(BlockSpec.of(block) for block in frame.blocks),
        )

    def with_blocks(self, blocks: Sequence[Any]) -> EncoderSpec:
        """Return the sizes with other terms, such as `StructuredBlock` ones."""
        return replace(self, blocks=tuple(BlockSpec.of(block) for block in blocks))


@dataclass(frozen=True)
class GroupRows:
    """The rows of one random-effects term.

    Parameters
    ----------
    codes : Tensor, shape (n,), int64
        Level of each row; ``n_levels`` stands for a level unseen when fitting.
    z : Tensor, shape (n, q)
        Slope values of each row (ones for the intercept).
    """

    codes: Tensor
    z: Tensor


@dataclass(frozen=True)
class EncoderInputs:
    """The tensors of n rows.

    Parameters
    ----------
    cont : Tensor, shape (n, p_cont)
        Standardised continuous columns.
    cat : Tensor, shape (n, p_cat), int64
        Level codes shifted by one: 0 stands for a level unseen when fitting.
    groups : tuple of GroupRows
        One entry a random-effects term.
    offset : Tensor, shape (n,)
        Known part of the linear predictor.
    """

    cont: Tensor
    cat: Tensor
    groups: tuple[GroupRows, ...]
    offset: Tensor

    def __len__(self) -> int:
        return self.cont.shape[0]

    def to(self, device: torch.device) -> EncoderInputs:
        """Return the inputs on a device."""
        return EncoderInputs(
            cont=self.cont.to(device),
            cat=self.cat.to(device),
            groups=tuple(
                GroupRows(each.codes.to(device), each.z.to(device)) for each in self.groups
            ),
            offset=self.offset.to(device),
        )

    def double(self) -> EncoderInputs:
        """Return the inputs in float64."""
        groups = tuple(GroupRows(each.codes, each.z.double()) for each in self.groups)
        return EncoderInputs(self.cont.double(), self.cat, groups, self.offset.double())

    def take(self, rows: Tensor | slice) -> EncoderInputs:
        """Return the inputs of some rows; `rows` is an int64 tensor or a slice."""
        return EncoderInputs(
            cont=self.cont[rows],
            cat=self.cat[rows],
            groups=tuple(GroupRows(group.codes[rows], group.z[rows]) for group in self.groups),
            offset=self.offset[rows],
        )

    @classmethod
    def together(cls, parts: Sequence[EncoderInputs]) -> EncoderInputs:
        """Return the rows of all parts, one after the other."""
        terms = zip(*(part.groups for part in parts), strict=True)
        return cls(
            cont=torch.cat([part.cont for part in parts]),
            cat=torch.cat([part.cat for part in parts]),
            groups=tuple(
                GroupRows(torch.cat([t.codes for t in term]), torch.cat([t.z for t in term]))
                for term in terms
            ),
            offset=torch.cat([part.offset for part in parts]),
        )
