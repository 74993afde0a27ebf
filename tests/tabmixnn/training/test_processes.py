"""Two processes started by torchrun train what one trains alone.

Run as a script, by each of the two, this file fits all cases on a device and writes what came out.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import distributed

from tabmixnn import TabMixNN, fit_together
from tabmixnn.training.stacked import network

N_PROCESSES = 2
GROUPED = "y ~ x + c + offset(e) + (t | g) + (1 | k) + (1 | h)"


def data(seed=0, n=120):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "x": rng.normal(size=n),
            "t": rng.normal(size=n),
            "c": rng.choice(list("abc"), n),
            "g": np.r_[np.arange(30), rng.integers(0, 30, n - 30)].astype(str),
            "k": np.r_[np.arange(20), rng.integers(0, 20, n - 20)].astype(str),
            "h": rng.choice(list("rst"), n),
            "e": rng.normal(size=n),
            "y": rng.poisson(2.0, n),
            "b": rng.choice(["no", "yes"], n),
        }
    )


def model(formula=GROUPED, **options):
    # Few steps: Adam divides by the gradient's size, and some gradients are all rounding.
    few = {"epochs": 4, "lr": 0.003, "hidden_dims": (7, 5), "embedding_dim": 4, "batch_size": 16}
    return TabMixNN(formula, **({"random_state": 3} | few | options))


HYBRID = {"use_static_structure": True, "use_dynamic_structure": True, "hidden_dims": (5,)}
CASES = {
    # Batches of 16 have few of the levels of g, which are shared out, and of k, which cross them.
    "plain": {},
    "clipped": {"clip_norm": 0.05, "scheduler": "plateau", "enforce_centering": False},
    "one batch": {"batch_size": 256},
    "groups of two terms": {"formula": "y ~ x + (0 + t | g) + (1 | g)"},
    "no groups": {"formula": "y ~ x + c"},
    "no validation": {"validation_fraction": 0},
    "binary": {"formula": "b ~ x + c + (t | g)", "family": "binomial"},
    "counts": {"family": "poisson"},
    "structure": HYBRID | {"lambda_contract": 0.1, "lambda_sparse": 0.01},
    "learned": {"prior": "learned", "posterior": "full", "unknown_strategy": "learned"},
    "manifold": {
        "architecture": "manifold",
        "manifold_configs": [{"grid_shape": (3, 3)}],
        "hidden_dims": (64, 32),
    },
}


def outcome(fitted):
    """What is compared: the curve, predictions, intervals and Adam's moments, as lists."""
    frame = data(1)
    moments = [state["exp_avg_sq"] for state in fitted.engine_.moments.values() if state]
    return {
        "history": fitted.history_.to_numpy().tolist(),
        "best": fitted.engine_.best_epoch,
        "predictions": fitted.predict(frame).tolist(),
        "population": fitted.predict(frame, re_form="none").tolist(),
        "precision": fitted.engine_.last_layer.precision.tolist(),
        "moments": [float(each.sum()) for each in moments],
    }


def fit_all(device, folder):
    found = {
        name: outcome(model(**options, device=device).fit(data()))
        for name, options in CASES.items()
    }
    again = model(device=device).fit(data())
    found["warm start"] = outcome(again.fit(data(2), epochs=2, warm_start=True))
    models = [model(random_state=seed, device=device) for seed in (1, 2)]
    together = fit_together(models, [data(), data()])
    found["together"] = outcome(together[1])
    path = Path(folder, f"{os.environ.get('RANK', 'alone')}.parquet")
    data().to_parquet(path, row_group_size=40)
    found["file"] = outcome(model(device=device).fit(path))
    return found


def main(folder, device, backend):
    rank = int(os.environ["RANK"])
    found = fit_all(device, folder)
    assert distributed.group.WORLD._get_backend(torch.device(device)).name() == backend
    found["seedless"] = outcome(model(random_state=None).fit(data()))
    with pytest.raises(ValueError, match="given other rows") as error:
        model().fit(data(rank))
    found["error"] = str(error.value)
    Path(folder, f"{rank}.json").write_text(json.dumps(found))


def _ways():
    """Devices, and what adds up there: processes share a GPU by gloo and own one by NCCL."""
    gpus = torch.cuda.device_count()
    reason = "torch finds no GPU on this machine"
    gpu = pytest.param(
        ("cuda", "nccl" if gpus >= N_PROCESSES else "gloo"),
        marks=pytest.mark.skipif(not gpus, reason=reason),
        id="cuda",
    )
    return [pytest.param(("cpu", "gloo"), id="cpu"), gpu]


@pytest.fixture(scope="module", params=_ways())
def way(request):
    return request.param


@pytest.fixture(scope="module")
def both(way, tmp_path_factory):
    folder = tmp_path_factory.mktemp("processes")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", str(N_PROCESSES), __file__, str(folder)]
    command += way
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in range(N_PROCESSES)]


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    # Tables as several processes have them: how far untouched levels drift is known to 1e-4.
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(network, "POOLED_VALUES", 0)
        return fit_all("cpu", tmp_path_factory.mktemp("alone"))


NAMES = [*CASES, "warm start", "together", "file"]


@pytest.mark.parametrize("name", NAMES)
def test_two_processes_train_what_one_trains(both, alone, name):
    one, two = alone[name], both[0][name]
    assert two["best"] == one["best"]
    for part in ("history", "predictions", "population", "precision", "moments"):
        np.testing.assert_allclose(two[part], one[part], rtol=1e-3, atol=1e-4, err_msg=part)
    np.testing.assert_allclose(two["history"], one["history"], rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("name", [*NAMES, "seedless"])
def test_every_process_ends_with_the_same_model(both, way, name):
    if "cpu" in way:
        assert both[0][name] == both[1][name]
        return
    # What a GPU adds up comes in any order.
    for part, first in both[0][name].items():
        np.testing.assert_allclose(both[1][name][part], first, rtol=1e-5, atol=1e-8, err_msg=part)


def test_other_rows_are_an_error_in_all_processes(both):
    sentence = "Process 1 of 2 was given other rows than process 0. Under torchrun every process"
    assert all(each["error"].startswith(sentence) for each in both)


NCCL = """
import json
import numpy as np
from tests.tabmixnn.training.test_processes import model, data
from torch import device, distributed
from tabmixnn.inference import together, variational
from tabmixnn.training.processes import Together, start

predictions = [model(device="cpu").fit(data()).predict(data(1))]
start()
assert distributed.group.WORLD._get_backend(device("cuda")).name() == "nccl"
together.processes = variational.processes = Together
predictions += [model(device=each).fit(data()).predict(data(1)) for each in ("cpu", "cuda")]
print(json.dumps([each.tolist() for each in predictions]))
"""


@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU on this machine")
def test_one_process_adds_up_by_nccl():
    # As the group of one that a machine of one GPU can have.
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([os.getcwd(), *sys.path])}
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--no-python"]
    command += [sys.executable, "-c", NCCL]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    alone, cpu, gpu = json.loads(done.stdout.strip().splitlines()[-1])
    np.testing.assert_allclose(cpu, alone, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(gpu, alone, rtol=1e-3, atol=1e-4)


if __name__ == "__main__":
    main(*sys.argv[1:])
