"""The engine that an estimator's options name, with the options checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tabmixnn.estimators.unused_options import (
    check_likelihood_options,
    check_training_options,
    warn_unused,
)
from tabmixnn.inference import EngineEntry, get_entry


def engine_of(options: Mapping[str, Any], *, streamed: bool = False) -> Any:
    """Return a new engine.

    Parameters
    ----------
    options : mapping
        The estimator's; a warning names those that the engine does not look at.
    streamed : bool
        Whether the rows are read from a file in batches.

    Raises
    ------
    ValueError
        Naming an option that has a value it cannot have, whether this engine looks at it or not.
    """
    entry = get_entry(options["inference"])
    path = entry.streamed if streamed else entry.engine
    engine = EngineEntry.load(path).from_options(options)
    if entry.trains_on:
        check_likelihood_options(options)
    else:
        check_training_options(options)
        warn_unused(options)
    return engine
