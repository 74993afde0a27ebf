"""Where networks are trained."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from tabmixnn.training.task import Task

ACCELERATORS: dict[str, Callable[[], bool]] = {
    "cuda": torch.cuda.is_available,
    "mps": torch.backends.mps.is_available,
}
"""What torch trains on besides the CPU, and whether this machine has it."""
DEVICES = ("auto", "cpu", *ACCELERATORS)
LARGE_STEP = 2**24
"""Multiplications below which an accelerator would wait for the next step, not compute."""


def find_device(name: str, tasks: Sequence[Task]) -> torch.device:
    """Return where to train networks as one.

    Parameters
    ----------
    name : str
        One of `DEVICES`; ``"auto"`` is an accelerator where there is one and a step is large
        enough to keep it busy, and the CPU elsewhere.
    tasks : sequence of Task

    Raises
    ------
    ValueError
        If this machine, or torch on it, does not have the device, or it cannot train these.
    """
    double = any(p.dtype == torch.float64 for task in tasks for p in task.network.parameters())
    if name == "auto":
        large = sum(task.work for task in tasks) >= LARGE_STEP
        found = [each for each, has in ACCELERATORS.items() if large and has()]
        return torch.device(next((f for f in found if not (f == "mps" and double)), "cpu"))
    if name in ACCELERATORS and not ACCELERATORS[name]():
        raise ValueError(
            f"device={name!r} is not there: torch finds no such device on this machine; use "
            "device='auto' or device='cpu'."
        )
    if name == "mps" and double:
        raise ValueError(
            "device='mps' has no double precision, which learned priors of the random effects are "
            "computed in; use device='cpu' for this model."
        )
    return torch.device(name)
