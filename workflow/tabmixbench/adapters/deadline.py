"""A time cap for optimisers that offer none."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tabmixbench.adapters.base import Unsuitable


class Deadline:
    """Stop an optimiser from inside the function that it evaluates.

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
        """Return `function`, raising `Unsuitable` instead of running once time is up."""

        def guarded(*args: Any, **kwargs: Any) -> Any:
            if time.monotonic() > self._end:
                raise Unsuitable(f"{self._what} did not finish within {self._seconds:g} s")
            return function(*args, **kwargs)

        return guarded
