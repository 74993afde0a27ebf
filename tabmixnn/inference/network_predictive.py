"""Predictive distributions of networks, by draws.

What is drawn: the random effects from their posterior, those of new groups from the posteriors of
the known ones; the last layer's weights from a Laplace approximation around what they were
trained to; the outcome itself. The layers before the last are taken as known.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tabmixnn.encoder import EncoderInputs
from tabmixnn.encoder.inputs import GroupRows
from tabmixnn.heads.output import OutputHead
from tabmixnn.inference.structured_prior import with_new_levels
from tabmixnn.predictive import DrawnPredictive, Predictive
from tabmixnn.training import TrainingRows

N_DRAWS, N_OUTCOMES = 250, 4
"""Draws of effects and weights, and of the outcome given each."""
SEED = 0
ENOUGH = 30
"""Rows of validation that tell a deviation well."""
MAX_FLOATS = 2**24
"""Values of hidden layers in memory at once."""


def last_layer_precision(network: nn.Module, rows: Iterable[TrainingRows]) -> np.ndarray | None:
    """Return the precision of the location's weights and intercept in the last layer.

    The prior's precision (`prior_precision`) plus the observed information of the training rows,
    at the posterior means of the random effects.

    Parameters
    ----------
    network : MixedEffectsNetwork
        Trained, in float64.
    rows : iterable of TrainingRows
        What it was trained on, and validated.

    Returns
    -------
    ndarray, shape (h + 1, h + 1), or None
        None for outcomes with several linear predictors.
    """
    head = network.head
    if not isinstance(head, OutputHead) or head.size > 1:
        return None
    precision = prior_precision(network.backbone.out_features + 1)
    size = max(MAX_FLOATS // network.backbone.floats_per_row, 1)
    for each in rows:
        for start in range(0, len(each), size):
            part = each.take(slice(start, start + size))
            precision += _information(network, _doubled(part.inputs), part.y.double())
    return precision


def prior_precision(size: int) -> np.ndarray:
    """Return the prior's precision of h weights and an intercept, shape (h + 1, h + 1).

    Variance 1 / h for each weight, so that h features of unit size together have the variance of
    a standardised outcome however many they are.
    """
    return np.diag([*[float(size - 1)] * (size - 1), 1.0])


def gaussian_noise(
    network: nn.Module, train: TrainingRows, valid: TrainingRows | None
) -> float | None:
    """Return the residual deviation of a Gaussian outcome on the network's scale, else None.

    From the rows of validation if there are `ENOUGH`, otherwise from all. The deviation that is
    trained with the network starts at that of the outcome, and training that ends early, as the
    paper's 100 epochs do on small data, leaves it near there.
    """
    if not isinstance(network.head, OutputHead) or network.head.family.name != "gaussian":
        return None
    held = valid is not None and len(valid) >= ENOUGH
    rows = [valid] if held else [train, *([] if valid is None else [valid])]
    size = max(MAX_FLOATS // network.backbone.floats_per_row, 1)
    total = 0.0
    for each in rows:
        for start in range(0, len(each), size):
            part = each.take(slice(start, start + size))
            with torch.no_grad():
                mean = network.conditional(_doubled(part.inputs)).mean
            total += float((part.y.double() - mean).square().sum())
    return math.sqrt(total / sum(len(each) for each in rows))


def _known_weights(engine: Any) -> np.ndarray:
    """Return a root of the covariance of the last layer's weights."""
    precision = engine.precision
    if engine.noise is not None:
        trained = float(engine.network.head.shared["sigma"].detach().exp())
        prior = prior_precision(len(precision))
        precision = prior + (precision - prior) * (trained / engine.noise) ** 2
    return np.linalg.inv(np.linalg.cholesky(precision)).T


def _information(network: nn.Module, inputs: EncoderInputs, y: Tensor) -> np.ndarray:
    with torch.no_grad():
        features = network.features(inputs, network.encoder.posterior_mean())
        eta = network.head.linear_predictor(features, inputs.offset)
    eta.requires_grad_(True)
    loglik = network.head.distribution(features, eta).log_prob(y).sum()
    (score,) = torch.autograd.grad(loglik, eta, create_graph=True)
    (slope,) = torch.autograd.grad(score.sum(), eta)
    design = with_intercept(features).numpy()
    return design.T @ (design * np.maximum(-slope.numpy(), 0.0)[:, None])


def _doubled(inputs: EncoderInputs) -> EncoderInputs:
    groups = tuple(GroupRows(group.codes, group.z.double()) for group in inputs.groups)
    return EncoderInputs(inputs.cont.double(), inputs.cat, groups, inputs.offset.double())


def with_intercept(features: Tensor) -> Tensor:
    """Return features with a column of ones after them, shape (n, h + 1)."""
    return torch.cat([features, torch.ones_like(features[:, :1])], dim=1)


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
    if method == "predictive" and engine.precision is None:
        raise ValueError(
            "The model was read from a file of an earlier format, which does not say how well "
            "its weights are known; fit it again, or use method='monte_carlo'."
        )
    recipe = method == "monte_carlo"
    mean_only = kind == "link" or recipe or family.data_type == "binary"
    inputs = engine._inputs(_placed(engine, frame)[0], torch.float64)
    root = None if recipe else _known_weights(engine)

    def draw(rows: slice) -> np.ndarray:
        part, out = inputs.take(rows), []
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            for number in range(N_DRAWS):
                torch.manual_seed(SEED + number)
                effects = _effects(engine, re_form, new_groups=not recipe)
                features = engine.network.features(part, _placed(engine, frame, effects)[1])
                eta = head.linear_predictor(features, part.offset)
                if root is not None:
                    change = torch.as_tensor(root) @ torch.randn(len(root), dtype=eta.dtype)
                    eta = eta + with_intercept(features) @ change
                if mean_only:
                    out.append(head.predict_at(kind, features, eta)[None])
                elif engine.noise is not None:
                    noise = torch.randn(N_OUTCOMES, len(eta), dtype=eta.dtype)
                    out.append(eta + engine.noise * noise)
                else:
                    out.append(head.distribution(features, eta).sample((N_OUTCOMES,)))
        return engine.response_scale.restore(torch.cat(out).numpy())

    discrete = family.data_type == "count" and not mean_only
    return DrawnPredictive(draw, len(inputs), discrete=discrete)


def _effects(engine: Any, re_form: str, *, new_groups: bool) -> list[Tensor]:
    """Draw a table of effects for each term, unseen levels last."""
    encoder = engine.network.encoder
    if re_form == "none":
        return encoder.population()
    tables = []
    for term, drawn in zip(encoder.random, encoder.posterior.draw(), strict=True):
        someone = int(torch.randint(len(drawn), ())) if new_groups else None
        tables.append(term.known(drawn, someone))
    return tables


def _placed(
    engine: Any, frame: Any, effects: Sequence[Tensor] | None = None
) -> tuple[Any, list[Tensor]]:
    """Return a frame and effects with rows for new levels that a structure places."""
    encoder = engine.network.encoder
    effects = encoder.posterior_mean() if effects is None else effects
    with torch.no_grad():
        return with_new_levels(encoder, engine.groups, frame, effects)
