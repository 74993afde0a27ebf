"""Random numbers are those of the seed, and nobody else's."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
import torch

from tabmixnn import TabMixNNRegressor

THREADS = 4


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    data = pd.DataFrame(
        {
            "x": rng.normal(size=200),
            "g": rng.integers(0, 10, 200).astype(str),
            "c": rng.choice(list("abcd"), 200),
        }
    )
    return data.assign(y=data["x"] + rng.normal(size=200))


def network(**options):
    options = {"epochs": 3, "random_state": 0, "inference": "variational", **options}
    return TabMixNNRegressor("y ~ x + c + (1 | g)", **options)


# The second cannot be trained as one of a stack.
@pytest.mark.parametrize("options", [{}, {"unknown_strategy": "learned"}])
def test_a_fit_leaves_the_generator_of_its_user_alone(data, options):
    before = torch.get_rng_state()
    model = network(**options).fit(data)
    model.predict(data[:5], interval=0.8)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("options", [{}, {"unknown_strategy": "learned"}])
def test_threads_do_not_disturb_each_other(data, options):
    def intervals(_):
        return network(**options).fit(data).predict(data[:5], interval=0.8).to_numpy()

    alone = intervals(0)
    with ThreadPoolExecutor(THREADS) as pool:
        for found in pool.map(intervals, range(2 * THREADS)):
            np.testing.assert_array_equal(found, alone)


@pytest.mark.parametrize(
    "options",
    [{}, {"unknown_strategy": "learned"}, {"use_static_structure": True}, {"prior": "learned"}],
)
def test_the_default_type_of_other_models_does_not_matter(data, options):
    def found():
        model = network(**options).fit(data)
        model.fit(data.replace({"g": {"1": "new"}}), epochs=1, warm_start=True)
        return model.predict(data[:5], interval=0.8).to_numpy()

    expected = found()
    torch.set_default_dtype(torch.float64)
    try:
        np.testing.assert_array_equal(found(), expected)
        assert torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_gradients_may_be_off_where_predictions_are_made(data, mode, tmp_path):
    expected = network().fit(data).predict(data[:5], interval=0.8)
    model = network().fit(data)
    with mode():
        pd.testing.assert_frame_equal(model.predict(data[:5], interval=0.8), expected)
    model.export(tmp_path / "network.pt2")
