"""Output heads (section 3.3 of the paper): one outcome, several, and edges between them."""

from tabmixnn.heads.output import KINDS, OutputHead

__all__ = ["KINDS", "OutputHead"]
