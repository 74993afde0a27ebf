"""Adam, on one vector and on those rows of a table that a batch touched."""

from __future__ import annotations

import math

import torch
from torch import Tensor

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
MEMORY = 256
"""Steps after which a first moment is forgotten: (0.9 / sqrt(0.999))^256 is 2e-12."""


class AdamClock:
    """Count steps; know how far a parameter without a gradient has drifted in the meantime.

    A parameter whose gradient is zero still moves under Adam, by its first moment, which fades. A
    table of which every batch touches a few rows would have to be updated as a whole in every
    step for that. The drift of an idle row is known beforehand, however: with moments m and v
    after its last step s, step j moves it by

        size_j (beta1 / sqrt(beta2))^(j - s) m / sqrt(v),
        size_j = lr sqrt(1 - beta2^j) / (1 - beta1^j),

    so a row can catch up when it is next touched, by one number for all that it missed. (Adam's
    epsilon, 1e-8 beside sqrt(v), is treated as if it faded with v.)

    Parameters
    ----------
    steps : int
        Largest number of steps.
    device : torch.device

    Attributes
    ----------
    now : int
        Steps begun.
    lr, size : float
        Learning rate and ``size_j`` of the current one.
    drifts : bool
        Whether anything can drift.
    drift : Tensor, shape (steps + 1,)
        ``[s]``: how many ``m / sqrt(v)`` a row has drifted since step s.
    fade : Tensor, shape (steps + 1, 2)
        ``beta1^k`` and ``beta2^k``.
    """

    def __init__(self, steps: int, device: torch.device) -> None:
        self.now, self.lr, self.size, self.drifts = 0, 0.0, 0.0, False
        self.drift = torch.zeros(steps + 1, device=device)
        k = torch.arange(steps + 1, dtype=torch.float64)
        self.fade = torch.stack([BETA1**k, BETA2**k], 1).float().to(device)
        ratio = BETA1 / math.sqrt(BETA2)
        self._ratios = (ratio ** torch.arange(MEMORY, 0, -1)).float().to(device)

    def begin(self, lr: float) -> None:
        """Begin a step."""
        self.now, self.lr = self.now + 1, lr
        self.size = lr * math.sqrt(1 - BETA2**self.now) / (1 - BETA1**self.now)

    def end(self) -> None:
        """End a step: all rows that had no part in it drift, if there are tables of rows."""
        if not self.drifts:
            return
        recent = self.drift[max(0, self.now - MEMORY) : self.now]
        recent.add_(self._ratios[MEMORY - len(recent) :], alpha=self.size)


class VectorAdam:
    """Adam on one vector.

    Parameters
    ----------
    clock : AdamClock
    values : Tensor, shape (P,)
        Changed in place.
    """

    def __init__(self, clock: AdamClock, values: Tensor) -> None:
        self.clock, self.values = clock, values
        self.mean, self.square = torch.zeros_like(values), torch.zeros_like(values)
        self._now = torch.zeros((), device=values.device)

    def step(self, grads: Tensor) -> None:
        """Take a step, given the gradient, shape (P,)."""
        # What torch.optim.Adam calls, whose own step takes several times as long to get there.
        torch._fused_adam_(
            [self.values],
            [grads],
            [self.mean],
            [self.square],
            [],
            [self._now.fill_(self.clock.now)],
            lr=self.clock.lr,
            beta1=BETA1,
            beta2=BETA2,
            weight_decay=0.0,
            eps=EPSILON,
            amsgrad=False,
            maximize=False,
        )


class RowAdam:
    """Adam on a table, at the cost of the rows touched.

    Parameters
    ----------
    clock : AdamClock
    values : Tensor, shape (G, w)

    Attributes
    ----------
    state : Tensor, shape (G, 3, w)
        Values and moments of each row after its last step.
    """

    def __init__(self, clock: AdamClock, values: Tensor) -> None:
        self.clock = clock
        clock.drifts = True
        self.state = torch.zeros(len(values), 3, values.shape[1], device=values.device)
        self.state[:, 0] = values
        self._last = torch.zeros(len(values), dtype=torch.int64, device=values.device)

    def take(self, rows: Tensor) -> Tensor:
        """Return the states that some rows, shape (k,), had after their last step: (k, 3, w)."""
        return self.state.index_select(0, rows)

    def catch_up(self, state: Tensor, rows: Tensor) -> None:
        """Bring the states of some rows, from `take`, to the present, between two steps."""
        self._catch_up(state, self._last.index_select(0, rows))

    def step(self, rows: Tensor, state: Tensor, grads: Tensor) -> None:
        """Take a step of the clock on some rows.

        Parameters
        ----------
        rows : Tensor, shape (k,)
            Distinct.
        state : Tensor, shape (k, 3, w)
            Caught up; changed in place.
        grads : Tensor, shape (k, w)
        """
        values, mean, square = state.unbind(1)
        mean.lerp_(grads, 1 - BETA1)
        square.mul_(BETA2).addcmul_(grads, grads, value=1 - BETA2)
        clock = self.clock
        scale = square.sqrt().add_(EPSILON * math.sqrt(1 - BETA2**clock.now))
        values.addcdiv_(mean, scale, value=-clock.size)
        self.state.index_copy_(0, rows, state)
        self._last.index_fill_(0, rows, self.clock.now)

    def settle(self) -> Tensor:
        """Let every row catch up between two steps, and return the values, shape (G, w)."""
        self._catch_up(self.state, self._last)
        self._last.fill_(self.clock.now)
        return self.state[:, 0]

    def _catch_up(self, state: Tensor, last: Tensor) -> None:
        values, mean, square = state.unbind(1)
        clock = self.clock
        drift = mean * clock.drift.index_select(0, last)[:, None]
        values.addcdiv_(drift, square.sqrt().add_(EPSILON), value=-1)
        state[:, 1:] *= clock.fade.index_select(0, clock.now - last)[:, :, None]
