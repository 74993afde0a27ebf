"""The paper's claims: every printed number and testable sentence, held against the results.

``config/claims.yaml`` says what is claimed and which check looks at it, ``checks/`` what the
results say, ``verdict.py`` when that counts as reproduced.
"""

from tabmixbench.claims.claim import Claim, ClaimError, Finding
from tabmixbench.claims.evidence import Evidence
from tabmixbench.claims.judge import judge
from tabmixbench.claims.load import load_claims
from tabmixbench.claims.page import claims_table
from tabmixbench.claims.verdict import RULE, VERDICTS, verdict

__all__ = [
    "RULE",
    "VERDICTS",
    "Claim",
    "ClaimError",
    "Evidence",
    "Finding",
    "claims_table",
    "judge",
    "load_claims",
    "verdict",
]
