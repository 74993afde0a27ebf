"""What a model cannot say."""

from __future__ import annotations


class NotExactError(AttributeError):
    """A quantity of the exact likelihood is asked of a model that was not fitted by it."""
