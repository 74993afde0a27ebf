"""How a claim is held against the results: one function a kind of question.

Adding a check is one function ``(evidence, claim, **settings) -> Finding`` under ``@check`` in the
file of its subject; ``config/claims.yaml`` calls it by its name. A check reads result files. Where
they lack what it needs it returns ``Finding(missing=<target to run>)``, never a guess.
"""

from tabmixbench.claims.checks import (
    ablation,
    comparisons,
    data,
    equations,
    evidence,
    interpretation,
    library,
    scores,
    timing,
)
from tabmixbench.claims.checks.registry import CHECKS

__all__ = [
    "CHECKS",
    "ablation",
    "comparisons",
    "data",
    "equations",
    "evidence",
    "interpretation",
    "library",
    "scores",
    "timing",
]
