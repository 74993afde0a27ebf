"""The time that a fit may take: processor time, so that what else a machine does has no say."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tabmixbench.adapters.base import TimedOut

LIMIT = 600.0
"""Seconds of a fit, its inner validation included; the same for every model."""


@contextmanager
def time_limit(seconds: float, what: str) -> Iterator[None]:
    """Stop whatever runs inside once time is up, for code that can be stopped nowhere else.

    By the profiling alarm of the process, so only in its main thread.

    Parameters
    ----------
    seconds : float
        Of all threads of the process together.
    what : str
        What is being fitted, for the message.

    Raises
    ------
    TimedOut
    """

    def stop(number: int, frame: Any) -> None:
        raise too_late(what, seconds)

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def too_late(what: str, seconds: float) -> TimedOut:
    """Return the exception that says so."""
    return TimedOut(f"{what} did not finish within {seconds:g} s of processor time")


class Deadline:
    """Stop an optimiser from inside the function that it evaluates, or between two steps.

    Parameters
    ----------
    seconds : float
        Time from now on, of all threads of the process together.
    what : str
        What is being fitted, for the message.
    """

    def __init__(self, seconds: float, what: str) -> None:
        self._seconds = seconds
        self._what = what
        self._end = time.process_time() + seconds

    def guard(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return `function`, raising `TimedOut` instead of running once time is up."""

        def guarded(*args: Any, **kwargs: Any) -> Any:
            self.check()
            return function(*args, **kwargs)

        return guarded

    @property
    def passed(self) -> bool:
        """Whether time is up."""
        return time.process_time() > self._end

    def check(self) -> None:
        """Raise `TimedOut` once time is up."""
        if self.passed:
            raise too_late(self._what, self._seconds)
