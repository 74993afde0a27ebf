"""Ways to fit a model, found by name in `ENGINES` and imported when first used.

An engine is a class with ``from_options(options)``, which picks and checks the estimator options
it knows; ``fit(design, frame, y, family, seed)``; then ``predict(frame, re_form, kind)``,
``history`` and ``best_epoch``.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

ENGINES = {"variational": ("tabmixnn.inference.variational", "VariationalEngine")}


def get_engine(name: str) -> Any:
    """Return the class of an inference engine.

    Raises
    ------
    ValueError
        If there is no engine of this name.
    """
    if name not in ENGINES:
        valid = ", ".join(repr(known) for known in sorted(ENGINES))
        raise ValueError(f"There is no inference={name!r}; choose one of {valid}.")
    module, attribute = ENGINES[name]
    return getattr(import_module(module), attribute)


__all__ = ["ENGINES", "get_engine"]
