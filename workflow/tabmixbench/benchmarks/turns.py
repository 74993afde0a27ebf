"""Times of several things that take turns, so that their ratios hold on a busy machine."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping

import numpy as np

BATCH = 0.05
"""Seconds that a timing lasts at least; what takes less is repeated within it."""
Timer = Callable[[int], float]
"""Does something a number of times, and returns the processor seconds of each."""


def timer(fit: Callable[[], object]) -> Timer:
    """Return the timer of a call in this process."""

    def seconds(count: int) -> float:
        start = time.process_time()
        for _ in range(count):
            fit()
        return (time.process_time() - start) / count

    return seconds


def take_turns(timers: Mapping[str, Timer], repeats: int) -> dict[str, float]:
    """Return the median seconds of each, taken in turns after two to warm up.

    Parameters
    ----------
    timers : mapping of str to Timer
    repeats : int
        Turns of each.
    """
    seconds: dict[str, list[float]] = {name: [] for name in timers}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        counts = {name: _count(each) for name, each in timers.items()}
        for _ in range(repeats):
            for name, each in timers.items():
                seconds[name].append(each(counts[name]))
    return {name: float(np.median(values)) for name, values in seconds.items()}


def in_turns(fits: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Return `take_turns` of calls in this process."""
    return take_turns({name: timer(fit) for name, fit in fits.items()}, repeats)


def _count(each: Timer) -> int:
    shortest = min(each(1), each(1))
    return max(1, int(BATCH / max(shortest, BATCH / 1000)))
