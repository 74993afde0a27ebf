"""What became of the state of a model file from one number of the format to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from tabmixnn.formula import Formula
from tabmixnn.formula.levels import level_name
from tabmixnn.persistence.errors import ModelFileError


def _without_moments(state: dict[str, Any]) -> dict[str, Any]:
    """Format 1 did not have the optimiser's state: training on starts it anew."""
    state["engine"].setdefault("moments", {})
    return state


def _without_precision(state: dict[str, Any]) -> dict[str, Any]:
    """Format 2 did not say how well a network's weights are known."""
    for name in ("precision", "noise"):
        state["engine"].setdefault(name, None)
    return state


def _without_tails(state: dict[str, Any]) -> dict[str, Any]:
    """Format 3 took the noise of networks for normal."""
    state["engine"].setdefault("tails", None)
    return state


def _without_spread_and_new_groups(state: dict[str, Any]) -> dict[str, Any]:
    """Format 4 had one variance for the noise of a formula's model, and nothing of new groups.

    Its grown models had the effects of columns that now are others; they are found again.
    """
    engine = state["engine"]
    if "steps" in engine:
        engine |= {"between": None, "side": None, "own": None}
    for each in (engine, engine.get("exact")):
        if each is not None and "frame" in each:
            each.setdefault("noise_by_mean", False)
    return state


def _without_average(state: dict[str, Any]) -> dict[str, Any]:
    """Format 5 had another way to say what predictors tell of new groups."""
    engine = state["engine"]
    if "between" in engine:
        if engine.pop("between") is not None:
            raise ModelFileError(
                "The file is of format 5 and holds what predictors tell of new groups in a form "
                "that is no longer read: fit the model again, or predict with the version that "
                "wrote the file."
            )
        engine["averaged"] = None
    return state


def _without_group_bases_and_scales(state: dict[str, Any]) -> dict[str, Any]:
    """Format 6 had grown models' variances of other columns; see `inference.additive.stored`."""
    engine = state["engine"]
    if "steps" in engine:
        engine |= {"has_scales": False, "is_only_scaled": True, "side": None, "own": None}
    return state


def _with_curves_only(state: dict[str, Any]) -> dict[str, Any]:
    """Format 7 knew no other average of the population than one by lines and curves."""
    averaged = state["engine"].get("averaged")
    if averaged is not None:
        averaged["columns"] = {name: averaged.pop(name) for name in ("centre", "spread")}
    return state


def _without_fenced_knots(state: dict[str, Any]) -> dict[str, Any]:
    """Format 8 had knots wherever values were, and named levels as Python prints them.

    It did not name what the average of the population is of.
    """
    engine = state["engine"]
    averaged = engine.get("averaged")
    if averaged is not None:
        columns = averaged["columns"]
        averaged["columns"] = ["Surface" if "length" in columns else "Curves", columns]
    if "steps" in engine:
        engine["reading"] = {"has_scales": engine.pop("has_scales"), "fences_knots": False}
        factors = state["design"].get("learned", {"factors": {}})["factors"]
        for name, labels in engine["labels"].items():
            levels = factors.get(name, {"levels": labels})["levels"]
            names = {each: each if each in levels else _level(each) for each in set(labels)}
            engine["labels"][name] = [names[each] for each in labels]
    return state


def _with_one_direction(state: dict[str, Any]) -> dict[str, Any]:
    """Format 9 read the numbers of all variables off attention in one direction.

    Its early files do not say whether rows are weighed and groups shrunken: they were not.
    """
    engine = state["engine"]
    if "steps" in engine:
        engine.setdefault("weighing", None)
        engine.setdefault("share", 1.0)
    for each in (engine, engine.get("exact")):
        if each is not None and "frame" in each:
            each.setdefault("averages_new_groups", False)
    weights = engine.get("weights")
    if not isinstance(weights, dict):  # those of rows
        return state
    for name in [each for each in weights if each.endswith(".structure.out.weight")]:
        layer = name.removesuffix("out.weight")
        n_variables = len(weights[layer + "tokens.place"])
        for part in ("out.weight", "out.bias"):
            weights[layer + part] = np.repeat(weights[layer + part], n_variables, axis=0)
            # The gradients were those of one direction: they start anew.
            engine["moments"].pop(layer + part, None)
    return state


def _without_penalty(state: dict[str, Any]) -> dict[str, Any]:
    """Format 10 had fixed effects by likelihood alone."""
    engine = state["engine"]
    if "steps" in engine:
        engine["penalty"] = 0.0
    return state


