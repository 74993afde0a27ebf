"""What no schema can say of ``config/ablations.yaml``: every name in it leads somewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tabmixbench.ablations.spec import AblationError, Study
from tabmixbench.adapters.keywords import TABMIXNN, TABMIXNN_GENERAL
from tabmixbench.metrics import LARGER_IS_BETTER
from tabmixbench.registry import Dataset
from tabmixbench.suggest import require

#: Scores that a column may show.
SCORES = (*LARGER_IS_BETTER, "coverage90", "RMSE_units")
#: Keywords of the estimator that each runner makes.
KEYWORDS = {"one_outcome": TABMIXNN, "two_tasks": TABMIXNN_GENERAL}


def check_names(study: Study, registry: Mapping[str, Dataset]) -> None:
    """Check the dataset, the columns of formulas, the scores and keywords of the estimator.

    Raises
    ------
    AblationError
        With one sentence that names the study and the nearest valid name.
    """
    _check(study.name, "dataset", [study.dataset], registry)
    _check(study.name, "score", (column.score for column in study.columns), SCORES)
    for each in study.configurations:
        place = f"{study.name}, {each.name}"
        _check(f"{place}, keep", "keyword", each.keep, {**study.base, **each.estimator})
        for training in study.trainings:
            settings = study.settings(each, training)
            _check(place, "keyword of the estimator", settings, KEYWORDS[study.runner])
        if each.formula is not None:
            columns = registry[study.dataset].columns
            _check(f"{place}, formula", "column", _columns(each.formula, place), columns)


def _columns(formula: str, place: str) -> Iterable[str]:
    from tabmixnn.formula import Formula, FormulaSyntaxError

    try:
        return Formula.parse(formula).predictors
    except FormulaSyntaxError as error:
        raise AblationError(f"ablations.yaml, {place}, formula: {error}") from None


def _check(place: str, kind: str, names: Iterable[str], valid: Iterable[str]) -> None:
    for name in names:
        require(name, valid, kind, AblationError, f"ablations.yaml, {place}")
