"""Ask one check of a made-up run whose answers are known."""

from tabmixbench.claims.checks import CHECKS
from tabmixbench.claims.claim import Claim


def look(evidence, check, printed=None, kind="statement", **settings):
    claim = Claim("x", "5", "x", kind, check, settings, printed)
    return CHECKS[check](evidence, claim, **settings)