def _with_fixed_effects_in_terms(state: dict[str, Any]) -> dict[str, Any]:
    """Format 11 had terms that could say what fixed effects with a penalty were kept from."""
    engine = state["engine"]
    of_classes = [each["state"] for each in engine.get("classes", []) if each is not None]
    for each in (engine, *of_classes):
        if "steps" in each:
            each["reading"]["is_apart"] = False
    return state


def _without_interactions_of_groups(state: dict[str, Any]) -> dict[str, Any]:
    """Format 12 knew no interactions in which groups differ, nor pairs of groups."""
    return state


def _without_rough_interactions(state: dict[str, Any]) -> dict[str, Any]:
    """Format 13 knew no interactions with steps in them."""
    return state


def _without_wide_formulas(state: dict[str, Any]) -> dict[str, Any]:
    """Format 14 had no formula with as many fixed effects as rows."""
    engine = state["engine"]
    of_classes = [each["state"] for each in engine.get("classes", []) if each is not None]
    for each in (engine, *of_classes):
        for exact in (each, each.get("exact")):
            if exact is not None and "averages_new_groups" in exact:
                exact["constant_alone"] = False
    return state


def _without_unit_and_labels(state: dict[str, Any]) -> dict[str, Any]:
    """Format 15 had weights of grown models of a Gaussian outcome divided by their mean.

    What that was it does not say: sigma stays that of a row of the average weight. Classes of a
    response that the formula computes were the codes of its levels.
    """
    design, attributes = state["design"], state["attributes"]
    codes, levels = attributes.get("classes_"), design.get("response_levels")
    has_codes = codes is not None and levels is not None and codes.dtype.kind == "f"
    if has_codes and Formula.parse(design["formula"]).response_column is None:
        attributes["classes_"] = np.array(levels)[codes.astype(np.int64)]
    return state


def _without_dispersion_of_what_grew(state: dict[str, Any]) -> dict[str, Any]:
    """Format 15 had the dispersion of the formula's model alone."""
    engine = state["engine"]
    of_classes = [each["state"] for each in engine.get("classes", []) if each is not None]
    for each in (engine, *of_classes):
        if "steps" in each:
            each["scale"] = None
    return state


def _before_16(state: dict[str, Any]) -> dict[str, Any]:
    return _without_dispersion_of_what_grew(_without_unit_and_labels(state))


def _with_structures_of_16(state: dict[str, Any]) -> dict[str, Any]:
    """Format 16 had autoregressions in continuous time by what they are over one unit of time.

    It read the rows of a relationship matrix by ``train_levels`` whatever the index of a frame
    said, those of ``K_slope`` in their order, and columns always in theirs.
    """
    fitted, parameters = state["fitted_with"], state["parameters"]
    structures = fitted.get("cov_struct_map", parameters.get("cov_struct_map"))
    if isinstance(structures, Mapping):
        by_group = {group: _entry_of_16(entry) for group, entry in structures.items()}
        fitted["cov_struct_map"] = by_group
    return state


def _entry_of_16(entry: Any) -> Any:
    """Return an entry of ``cov_struct_map`` that says what format 16 took for granted."""
    if isinstance(entry, list | tuple):
        return [_entry_of_16(each) for each in entry]
    if not isinstance(entry, Mapping):
        return entry
    out = {k: _entry_of_16(v) if k in ("group", "slope") else v for k, v in entry.items()}
    if entry.get("continuous"):
        out["gap"] = 1.0
    for key in ("K_group", "genotypes", "K_slope"):
        matrix = entry.get(key)
        if isinstance(matrix, pd.DataFrame):
            by_order = key == "K_slope" or "train_levels" in entry
            values = matrix.to_numpy()
            out[key] = values if by_order else pd.DataFrame(values, index=matrix.index)
    return out


def _level(printed: str) -> str:
    """Return the name of a level that was a boolean or a float."""
    return level_name(printed == "True" if printed in ("True", "False") else float(printed))


UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {
    1: _without_moments,
    2: _without_precision,
    3: _without_tails,
    4: _without_spread_and_new_groups,
    5: _without_average,
    6: _without_group_bases_and_scales,
    7: _with_curves_only,
    8: _without_fenced_knots,
    9: _with_one_direction,
    10: _without_penalty,
    11: _with_fixed_effects_in_terms,
    12: _without_interactions_of_groups,
    13: _without_rough_interactions,
    14: _without_wide_formulas,
    15: _before_16,
    16: _with_structures_of_16,
}
"""From the state of a format to that of the next."""
