"""Where networks are trained: the choice, what it costs nobody, and the same model everywhere."""

import numpy as np
import pandas as pd
import pytest
import torch

from tabmixnn import TabMixNN, fit_together
from tabmixnn.draws import Dropout, normals_like, uniforms
from tabmixnn.training import device

NONE = "torch finds no accelerator on this machine"
HERE = [name for name, has in device.ACCELERATORS.items() if has()]
NETWORKS = {
    "plain": {},
    "many batches": {"batch_size": 16},
    "structures": {"use_static_structure": True, "use_dynamic_structure": True},
    "learned": {"prior": "learned", "posterior": "joint", "unknown_strategy": "learned"},
    "manifold": {
        "architecture": "manifold",
        "manifold_configs": [{"grid_shape": (3, 3), "use_sem": True}],
        "hidden_dims": (64, 32),
    },
}


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(8), 12)
    x = rng.normal(size=96)
    y = x + rng.normal(size=8)[groups] + 0.1 * rng.normal(size=96)
    return pd.DataFrame({"x": x, "g": groups.astype(str), "c": list("abc") * 32, "y": y})


@pytest.fixture
def machine(monkeypatch):
    """A function that gives the machine some accelerators."""

    def has(*names):
        for name in device.ACCELERATORS:
            monkeypatch.setitem(device.ACCELERATORS, name, lambda name=name: name in names)

    return has


@pytest.fixture(params=HERE or [pytest.param("", marks=pytest.mark.skip(reason=NONE))])
def accelerator(request):
    return request.param


class Job:
    """A task of some size."""

    def __init__(self, work, dtype=torch.float32):
        self.work, self.network = work, torch.nn.Linear(1, 1).to(dtype)


@pytest.mark.parametrize(
    ("names", "work", "dtype", "found"),
    [
        ((), device.LARGE_STEP, torch.float32, "cpu"),
        (("cuda", "mps"), device.LARGE_STEP, torch.float32, "cuda"),
        (("mps",), device.LARGE_STEP, torch.float32, "mps"),
        (("mps",), device.LARGE_STEP, torch.float64, "cpu"),
        (("cuda",), device.LARGE_STEP - 1, torch.float32, "cpu"),
    ],
)
def test_auto_takes_what_is_worth_it(machine, names, work, dtype, found):
    machine(*names)
    assert device.find_device("auto", [Job(work, dtype)]).type == found


def test_stacked_networks_are_worth_it_together(machine):
    machine("cuda")
    assert device.find_device("auto", [Job(device.LARGE_STEP // 2)] * 2).type == "cuda"


def test_an_accelerator_that_is_not_there_is_named(machine, data):
    machine()
    model = TabMixNN("y ~ x + (1 | g)", epochs=1, device="cuda")
    with pytest.raises(ValueError, match=r"^device='cuda' is not there: .* device='auto' or"):
        model.fit(data)


def test_what_an_accelerator_cannot_do_is_said(machine):
    machine("mps")
    with pytest.raises(ValueError, match="no double precision"):
        device.find_device("mps", [Job(1, torch.float64)])


def test_a_wrong_device_is_named(data):
    model = TabMixNN("y ~ x + (1 | g)", epochs=1, device="gpu")
    with pytest.raises(ValueError, match=r"^device must be one of 'auto', 'cpu', .*; got 'gpu'"):
        model.fit(data)


def test_a_model_trained_elsewhere_loads_here(machine, data, tmp_path):
    machine()
    model = TabMixNN("y ~ x + (1 | g)", epochs=2, random_state=0).fit(data)
    model.set_params(device="cuda")
    model._fitted_with["device"] = "cuda"
    model.save(tmp_path / "m.tmx")
    found = TabMixNN.load(tmp_path / "m.tmx")
    assert found.device == "cuda"
    np.testing.assert_array_equal(found.predict(data), model.predict(data))


@pytest.mark.parametrize("options", NETWORKS.values(), ids=NETWORKS)
def test_an_accelerator_gives_the_model_of_the_cpu(data, accelerator, options):
    # Few steps: Adam divides by the gradient's size, and some gradients are all rounding.
    settings = {"epochs": 4, "random_state": 0, **options}
    if accelerator == "mps" and "prior" in options:
        pytest.skip("mps has no double precision")
    models = [
        TabMixNN("y ~ x + c + (x | g)", device=where, **settings).fit(data)
        for where in ("cpu", accelerator)
    ]
    first, second = (model.predict(data) for model in models)
    np.testing.assert_allclose(second, first, rtol=1e-3, atol=1e-4)
    losses = [model.history_["loss"] for model in models]
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-3, atol=1e-4)


def _network(where, **options):
    few = {"epochs": 4, "batch_size": 16, "random_state": 0}
    return TabMixNN("y ~ x + c + (x | g)", **few | options, device=where)


def test_stacked_networks_are_those_of_the_cpu(data, accelerator):
    seeds = range(3)
    fitted = [
        fit_together([_network(where, random_state=seed) for seed in seeds], [data] * len(seeds))
        for where in ("cpu", accelerator)
    ]
    for first, second in zip(*fitted, strict=True):
        assert second.engine_.device.type == accelerator
        np.testing.assert_allclose(second.predict(data), first.predict(data), rtol=1e-3, atol=1e-4)


def test_a_fit_goes_on_and_streams_there_as_on_the_cpu(data, accelerator, tmp_path):
    data.to_parquet(tmp_path / "rows.parquet", row_group_size=30)
    found = []
    for where in ("cpu", accelerator):
        model = _network(where).fit(data).fit(data, epochs=2, warm_start=True)
        filed = _network(where).fit(tmp_path / "rows.parquet")
        cut = tmp_path / f"{where}.ckpt"
        _interrupted(_network(where), data, checkpoint=cut)
        resumed = _network(where).fit(data, checkpoint=cut)
        whole = _network(where).fit(data, checkpoint=tmp_path / f"{where}_whole.ckpt")
        np.testing.assert_allclose(resumed.predict(data), whole.predict(data), rtol=1e-4)
        found.append([each.predict(data) for each in (model, filed, resumed)])
    np.testing.assert_allclose(found[1], found[0], rtol=1e-3, atol=1e-4)


def _interrupted(model, data, **options):
    def stop(epoch, record):
        if epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.set_params(callbacks=[stop]).fit(data, **options)


def test_draws_are_torchs_own_on_the_cpu():
    like = torch.zeros(5, 3)
    torch.manual_seed(0)
    expected = torch.randn_like(like), torch.rand(4, 1)
    torch.manual_seed(0)
    assert normals_like(like).equal(expected[0])
    assert uniforms((4, 1), like.device).equal(expected[1])


def test_dropout_is_torchs_own_on_the_cpu():
    hidden = torch.randn(50, 4)
    own, torchs = Dropout(0.3), torch.nn.Dropout(0.3)
    torch.manual_seed(0)
    expected = torchs(hidden)
    torch.manual_seed(0)
    assert own(hidden).equal(expected)
    assert own.eval()(hidden).equal(hidden)
