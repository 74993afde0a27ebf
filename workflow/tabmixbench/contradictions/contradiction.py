"""One pair of printed numbers that cannot both hold."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Contradiction:
    """What the paper prints twice and differently.

    Attributes
    ----------
    sentence : str
        Both numbers and where they stand.
    about : tuple of str
        Paths in ``config/paper.yaml`` of the statements that a table of the paper contradicts,
        such as ``text/regression_improvement/Oxboys``; empty where neither side is one.
    """

    sentence: str
    about: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.sentence
