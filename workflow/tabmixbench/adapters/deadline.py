"""A time cap for optimisers that offer none."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tabmixbench.adapters.base import TimedOut


@contextmanager
def time_limit(seconds: float, what: str) -> Iterator[None]:
    """Stop whatever runs inside once time is up, for code that can be stopped nowhere else.

    By the alarm of the process, so only in its main thread.

    Parameters
    ----------
    seconds : float
    what : str
        What is being fitted, for the message.

    Raises
    ------
    TimedOut
    """

    def stop(number: int, frame: Any) -> None:
        raise TimedOut(f"{what} did not finish within {seconds:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Deadline:
    """Stop an optimiser from inside the function that it evaluates, or between two steps.

    Parameters
    ----------
    seconds : float
        Time from now on.
    what : str
        What is being fitted, for the message.
    """

    def __init__(self, seconds: float, what: str) -> None:
        self._seconds = seconds
        self._what = what
        self._end = time.monotonic() + seconds

    def guard(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return `function`, raising `TimedOut` instead of running once time is up."""

        def guarded(*args: Any, **kwargs: Any) -> Any:
            self.check()
            return function(*args, **kwargs)

        return guarded

    @property
    def passed(self) -> bool:
        """Whether time is up."""
        return time.monotonic() > self._end

    def check(self) -> None:
        """Raise `TimedOut` once time is up."""
        if self.passed:
            raise TimedOut(f"{self._what} did not finish within {self._seconds:g} s")
