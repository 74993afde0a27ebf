"""The written-out derivatives against automatic ones, and replicas against single fits."""

import copy

import numpy as np
import pytest
import torch
from sklearn.base import clone

from tabmixnn import TabMixNN, fit_together
from tabmixnn.backbones import ACTIVATIONS, Penalties
from tabmixnn.objective import Objective
from tabmixnn.training import TrainingRows
from tabmixnn.training.stacked import network as stacked_network
from tabmixnn.training.stacked import trainer
from tabmixnn.training.stacked.adam import AdamClock
from tabmixnn.training.stacked.compiled import CompiledNetwork
from tabmixnn.training.stacked.network import StackedNetwork
from tabmixnn.training.stacked.noise import Noise
from tabmixnn.training.stacked.rows import Layout, StackedRows
from tabmixnn.training.stacked.touched_table import TouchedTable

CPU = torch.device("cpu")


class Given(Noise):
    """One number for all normals, and bits that depend on the place for dropout."""

    normals = 1.0

    def normal(self, counts, width):
        return torch.full((sum(counts), width), self.normals)

    def bits(self, lengths, width):
        return places(lengths[0], width)[None]


def places(n, width):
    """Return bits by which every third feature is dropped."""
    return torch.where(torch.arange(n * width).view(n, width) % 3 == 0, -(2**15), 0).short()


def stack(model, rows, touched, normals=1.0, kind=StackedNetwork):
    """Return the network of a fitted model as a stack of one, and its only batch."""
    engine = model.engine_
    network, objective = engine.network, Objective("auto", engine.network.encoder.spec, len(rows))
    spec = network.encoder.spec
    stacked = kind(
        [network],
        engine.options.backbone,
        objective.kl_weights[:, None].tolist(),
        [touched] * len(spec.blocks),
        AdamClock(10, CPU),
        Given([0], CPU),
    )
    stacked.noise.normals = normals
    sizes = [levels + 1 for levels in spec.cat_sizes]
    levels = [[block.n_levels] for block in spec.blocks]
    layout = Layout.of([rows], [touched] * len(spec.blocks))
    return stacked, StackedRows([rows], sizes, levels, layout, CPU).all(), objective


def training_rows(model, frame):
    engine = model.engine_
    design_frame = model._frame(frame, response=True)
    y = engine.response_scale.standardise(design_frame.y)
    inputs = engine._inputs(design_frame, torch.float32)
    return TrainingRows(inputs, torch.as_tensor(y, dtype=torch.float32))


def with_given_dropout(network, n):
    """Replace the layers' dropout by the factors of `Given`."""

    class Factors(torch.nn.Module):
        def __init__(self, columns):
            super().__init__()
            self.columns = columns

        def forward(self, hidden):
            threshold, factor = Noise.threshold(0.1)
            return hidden * ((places(n, total) >= threshold) * factor)[:, self.columns]

    widths = [layer.linear.out_features for layer in network.backbone.layers]
    total, start = sum(widths), 0
    for layer, width in zip(network.backbone.layers, widths, strict=True):
        layer.transform[-1] = Factors(slice(start, start + width))
        start += width
    return network


LARGEST_POOLED = {"whole": 0, "pooled": 10**6, "touched": 0}
ARCHITECTURES = [
    {},
    {"layer_norm": False},
    {"residual": True},
    {"residual": True, "hidden_dims": (4, 4)},
    {"hidden_dims": ()},
    {"formula": "y ~ 1 + (1 | g)"},
    {"formula": "y ~ x"},
    {"formula": "y ~ c + (0 + x | g)"},
    {"family": "student_t"},
    {"family": "binomial"},
    *({"activation": name} for name in sorted(ACTIVATIONS)),
]


