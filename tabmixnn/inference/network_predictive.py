"""Predictive distributions of networks, by draws.

What is drawn: the random effects from their posterior, those of new groups from the posteriors of
the known ones or, where a structure places them, around what it expects of them; the last layer's
weights from a Laplace approximation around what they were trained to; the outcome itself. The
layers before the last are taken as known.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tabmixnn.draws import seeded
from tabmixnn.heads.output import OutputHead
from tabmixnn.inference.drawn_effects import draw_effects
from tabmixnn.inference.last_layer import LastLayer, with_intercept
from tabmixnn.inference.structured_prior import find_new_levels, with_new_levels
from tabmixnn.predictive import DrawnPredictive, Predictive

N_DRAWS, N_OUTCOMES = 250, 4
"""Draws of effects and weights, and of the outcome given each."""
SEED = 0


def predictive(engine: Any, frame: Any, re_form: str, method: str, kind: str) -> Predictive:
    """Return the predictive distribution of n rows; see `tabmixnn.predictive`.

    Parameters
    ----------
    engine : VariationalEngine
    frame : ModelFrame
        n rows.
    re_form : {"all", "none"}
    method : {"predictive", "monte_carlo"}
        With everything, or with the posterior of known groups' effects alone (section 3.5.2).
    kind : {"response", "link"}

    Raises
    ------
    ValueError
        If the outcome is not one number.
    """
    head = engine.network.head
    family = engine.family
    if not isinstance(head, OutputHead) or head.size > 1 or family.data_type == "categorical":
        raise ValueError(
            f"Intervals are for outcomes of one number, and a {family.name} outcome is not; ask "
            "for the probabilities, or fit the outcomes one by one."
        )
    last_layer = engine.last_layer
    if method == "predictive" and last_layer.precision is None:
        raise ValueError(
            "The model was read from a file of an earlier format, which does not say how well "
            "its weights are known; fit it again, or use method='monte_carlo'."
        )
    recipe = method == "monte_carlo"
    mean_only = kind == "link" or recipe or family.data_type == "binary"
    encoder = engine.network.encoder
    frame, found = find_new_levels(encoder, engine.groups, frame)
    inputs = engine._inputs(frame, torch.float64)
    root = None if recipe else last_layer.root(head)
    draws_new = re_form != "none" and not recipe

    def draw(rows: slice) -> np.ndarray:
        part, out = inputs.take(rows), []
        for number in range(N_DRAWS):
            with torch.no_grad(), seeded(SEED + number):
                effects = (
                    encoder.population()
                    if re_form == "none"
                    else draw_effects(encoder, new_groups=not recipe)
                )
                effects = with_new_levels(effects, found, draw=draws_new)
                features = engine.network.features(part, effects)
                eta = head.linear_predictor(features, part.offset)
                if root is not None:
                    change = torch.as_tensor(root) @ torch.randn(len(root), dtype=eta.dtype)
                    eta = eta + with_intercept(features) @ change
                if mean_only:
                    out.append(head.predict_at(kind, features, eta)[None])
                elif last_layer.noise is not None:
                    out.append(eta + _draw_noise(last_layer, (N_OUTCOMES, len(eta))))
                else:
                    out.append(head.distribution(features, eta).sample((N_OUTCOMES,)))
        return engine.response_scale.restore(torch.cat(out).numpy())

    discrete = family.data_type == "count" and not mean_only
    return DrawnPredictive(draw, len(inputs), discrete=discrete)


def _draw_noise(layer: LastLayer, shape: tuple[int, ...]) -> Tensor:
    """Draw the noise of a Gaussian outcome."""
    noise = layer.noise * torch.randn(shape, dtype=torch.float64)
    if layer.tails is None or math.isinf(layer.tails.df):
        return noise
    df = torch.tensor(layer.tails.df, dtype=torch.float64)
    return layer.tails.scale * noise * (df / torch.distributions.Chi2(df).sample(shape)).sqrt()
