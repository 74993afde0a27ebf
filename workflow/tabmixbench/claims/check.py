"""What no schema can say of ``config/claims.yaml``: every name in it leads somewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tabmixbench.adapters import ModelSpec
from tabmixbench.claims.checks.scores import UNITS
from tabmixbench.claims.claim import Claim, ClaimError
from tabmixbench.claims.load import rows_of
from tabmixbench.metrics import LARGER_IS_BETTER
from tabmixbench.models import all_suites
from tabmixbench.registry import Dataset
from tabmixbench.suggest import require

#: Errors of guessing in the target's own units.
IN_UNITS = tuple(f"{error}{UNITS}" for error in ("RMSE", "MAE"))


def check_names(
    claims: Iterable[Claim],
    paper: Mapping[str, Any],
    models: Mapping[str, ModelSpec],
    registry: Mapping[str, Dataset],
) -> None:
    """Check the suites, datasets, models, scores, tables and their rows that settings name.

    A name that leads nowhere would be a claim that is never run. What a claim says of the library
    (``names``) may well not be there.

    Raises
    ------
    ClaimError
        With one sentence that names the claim and the nearest valid name.
    """
    rows = {row for table in paper if table != "text" for row in rows_of(paper, table)}
    valid = {
        **dict.fromkeys(("row", "reference"), ("row of the paper's tables", rows)),
        "category": ("category of rows", {row.split("/")[0] for row in rows if "/" in row}),
        "best": ("row of a category", {row.split("/")[1] for row in rows if "/" in row}),
        **dict.fromkeys(("dataset", "datasets", "targets", "words"), ("dataset", registry)),
        **dict.fromkeys(("ours", "rival", "rivals", "models", "beside"), ("model", models)),
        "suite": ("suite", all_suites(registry, models)),
        "metric": ("score", LARGER_IS_BETTER),
        "guess": ("score", IN_UNITS),
        "printed_in": ("table of the paper", paper),
        "table": ("table of the paper", paper),
    }
    for claim in claims:
        for setting in filter(valid.__contains__, claim.settings):
            kind, names = valid[setting]
            for name in _named(claim.settings[setting]):
                place = f"claims.yaml, {claim.id}, with, {setting}"
                require(name, names, kind, ClaimError, place)


def _named(value: Any) -> Iterable[Any]:
    """A name, or those of a list, or the keys of a mapping."""
    return value if isinstance(value, list | Mapping) else [value]
