"""A fit that fails leaves the models as they were."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def unchanged_on_error(*models: Any) -> Iterator[None]:
    """Give models their attributes back if what runs inside raises.

    Reading the rows already replaces the design, the classes and the family, with which a fitted
    engine would predict something else.
    """
    before = [dict(vars(model)) for model in models]
    try:
        yield
    except BaseException:
        for model, attributes in zip(models, before, strict=True):
            vars(model).clear()
            vars(model).update(attributes)
        raise
