"""A time cap for optimisers that offer none."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tabmixbench.adapters.base import TimedOut


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