@pytest.mark.parametrize("kind", [StackedNetwork, CompiledNetwork])
@pytest.mark.parametrize("options", ARCHITECTURES, ids=str)
@pytest.mark.parametrize(
    ("table", "centre", "normals"),
    [
        ("whole", True, 1.0),
        ("pooled", False, 1.0),
        ("touched", False, 1.0),
        ("touched", True, 0.0),
    ],
)
def test_a_step_has_the_gradient_of_the_objective(
    fitted, data, kind, options, table, centre, normals, monkeypatch
):
    # Where a batch touches all levels, both tables give all of them their full share. They centre
    # the same only without noise: the large table centres means, the small one draws.
    if kind is CompiledNetwork and options.get("family") == "student_t":
        pytest.skip("no compiled likelihood")
    frame = data()
    if options.get("family") == "binomial":
        frame = frame.assign(y=(frame.y > 0) * 1.0)
    model = fitted(frame=frame, enforce_centering=centre, **options)
    rows = training_rows(model, frame)
    network = with_given_dropout(copy.deepcopy(model.engine_.network), len(rows))
    monkeypatch.setattr(stacked_network, "POOLED_VALUES", LARGEST_POOLED[table])
    stacked, batch, objective = stack(model, rows, table != "whole", normals, kind)

    monkeypatch.setattr(torch, "randn_like", lambda like, **_: torch.full_like(like, normals))
    penalties = Penalties()
    loss = objective(network.sample(rows.inputs, penalties), rows.y, network.kl(), penalties)
    loss.total.backward()

    nll, kl = stacked.step(batch, lr=1e-3)
    assert nll.item() == pytest.approx(loss.nll.item(), rel=1e-5)
    assert kl.item() == pytest.approx(loss.kl.item(), rel=1e-5)
    # The loops add up in another order. Beside float64 both are off by as much: up to 2e-5 where
    # a layer's normalisation has next to no variance to divide by.
    atol = 3e-6 if kind is StackedNetwork else 3e-5
    for mine, theirs in zip(gradients(stacked, model), network.parameters(), strict=True):
        assert_close_gradients(mine, theirs.grad, atol)


@pytest.mark.parametrize("table", ["whole", "pooled", "touched"])
@pytest.mark.parametrize("limit", [0.05, 1e6])
def test_clipping_is_that_of_torch(fitted, data, table, limit, monkeypatch):
    frame = data()
    model = fitted(frame=frame, enforce_centering=False)
    rows = training_rows(model, frame)
    network = with_given_dropout(copy.deepcopy(model.engine_.network), len(rows))
    monkeypatch.setattr(stacked_network, "POOLED_VALUES", LARGEST_POOLED[table])
    stacked, batch, objective = stack(model, rows, table != "whole")
    monkeypatch.setattr(torch, "randn_like", torch.ones_like)
    penalties = Penalties()
    loss = objective(network.sample(rows.inputs, penalties), rows.y, network.kl(), penalties)
    loss.total.backward()
    norm = torch.nn.utils.clip_grad_norm_(network.parameters(), limit)
    assert 0.05 < norm < 1e6
    stacked.step(batch, 1e-3, limit)
    for mine, theirs in zip(gradients(stacked, model), network.parameters(), strict=True):
        assert_close_gradients(mine, theirs.grad)


def assert_close_gradients(mine, theirs, atol=3e-6):
    """Compare to float32's rounding: of sums, some of which nearly cancel."""
    largest = max(theirs.abs().max().item(), 1 / 3)
    torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=atol * largest)


def gradients(stacked, model):
    """Return the gradient of the last step for each of the network's parameters.

    Values find their way into the replicas' parameters; gradients in their place go the same way.
    """
    stacked.pool.values.copy_(stacked.pool.grads)
    for term in stacked.effects:
        if isinstance(term.table, TouchedTable):
            adam = term.table._adam
            adam.state.zero_()
            adam.state[:, 0].index_copy_(0, term.table._rows, term.table._grads)
    stacked.restore()
    return list(model.engine_.network.parameters())


