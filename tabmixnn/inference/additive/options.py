"""What ``inference="auto"`` can be told."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tabmixnn.inference.exact.options import MarginalOptions
from tabmixnn.option_checks import layer_widths


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _silent(line: str) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class AutoOptions:
    """Options of the ladder.

    Parameters
    ----------
    exact : MarginalOptions
        Of the formula's own model.
    chooses_nagq : bool
        Whether its quadrature is for the engine to choose.
    hidden_dims : tuple of int
        Widths of the networks' hidden layers; none for no networks.
    report : callable
        Takes a line of progress.
    """

    exact: MarginalOptions
    chooses_nagq: bool
    hidden_dims: tuple[int, ...]
    report: Callable[[str], None]

    @classmethod
    def from_mapping(cls, options: Mapping[str, Any]) -> AutoOptions:
        """Pick and check the options that the ladder knows.

        Raises
        ------
        ValueError
            Naming the option, what it must be and what it was.
        """
        exact = MarginalOptions.from_mapping({**options, "hidden_dims": []})
        if not exact.reml:
            raise ValueError(
                "reml=False needs the formula's mixed model alone, inference='marginal' with "
                "hidden_dims=[]: models that grow beyond it are fitted by restricted likelihood."
            )
        hidden = layer_widths(options["hidden_dims"])
        report = _say if options["verbose"] else _silent
        return cls(exact, options["nagq"] is None, hidden, report)
