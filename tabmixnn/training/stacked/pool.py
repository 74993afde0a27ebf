"""The parameters of all replicas in one vector."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class Slot:
    """The place of one parameter, of every replica, in a `ParameterPool`.

    Attributes
    ----------
    value, grad : Tensor
        Views of the pool's vectors, once it is sealed.
    """

    value: Tensor
    grad: Tensor

    def __init__(self, sources: Sequence[Tensor], shape: tuple[int, ...]) -> None:
        self.sources = list(sources)
        self.shape = shape

    def bind(self, values: Tensor, grads: Tensor) -> None:
        """Look at a part of the pool's vectors from now on, and start from the sources."""
        self.value, self.grad = values.view(self.shape), grads.view(self.shape)
        values.copy_(torch.cat([source.detach().flatten() for source in self.sources]))

    def write(self, values: Tensor) -> None:
        """Copy a part of a vector like the pool's into the sources."""
        parts = values.split([source.numel() for source in self.sources])
        for source, part in zip(self.sources, parts, strict=True):
            source.copy_(part.view_as(source))


class ParameterPool:
    """One vector of all parameters of R replicas, and one of their gradients.

    A step of the optimiser is then a handful of operations, whatever the number of layers and
    replicas.

    Parameters
    ----------
    device : torch.device

    Attributes
    ----------
    values, grads : Tensor, shape (P,)
    owner : Tensor, shape (P,), int64
        Replica of each element.
    """

    values: Tensor
    grads: Tensor
    owner: Tensor

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.slots: list[Slot] = []

    def claim(self, sources: Sequence[Tensor], *shape: int) -> Slot:
        """Reserve a place for one parameter.

        Parameters
        ----------
        sources : sequence of Tensor
            The parameter of each replica. Sizes may differ between replicas.
        *shape : int
            Shape of the slot, the sources one after the other.
        """
        self.slots.append(Slot(sources, shape))
        return self.slots[-1]

    def seal(self) -> None:
        """Lay out the vectors and bind the slots."""
        sizes = self._sizes()
        self.values = torch.zeros(sum(sizes), device=self.device)
        self.grads = torch.zeros_like(self.values)
        parts = zip(self.slots, self.values.split(sizes), self.grads.split(sizes), strict=True)
        for slot, values, grads in parts:
            slot.bind(values, grads)
        lengths = [source.numel() for slot in self.slots for source in slot.sources]
        owners = [r for slot in self.slots for r in range(len(slot.sources))]
        self.owner = torch.tensor(owners, device=self.device).repeat_interleave(
            torch.tensor(lengths, device=self.device)
        )

    def write(self, values: Tensor) -> None:
        """Copy a vector like `values`, shape (P,), into the replicas' own parameters."""
        for slot, part in zip(self.slots, values.split(self._sizes()), strict=True):
            slot.write(part)

    def _sizes(self) -> list[int]:
        return [sum(source.numel() for source in slot.sources) for slot in self.slots]