@pytest.mark.parametrize("batch_size", [256, 16])
@pytest.mark.parametrize("family", ["gaussian", "poisson"])
@pytest.mark.parametrize("table", ["pooled", "touched"])
def test_replicas_come_out_as_they_would_alone(data, batch_size, family, table, monkeypatch):
    monkeypatch.setattr(stacked_network, "POOLED_VALUES", LARGEST_POOLED[table])
    sizes, seeds = [(90, 17), (87, 18), (86, 20)], [3, 4, 5]
    frames = [data(seed, n, levels) for seed, (n, levels) in zip(seeds, sizes, strict=True)]
    if family == "poisson":
        frames = [frame.assign(y=(frame.y**2).round()) for frame in frames]
    # Few steps: Adam divides by the gradient's size, and some gradients are all rounding.
    settings = {"epochs": 5, "hidden_dims": (7, 5), "embedding_dim": 4, "patience": 2, "lr": 0.003}

    def models():
        return [
            TabMixNN(
                "y ~ x + c + k + offset(e) + (t | g) + (1 | h)",
                family=family,
                batch_size=batch_size,
                clip_norm=0.5,
                random_state=seed,
                **settings,
            )
            for seed in seeds
        ]

    alone = [model.fit(frame) for model, frame in zip(models(), frames, strict=True)]
    together = fit_together(models(), frames)
    for one, other, frame in zip(alone, together, frames, strict=True):
        np.testing.assert_allclose(one.predict(frame), other.predict(frame), rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(one.history_, other.history_, rtol=1e-3, atol=1e-5)
        assert one.engine_.best_epoch == other.engine_.best_epoch


COMPILED = [
    {},
    {"family": "binomial"},
    {"formula": "y ~ x + (t || g)", "layer_norm": False, "dropout": 0.0},
    {"formula": "y ~ x + offset(e) + (t | g)", "residual": True, "enforce_centering": False},
    {"formula": "y ~ c + x", "hidden_dims": ()},
    {"formula": "y ~ 1 + (1 | g)", "validation_fraction": 0, "clip_norm": 0.1},
]


@pytest.mark.parametrize("batch_size", [256, 16])
@pytest.mark.parametrize("options", COMPILED, ids=str)
def test_compiled_steps_are_those_of_torch(data, options, batch_size, monkeypatch):
    options = {"formula": "y ~ x + c + offset(e) + (t | g) + (1 | h)", **options}
    frames = [data(seed, 90 - seed, 17) for seed in range(3)]
    if options.get("family") == "binomial":
        frames = [frame.assign(y=(frame.y > 0) * 1.0) for frame in frames]
    settings = {"epochs": 4, "hidden_dims": (7, 5), "embedding_dim": 4, "patience": None}
    settings |= {"batch_size": batch_size}

    def fits():
        models = [TabMixNN(**(settings | options), random_state=seed) for seed in range(3)]
        return [*fit_together(models, frames), TabMixNN(**(settings | options)).fit(frames[0])]

    used = []
    init = CompiledNetwork.__init__
    monkeypatch.setattr(
        CompiledNetwork, "__init__", lambda self, *a: (used.append(1), init(self, *a))[1]
    )
    small = fits()
    count = len(used)
    assert count
    monkeypatch.setattr(trainer, "takes_one_thread", lambda work: False)
    large = fits()
    assert len(used) == count
    for one, other, frame in zip(small[:3], large[:3], frames, strict=True):
        np.testing.assert_allclose(one.history_, other.history_, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(one.predict(frame), other.predict(frame), rtol=1e-3, atol=1e-4)


def test_a_table_that_adam_steps_over_as_a_whole_trains_as_one_of_touched_rows(data, monkeypatch):
    frame, fits = data(n=200, levels=60), {}
    for table, largest in LARGEST_POOLED.items():
        monkeypatch.setattr(stacked_network, "POOLED_VALUES", largest)
        fits[table] = TabMixNN(
            "y ~ x + (t | g)",
            epochs=3,
            batch_size=16,
            hidden_dims=(7,),
            random_state=0,
        ).fit(frame)
    pooled, touched = fits["pooled"], fits["touched"]
    np.testing.assert_allclose(pooled.history_, touched.history_, rtol=1e-4)
    # Half a step of Adam, which some gradients are too small to have a direction for.
    np.testing.assert_allclose(pooled.predict(frame), touched.predict(frame), atol=5e-4)


def test_slopes_that_are_one_in_some_replicas_only_are_not_left_out(data):
    frames = [data(0).assign(t=1.0), data(1)]
    models = [
        TabMixNN("y ~ x + (t | g)", epochs=3, hidden_dims=(5,), random_state=0) for _ in frames
    ]
    alone = [model.fit(frame).predict(frame) for model, frame in zip(models, frames, strict=True)]
    together = fit_together([clone(model) for model in models], frames)
    for expected, model, frame in zip(alone, together, frames, strict=True):
        np.testing.assert_allclose(model.predict(frame), expected, rtol=1e-3, atol=1e-4)
