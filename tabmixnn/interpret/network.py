"""A fitted network seen as a linear model: expansion at the mean, variances of its effects.

Everything is on the scale of the linear predictor, in the units of the data. A network without
hidden layers is a linear mixed model, and then these are its parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tabmixnn.draws import seeded
from tabmixnn.encoder.scaling import INTERCEPT
from tabmixnn.families import Family
from tabmixnn.inference.drawn_effects import draw_effects
from tabmixnn.inference.exact.families import EXACT_FAMILIES, is_exact
from tabmixnn.interpret.errors import several_predictors
from tabmixnn.interpret.names import RESIDUAL, told_apart
from tabmixnn.interpret.variance import shares

N_DRAWS = 64
SEED = 0
FREE_OF_MEAN = ("real", "binary", "categorical", "joint")
"""Data types whose residual variance on the scale of the linear predictor no mean changes."""
STEP = 1e-4
"""Step of the central differences, in standard deviations of a column."""

DISPERSIONS: dict[str, Callable[[Any, float], float]] = {
    "gaussian": lambda shared, scale: float(shared["sigma"].exp()) ** 2 * scale**2,
    "negative_binomial": lambda shared, scale: float(shared["phi"].exp()),
    "gamma": lambda shared, scale: 1.0 / float(shared["shape"].exp()),
}
"""The exact family's dispersion from a head's shared parameters and the response's scale."""


@dataclass
class Expansion:
    """First-order expansion of a network (eq. 54 of the paper).

    Attributes
    ----------
    names : list of str, length p
        ``(Intercept)``, the continuous columns, and each level but the first of each factor.
    coefficients : ndarray, shape (p,)
        The gradient at the mean in the continuous columns; the change from the first level in
        the factors, others at their commonest level.
    """

    names: list[str]
    coefficients: np.ndarray


