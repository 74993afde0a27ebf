"""The datasets of the benchmark: one entry of ``config/datasets.yaml`` each.

Adding a dataset is one entry. Its keys are described in
``workflow/schemas/datasets.schema.yaml``; every generic test picks the entry up by itself. A
derived target or an id that the source lacks needs one function in
:mod:`tabmixbench.recipes` besides.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tabmixbench import recipes, sources
from tabmixbench.schema import SchemaError, read_config
from tabmixbench.suggest import require

#: What pages say of a dataset, and what no fit depends on.
SAID = ("title", "domain", "suites", "paper", "note", "same_data_as")


class RegistryError(ValueError):
    """``config/datasets.yaml`` says something that cannot be meant."""


@dataclass(frozen=True)
class Imputation:
    """How the missing values of one feature are filled, and why that way."""

    rule: str
    reason: str


@dataclass(frozen=True)
class Dataset:
    """One dataset as the benchmark reads it.

    Attributes
    ----------
    name, title
        The key in the registry, and the name the paper prints.
    suites
        The collections that the dataset belongs to. The paper's are ``regression`` (Table 3 and
        the four that Table 2 counts besides) and ``classification`` (Table 4); the others are
        ``extra`` (neither), ``variants`` (see `variant_of`), ``beyond`` (not of the paper) and
        ``confirmation`` (written down before any model was fitted to them).
    task
        ``"regression"`` or ``"binary"``.
    target, groups, numeric, categorical
        Columns of the prepared data. `groups` holds the grouping factors, the main one first.
    formula
        The mixed model in R's notation.
    source, sha256, recipe
        Where the data come from, the checksum of what is shipped there, and the function of
        :mod:`tabmixbench.recipes` that turns the source into these columns.
    positive
        Level of the target that is coded 1; None where the recipe codes it.
    named_levels
        Grouping factors whose levels are words with a meaning, which relabelling would lose.
    dropped
        Column of the source -> why it is not a feature.
    missing_target
        Why rows without a target may be left out; None means there are none.
    impute
        Feature -> :class:`Imputation`.
    variant_of
        The main entry that this one is another reading of.
    same_data_as
        The entry further up whose subjects and measurements these are too, with another target or
        another choice of rows: together they are one dataset where datasets are counted.
    paper
        ``n``, ``p`` and ``G`` of the paper's Table 1; ``G`` is None where it prints a dash. Empty
        for datasets that Table 1 does not list.
    note
        What a reader of the results should know.
    """

    name: str
    title: str
    domain: str
    suites: tuple[str, ...]
    task: str
    target: str
    groups: tuple[str, ...]
    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    formula: str
    source: str
    sha256: str
    recipe: str = "as_is"
    positive: str | None = None
    named_levels: tuple[str, ...] = ()
    missing_target: str | None = None
    variant_of: str | None = None
    same_data_as: str | None = None
    note: str = ""
    dropped: dict[str, str] = field(default_factory=dict, hash=False)
    impute: dict[str, Imputation] = field(default_factory=dict, hash=False)
    paper: dict[str, int | None] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return self.name

    def entry(self) -> dict[str, Any]:
        """What decides the numbers of a fit, as plain data: its job reruns on a change."""
        entry = {key: value for key, value in asdict(self).items() if key not in SAID}
        return entry | {
            "dropped": sorted(self.dropped),
            "missing_target": self.missing_target is not None,
            "impute": {column: imputation.rule for column, imputation in self.impute.items()},
        }

    @property
    def features(self) -> tuple[str, ...]:
        """Numeric and categorical columns, without the grouping factors."""
        return self.numeric + self.categorical

    @property
    def rows_of(self) -> str:
        """The entry whose rows these are: a variant shares ids, order and splits with its main."""
        return self.variant_of or self.name

    @property
    def data_of(self) -> str:
        """The entry that stands for the data of this one where datasets are counted."""
        return self.same_data_as or self.name

    @property
    def is_simulated(self) -> bool:
        """Whether the rows are drawn by :mod:`tabmixbench.simulate`."""
        return self.source.startswith("simulated:")

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of the prepared data, the target first."""
        return (self.target, *self.groups, *self.features)


def load_registry(path: str | Path) -> dict[str, Dataset]:
    """Read and check the registry.

    Parameters
    ----------
    path
        ``config/datasets.yaml``.

    Returns
    -------
    dict
        Name -> :class:`Dataset`, in the order of the file.

    Raises
    ------
    RegistryError
        With one sentence that names the entry, the key and, for a misspelt word, the nearest
        valid one.
    """
    try:
        entries = read_config(path, "datasets")
    except SchemaError as error:
        raise RegistryError(str(error)) from None
    registry = {name: _dataset(name, entry) for name, entry in entries.items()}
    for dataset in registry.values():
        _check_meaning(dataset, registry)
    return registry


def _dataset(name: str, entry: dict[str, Any]) -> Dataset:
    values = dict(entry, name=name)
    for key in ("suites", "groups", "numeric", "categorical", "named_levels"):
        values[key] = tuple(values.get(key, ()))
    values["impute"] = {
        column: Imputation(**rule) for column, rule in values.get("impute", {}).items()
    }
    return Dataset(**values)


def _check_meaning(dataset: Dataset, registry: dict[str, Dataset]) -> None:
    """What a schema cannot say: roles do not overlap, and every name leads somewhere."""
    place = f"dataset {dataset.name!r}"
    roles = list(dataset.columns) + list(dataset.dropped)
    twice = sorted({column for column in roles if roles.count(column) > 1})
    if twice:
        raise RegistryError(f"{place}: column {twice[0]!r} has two roles; keep one of them.")
    for column, each in dataset.impute.items():
        require(column, dataset.features, "feature", RegistryError, f"{place}, impute")
        rule = "median" if column in dataset.numeric else "missing_level"
        if each.rule != rule:
            raise RegistryError(f"{place}, impute: the rule of {column!r} has to be {rule!r}.")
    for column in dataset.named_levels:
        require(column, dataset.groups, "grouping factor", RegistryError, f"{place}, named_levels")
    _check_formula(dataset, place)
    require(dataset.recipe, recipes.RECIPES, "recipe", RegistryError, place)
    kind = dataset.source.partition(":")[0]
    require(kind, sources.SOURCES, "kind of source", RegistryError, place)
    if dataset.variant_of is not None:
        require(dataset.variant_of, registry, "dataset", RegistryError, f"{place}, variant_of")
    _check_same_data(dataset, registry, place)


def _check_same_data(dataset: Dataset, registry: dict[str, Dataset], place: str) -> None:
    """The first entry of the same data stands for the others."""
    other = dataset.same_data_as
    if other is None:
        return
    require(other, registry, "dataset", RegistryError, f"{place}, same_data_as")
    names = list(registry)
    if registry[other].same_data_as or names.index(other) >= names.index(dataset.name):
        raise RegistryError(
            f"{place}, same_data_as: {other!r} is not the first entry of these data; name that one."
        )


def _check_formula(dataset: Dataset, place: str) -> None:
    from tabmixnn.formula import Formula, FormulaSyntaxError

    try:
        formula = Formula.parse(dataset.formula)
    except FormulaSyntaxError as error:
        raise RegistryError(f"{place}, formula: {error}") from None
    if formula.response != dataset.target:
        raise RegistryError(
            f"{place}: the formula predicts {formula.response!r} and the target is "
            f"{dataset.target!r}; make them agree."
        )
    for column in formula.predictors:
        require(column, dataset.columns, "column", RegistryError, f"{place}, formula")
