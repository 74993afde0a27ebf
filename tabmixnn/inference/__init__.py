"""Ways to fit a model, found by name in `ENGINES` and imported when first used.

An engine is a class with ``from_options(options)``, which picks and checks the estimator options
it knows; ``fit(design, frame, y, family, seed)``, with ``weights`` if it takes them; then
``predict(frame, re_form, kind)``, ``history``, ``settled``, the options that the fit came to, and
``keeps_rows``, whether it has the training rows at hand and so their ``calibration``; and
``state()`` with ``from_state(state, options, design, family)``, by which models are
saved (see `tabmixnn.persistence`), and ``predictive(frame, re_form, method, kind)``, again with
``weights`` if it takes them, which says how sure predictions are (see `tabmixnn.predictive`). A
mixed model whose formula has estimates of its own also has ``estimates`` (as `MixedFit` has them),
``linear_parts(frame)``, ``fitted`` and what `tabmixnn.interpret.residuals` asks for; an engine
whose predictions torch can run alone has ``program(re_form, kind)``. What a fitted engine has found
is told by its entry's description (see `tabmixnn.interpret.descriptions`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class EngineEntry:
    """Where an engine is, and what an estimator has to know before it fits.

    Parameters
    ----------
    engine, get_family : str
        ``"module:name"`` of the engine's class, and of the function that gives the engine's
        family object from a name.
    description : str or None
        ``"module:name"`` of the `Description` that tells of the fitted engine; None if there is a
        model for each class to be asked.
    re_forms : tuple of str
        What its predictions can do with random effects.
    takes_weights, takes_links : bool
        Whether rows can have weights; whether a family can have another link than its first.
    takes_classes : bool
        Whether an outcome can have more than two classes.
    kinds : tuple of str
        What it predicts.
    unseen_levels : str
        Policy of the design for levels of fixed factors that the training rows did not have.
    trains_on : bool
        Whether a fitted engine can be trained on, by ``refine(design, frame, y, options, seed)``.
    needs_data : bool
        Whether frames need the columns of the data that they were made of.
    needs_repeated_groups : bool
        Whether a group column may not be all distinct. The exact likelihood decides for itself:
        effects of single observations are what overdispersed counts can need.
    streamed : str or None
        ``"module:name"`` of the engine that fits rows read from a file in batches, by
        ``fit_rows(design, rows, family, seed, codes=codes)``; None if there is none.
    """

    engine: str
    get_family: str
    description: str | None
    re_forms: tuple[str, ...] = ("all", "none")
    takes_weights: bool = False
    takes_links: bool = False
    takes_classes: bool = True
    kinds: tuple[str, ...] = ("response", "link")
    unseen_levels: str = "zero"
    trains_on: bool = False
    needs_data: bool = False
    needs_repeated_groups: bool = True
    streamed: str | None = None

    @staticmethod
    def load(path: str) -> Any:
        """Return the attribute at ``"module:name"``."""
        module, name = path.split(":")
        return getattr(import_module(module), name)


ENGINES = {
    "variational": EngineEntry(
        engine="tabmixnn.inference.variational:VariationalEngine",
        get_family="tabmixnn.families:get_family",
        description="tabmixnn.interpret.descriptions.network:NetworkDescription",
        kinds=("response", "link", "probability", "class"),
        trains_on=True,
        streamed="tabmixnn.streaming.network:StreamedNetwork",
    ),
    "marginal": EngineEntry(
        engine="tabmixnn.inference.exact:MarginalEngine",
        get_family="tabmixnn.inference.exact:get_exact_family",
        description="tabmixnn.interpret.descriptions.formula:ExactDescription",
        re_forms=("all", "none", "marginal"),
        takes_weights=True,
        takes_links=True,
        takes_classes=False,
        unseen_levels="error",
        needs_repeated_groups=False,
        streamed="tabmixnn.streaming.exact:StreamedEngine",
    ),
    "neural": EngineEntry(
        engine="tabmixnn.inference.additive.neural:NeuralEngine",
        get_family="tabmixnn.inference.exact:get_exact_family",
        description="tabmixnn.interpret.descriptions.formula:GrownDescription",
        takes_weights=True,
        takes_links=True,
        takes_classes=False,
        needs_data=True,
        needs_repeated_groups=False,
    ),
    "auto": EngineEntry(
        engine="tabmixnn.inference.additive.engine:AutoEngine",
        get_family="tabmixnn.inference.exact:get_exact_family",
        description="tabmixnn.interpret.descriptions.formula:GrownDescription",
        re_forms=("all", "none", "marginal"),
        takes_weights=True,
        takes_links=True,
        needs_data=True,
        needs_repeated_groups=False,
    ),
    "classwise": EngineEntry(
        engine="tabmixnn.inference.classwise:ClasswiseEngine",
        get_family="tabmixnn.inference.classwise:get_classes",
        description=None,
        re_forms=("all", "none", "marginal"),
        takes_weights=True,
        kinds=("response", "link", "probability", "class"),
        needs_data=True,
        needs_repeated_groups=False,
    ),
}


PUBLIC = ("auto", "marginal", "variational")
"""What users choose from; the other engines are what these come to."""


def get_entry(name: str) -> EngineEntry:
    """Return what is known about an inference engine without importing it.

    Raises
    ------
    ValueError
        If there is no engine of this name.
    """
    _check_name(name, ENGINES)
    return ENGINES[name]


def _check_name(name: Any, known: Collection[str]) -> None:
    if not isinstance(name, str) or name not in known:
        valid = ", ".join(map(repr, PUBLIC))
        raise ValueError(f"There is no inference={name!r}; choose one of {valid}.")


def engine_name(inference: str, hidden_dims: Any) -> str:
    """Return which engine an estimator asks for.

    That is the one of this name, but for ``"marginal"`` with hidden layers: ``"neural"``, the
    mixed model with networks in its mean.

    Raises
    ------
    ValueError
        If `inference` is none of those that users choose from.
    """
    _check_name(inference, PUBLIC)
    layers = not isinstance(hidden_dims, list | tuple) or len(hidden_dims)
    return "neural" if inference == "marginal" and layers else inference


FORMULA_ALONE: dict[str, Any] = {"inference": "marginal", "hidden_dims": []}
"""Options of the exact model of a formula."""


def resolve(options: Mapping[str, Any], family: Any) -> dict[str, Any]:
    """Return the options that ``"auto"`` stands for.

    What only the paper's network has (several outcomes, structures, manifolds, families without
    an exact likelihood, covariance structures where the outcome is not Gaussian) is fitted
    variationally, other covariance structures by the exact likelihood; ``"auto"`` itself stands
    for the mixed model that grows, and that for one of each class where there are several.

    Parameters
    ----------
    options : mapping
        The estimator's options.
    family : str or Family
    """
    from tabmixnn.inference.exact.families import get_exact_family, is_exact

    network = any(options[each] for each in ("use_static_structure", "use_dynamic_structure"))
    if network or options["architecture"] != "gsem":
        return {"inference": "variational"}
    if not is_exact(family):
        has_classes = getattr(family, "name", family) == "multinomial"
        is_plain = has_classes and options["cov_struct_map"] is None
        return {"inference": "classwise" if is_plain else "variational"}
    if options["cov_struct_map"] is None:
        return {"inference": "auto"}
    is_linear = get_exact_family(family).distribution is None
    return FORMULA_ALONE if is_linear else {"inference": "variational"}


def get_engine(name: str) -> Any:
    """Return the class of an inference engine; see `get_entry` for errors."""
    return EngineEntry.load(get_entry(name).engine)


__all__ = [
    "ENGINES",
    "FORMULA_ALONE",
    "PUBLIC",
    "EngineEntry",
    "engine_name",
    "get_engine",
    "get_entry",
    "resolve",
]