class NetworkView:
    """A trained network and the rows at which it is looked at.

    Parameters
    ----------
    engine : VariationalEngine
        Fitted.
    design : Design or ColumnDesign
    frame : ModelFrame
        n rows: their mean is where the network is expanded, and variances are over them.

    Raises
    ------
    ValueError
        If there are several linear predictors, which one coefficient cannot describe.
    """

    def __init__(self, engine: Any, design: Any, frame: Any) -> None:
        several = several_predictors(engine.family)
        if several:
            by_class = engine.family.name == "multinomial"
            instead = ", or fit inference='auto', a model of each class" if by_class else " instead"
            raise ValueError(
                f"A network {several} and so no single set of coefficients; look at its "
                f"predictions{instead}."
            )
        self.engine, self.design, self.frame = engine, design, frame
        self.network = engine.network

    def _eta(self, frame: Any, effects: list[Tensor]) -> np.ndarray:
        """Return the linear predictor without offset, shape (n,), in the response's units."""
        inputs = self.engine.scaling.apply(frame, torch.float64)
        with torch.no_grad():
            features = self.network.features(inputs, effects)
            eta = self.network.head.linear_predictor(features, torch.zeros_like(inputs.offset))
        return self.engine.response_scale.restore(eta.numpy())

    def _rows(self, cont: np.ndarray, cat: np.ndarray) -> SimpleNamespace:
        """Return rows of the fixed part alone, for use with zero effects."""
        n = len(cont)
        blocks = [
            SimpleNamespace(codes=np.zeros(n, dtype=np.int64), Z=np.zeros((n, block.Z.shape[1])))
            for block in self.frame.blocks
        ]
        return SimpleNamespace(cont=cont, cat=cat, offset=np.zeros(n), blocks=blocks)

    def _centre(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the mean of the continuous columns and the commonest level of each factor."""
        common = [np.bincount(codes[codes >= 0]).argmax() for codes in self.frame.cat.T]
        return self.frame.cont.mean(axis=0), np.array(common, dtype=np.int64)

    def expand(self) -> Expansion:
        """Expand the population-level linear predictor at the mean of the rows."""
        mean, common = self._centre()
        sd = self.frame.cont.std(axis=0)
        # A column that does not vary was not scaled either.
        steps = STEP * np.where(sd > 0, sd, 1.0)
        p = len(mean)
        cont = [mean, *(mean + np.diag(steps)), *(mean - np.diag(steps))]
        cat = [common] * len(cont)
        names: list[str] = []
        for j, levels in enumerate(self.design.cat_levels):
            names += [f"{self.design.cat_names[j]}{level}" for level in levels[1:]]
            for code in range(len(levels)):
                moved = common.copy()
                moved[j] = code
                cont.append(mean)
                cat.append(moved)
        zero = self.network.encoder.population()
        eta = self._eta(self._rows(np.reshape(cont, (len(cont), p)), np.array(cat)), zero)
        slopes = (eta[1 : 1 + p] - eta[1 + p : 1 + 2 * p]) / (2.0 * steps)
        intercept = eta[0] - slopes @ mean
        contrasts: list[float] = []
        start = 1 + 2 * p
        for j, levels in enumerate(self.design.cat_levels):
            part = eta[start : start + len(levels)]
            contrasts += list(part[1:] - part[0])
            intercept -= part[common[j]] - part[0]
            start += len(levels)
        return Expansion(
            [INTERCEPT, *self.design.cont_names, *names],
            np.concatenate([[intercept], slopes, contrasts]),
        )

    def _draws(self) -> list[list[Tensor]]:
        """Return draws of the effects of every term from their posterior."""
        with seeded(SEED), torch.no_grad():
            return [draw_effects(self.network.encoder, new_groups=False) for _ in range(N_DRAWS)]

    def _alone(self, effects: list[Tensor], term: int) -> list[Tensor]:
        """Return the effects of one term with those of all others zero."""
        out = list(self.network.encoder.population())
        out[term] = effects[term]
        return out

    def effect_covariances(self) -> list[np.ndarray]:
        """Return the covariance of the random effects of each term, shape (q, q).

        That of the prior where it is learned and the network has no hidden layers: they are the
        parameters of a linear mixed model. Otherwise `_spread_of_levels`.
        """
        options = self.engine.options
        is_linear = options.architecture == "gsem" and not options.backbone.hidden_dims
        if is_linear and not options.effects.is_papers:
            return self._prior_covariances()
        return self._spread_of_levels()

    def _prior_covariances(self) -> list[np.ndarray]:
        """Return what the priors say, in the units of the data."""
        head, scale = self.network.head, self.engine.response_scale.scale
        gain = float(head.predicted[head.location].weight.detach().square().sum()) * scale**2
        out = []
        for term, slope in zip(
            self.network.encoder.random, self.engine.scaling.slopes, strict=True
        ):
            scaled = term.prior.effect_covariance().detach().numpy()
            natural = np.diag(1.0 / slope.scale)
            if INTERCEPT in term.spec.names:
                natural[term.spec.names.index(INTERCEPT)] -= slope.loc / slope.scale
            out.append(gain * natural @ scaled @ natural.T)
        return out

    def _spread_of_levels(self) -> list[np.ndarray]:
        """Return the covariance of the effects of each term over its levels, shape (q, q).

        Over levels and posterior draws, of what the level's effects change in the linear
        predictor at the mean of the rows: the intercept, and each slope for one unit more. The
        mean of squares over levels includes the posterior's variance, as in an EM step. The
        paper's posterior has no correlation between intercept and (centred) slope; where zero is
        far from the data, the variance of the intercept, which is the effect there, comes out
        too large. `decompose` looks at the rows themselves and does not have this error.
        """
        mean, common = self._centre()
        draws = self._draws()
        out = []
        for i, block in enumerate(self.frame.blocks):
            G, q = len(block.levels), len(block.names)
            has_intercept = INTERCEPT in block.names
            base = np.zeros(q)
            if has_intercept:
                base[block.names.index(INTERCEPT)] = 1.0
            points = np.array([base, *(base + np.eye(q))])
            rows = self._rows(
                np.tile(mean, (G * len(points), 1)), np.tile(common, (G * len(points), 1))
            )
            rows.blocks[i] = SimpleNamespace(
                codes=np.repeat(np.arange(G), len(points)), Z=np.tile(points, (G, 1))
            )
            still = self._eta(rows, self.network.encoder.population())
            total = np.zeros((q, q))
            for effects in draws:
                moved = self._eta(rows, self._alone(effects, i)) - still
                moved = moved.reshape(G, len(points))
                coefficients = moved[:, 1:] - moved[:, :1]
                if has_intercept:
                    coefficients[:, block.names.index(INTERCEPT)] = moved[:, 0]
                total += coefficients.T @ coefficients / G
            out.append(total / len(draws))
        return out

    def dispersion(self) -> float:
        """Return the dispersion as the exact family defines it: 1 if it has none."""
        name, scale = self.engine.family.name, self.engine.response_scale.scale
        if name not in DISPERSIONS:
            return 1.0
        with torch.no_grad():
            return DISPERSIONS[name](self.network.head.shared, scale)

    @property
    def has_residual(self) -> bool:
        """Whether outcomes are real and their family says what their residual variance is."""
        family = self.engine.family
        says = is_exact(family) or type(family).link_variance is not Family.link_variance
        return family.data_type == "real" and says

    def residual_variance(self) -> float:
        """Return the residual variance on the scale of the linear predictor.

        Where it depends on the mean, as it does of counts, it is that at the mean of the marginal
        predictions, as of exact models.

        Raises
        ------
        ValueError
            If the family does not say.
        """
        family = self.engine.family
        mean = np.nan if family.data_type in FREE_OF_MEAN else self._marginal_mean()
        if is_exact(family):
            exact = EXACT_FAMILIES[family.name]()
            return float(exact.link_variance(mean, self.dispersion()))
        return family.link_variance(mean, **self._shared()) * self.engine.response_scale.scale**2

    def _marginal_mean(self) -> float:
        """Return the mean outcome over the rows, each with the effects of some level or other."""
        frame, engine = self.frame, self.engine
        if not frame.blocks:
            return float(engine.predict(frame, "none", "response").mean())
        rng, n = np.random.default_rng(SEED), len(frame.offset)
        means = []
        for effects in self._draws():
            codes = (rng.integers(len(block.levels), size=n) for block in frame.blocks)
            blocks = [
                replace(block, codes=each) for block, each in zip(frame.blocks, codes, strict=True)
            ]
            rows = replace(frame, blocks=blocks)
            means.append(engine._predict(rows, effects, "response").mean())
        return float(np.mean(means))

    def _shared(self) -> dict[str, Tensor]:
        """Return the parameters of the outcome's distribution that all rows share."""
        parameters = self.engine.family.parameters
        return {
            name: parameters[name].inverse_link(value.detach())
            for name, value in self.network.head.shared.items()
        }

    def distribution(self) -> dict[str, Any]:
        """Return what `_shared` does as numbers and lists in the units of the data.

        But for a Gaussian outcome's deviation, which is a variance component.
        """
        if self.engine.family.name == "gaussian":
            return {}
        parameters, scale = self.engine.family.parameters, self.engine.response_scale.scale
        return {
            name: (value * (scale if parameters[name].in_units else 1.0)).squeeze().tolist()
            for name, value in self._shared().items()
            if value.numel()
        }

    def extract(self) -> dict[str, Any]:
        """Return the paper's ``fixed_effects`` and ``variance_components``.

        And the ``distribution``'s parameters that all rows share, where there are any besides a
        residual variance, such as the size of negative binomial counts.
        """
        expansion = self.expand()
        components: dict[str, Any] = {}
        for block, covariance in zip(self.frame.blocks, self.effect_covariances(), strict=True):
            variances = zip(block.names, np.diagonal(covariance).tolist(), strict=True)
            components.setdefault(told_apart(block.group, (RESIDUAL,)), {}).update(variances)
        if self.has_residual:
            components[RESIDUAL] = self.residual_variance()
        fixed = zip(expansion.names, expansion.coefficients.tolist(), strict=True)
        out = {"fixed_effects": dict(fixed), "variance_components": components}
        distribution = self.distribution()
        return out | ({"distribution": distribution} if distribution else {})

    def decompose(self) -> dict[str, Any]:
        """Partition the variance of the linear predictor over the rows; see `shares`."""
        population = self._eta(self.frame, self.network.encoder.population())
        draws = self._draws()
        groups: dict[str, float] = {}
        for i, block in enumerate(self.frame.blocks):
            squares = [
                np.mean((self._eta(self.frame, self._alone(effects, i)) - population) ** 2)
                for effects in draws
            ]
            groups[block.group] = groups.get(block.group, 0.0) + float(np.mean(squares))
        return shares(float(np.var(population, ddof=1)), groups, self.residual_variance())
