"""The exact engine: (generalised) linear mixed models without a network, as lme4 fits them.

Nothing here imports torch. `engine` joins formulas to the likelihoods of
`tabmixnn.inference.marginal`; `linear` and `generalised` are the same models without random
effects; `families` says what a family means to the exact likelihood.
"""

from tabmixnn.inference.exact.engine import MarginalEngine
from tabmixnn.inference.exact.families import EXACT_FAMILIES, ExactFamily, get_exact_family

__all__ = ["EXACT_FAMILIES", "ExactFamily", "MarginalEngine", "get_exact_family"]
