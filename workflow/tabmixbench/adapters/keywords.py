"""Keywords of a booster that does not refuse what it does not know."""

from __future__ import annotations

from collections.abc import Iterable

from tabmixbench.suggest import unknown


def check_keywords(given: Iterable[str], known: Iterable[str], package: str) -> None:
    """Refuse a misspelt keyword: the booster would leave it at its default and say nothing.

    Parameters
    ----------
    given
        Keywords of the configuration.
    known
        Those of the booster, aliases included.
    package
        Whose they are, for the message.

    Raises
    ------
    ValueError
        Naming the first that is not known, with the nearest one that is.
    """
    known = set(known)
    for name in given:
        if name not in known:
            raise ValueError(unknown(f"setting of {package}", name, known))
