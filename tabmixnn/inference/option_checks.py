"""`tabmixnn.option_checks` by the name that the options of the exact engine know."""

from __future__ import annotations

from tabmixnn.option_checks import flag, nodes

__all__ = ["flag", "nodes"]
