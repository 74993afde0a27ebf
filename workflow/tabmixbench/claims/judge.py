"""Hold every claim against the results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from tabmixbench.claims.checks import CHECKS
from tabmixbench.claims.claim import Claim, Finding
from tabmixbench.claims.evidence import Evidence
from tabmixbench.claims.verdict import (
    CONTRADICTS,
    GIVEN,
    NOT_REPRODUCED,
    NOT_RUN,
    UNTESTABLE,
    undecided,
    verdict,
)
from tabmixbench.contradictions import contradictions


def judge(claims: Sequence[Claim], evidence: Evidence) -> pd.DataFrame:
    """One row a claim: the paper's value, ours, the spread, the verdict and what it rests on."""
    found = contradictions(evidence.results.paper)
    sentences = {path: c.sentence for c in found for path in c.about}
    return pd.DataFrame(_row(claim, evidence, sentences) for claim in claims)


def _row(claim: Claim, evidence: Evidence, contradicted: Mapping[str, str]) -> dict:
    finding = CHECKS[claim.check](evidence, claim, **claim.settings)
    if _is_of_a_suite(claim) and not evidence.results.is_whole(claim.settings["suite"]):
        finding = Finding(missing="results/metrics.csv")
    said = verdict(claim, finding, contradicted)
    return {
        "id": claim.id,
        "section": claim.section,
        "claim": claim.text,
        "kind": claim.kind,
        "check": claim.check,
        "paper": paper_text(claim),
        "ours": finding.value,
        "spread": finding.spread,
        "verdict": said,
        "note": _note(claim, finding, said, contradicted),
    }


def _is_of_a_suite(claim: Claim) -> bool:
    """Whether a claim is of all datasets of a suite: a run of some of them cannot tell."""
    return "suite" in claim.settings and "dataset" not in claim.settings


def _note(claim: Claim, finding: Finding, said: str, contradicted: Mapping[str, str]) -> str:
    """What the verdict rests on, in one line."""
    if said == NOT_RUN:
        return f"run `snakemake {finding.missing}`"
    parts = [finding.note]
    if said == CONTRADICTS:
        parts = [contradicted[claim.source], finding.note and f"Ours: {finding.note.rstrip('.')}."]
        return " ".join(filter(None, parts))
    if said == UNTESTABLE:
        given = f"{GIVEN}: {finding.given}" if finding.given else ""
        parts.insert(0, undecided(claim, finding) or given)
    if said == NOT_REPRODUCED and finding.better:
        parts.insert(0, "ours is better")
    return "; ".join(filter(None, parts))


def paper_text(claim: Claim) -> str:
    """The paper's value as it prints it."""
    if claim.printed is None:
        return ""
    if isinstance(claim.printed, tuple):
        low, high = claim.printed
        if low is None:
            return f"< {high:g}"
        return f"> {low:g}" if high is None else f"{low:g} to {high:g}"
    digits = claim.digits if claim.digits is not None else 0
    sign = "+" if claim.kind == "difference" else ""
    return f"{claim.printed:{sign},.{digits}f}"
