"""Blocks against random batches: paired, and a verdict that can be either."""

import numpy as np
import pandas as pd
import pytest

from tabmixbench.benchmarks import block_batches
from tabmixbench.registry import load_registry
from tabmixnn.training.batches import BatchPlan

OPTIONS = {"batches": [16, 600], "seeds": 2, "epochs": 1, "max_rows": 1100}


@pytest.fixture
def sleepstudy():
    rng = np.random.default_rng(0)
    days = np.tile(np.arange(10.0), 18)
    data = pd.DataFrame({"Days": days, "Subject": np.repeat(np.arange(18), 10).astype(str)})
    data["Reaction"] = 250 + 10 * days + rng.normal(size=180)
    return load_registry("config/datasets.yaml")["sleepstudy"], data


def test_everything_but_the_batches_is_the_same(sleepstudy):
    dataset, data = sleepstudy
    splits = pd.DataFrame({"rows_0": np.arange(180) % 5 == 0, "groups_0": np.arange(180) < 36})
    found = block_batches.compared(dataset, data, splits, OPTIONS)
    # Batches of 600 need 1,200 rows; batches of 16 are fully random in either case.
    assert list(found["batch"]) == [16, 16]
    assert found["blocks"].to_numpy() == pytest.approx(found["random"].to_numpy())


def test_blocks_are_of_neighbours_only_inside():
    before = BatchPlan(10_000, 4096).block_rows
    with block_batches.blocks_in_batch(10**9):
        assert BatchPlan(10_000, 4096).block_rows == 1
    assert BatchPlan(10_000, 4096).block_rows == before == 4


@pytest.mark.parametrize(("loss", "worse"), [(0.0, 0), (0.05, 1)])
def test_the_verdict_follows_the_pairs(loss, worse):
    rng = np.random.default_rng(1)
    random = 0.5 + 0.01 * rng.normal(size=10)
    found = pd.DataFrame(
        {"dataset": "A", "batch": 512, "split": np.arange(10) // 2, "seed": np.arange(10) % 2}
        | {"random": random, "blocks": random * (1 + loss + 1e-4 * rng.normal(size=10))}
    )
    table = block_batches.block_table(found, ["B"])
    assert f"they are worse in {worse}" in table.notes[1]
    assert table.rows[0][4].bold == bool(worse)
    assert table.notes[-1].endswith(": B.")
