"""Mini-batches of blocks of neighbouring rows."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tabmixnn.training.batches import BatchPlan


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 9000), st.integers(5, 5000), st.integers(0, 99))
def test_an_epoch_has_every_row_once(n_rows, batch_size, seed):
    plan = BatchPlan(n_rows, batch_size)
    batches = list(plan.epoch(torch.Generator().manual_seed(seed)))
    assert len(batches) == len(plan)
    assert torch.cat(batches).sort().values.equal(torch.arange(n_rows))
    assert all(len(rows) <= batch_size for rows in batches)
    assert all(rows.equal(rows.sort().values) for rows in batches)


def test_a_large_batch_is_made_of_1024_runs():
    rows = next(BatchPlan(100_000, 4096).epoch(torch.Generator().manual_seed(0)))
    runs = rows.view(1024, 4)
    assert (runs.diff(dim=1) == 1).all()
    assert (runs[:, 0] % 4 == 0).all()


@pytest.mark.parametrize(
    ("size", "blocks", "run"), [(100, 64, 1), (200, 64, 2), (256, 256, 1), (256, 64, 4)]
)
def test_the_length_of_a_run_divides_the_batch(size, blocks, run, monkeypatch):
    monkeypatch.setattr(BatchPlan, "blocks", blocks)
    assert BatchPlan(10_000, size).block_rows == run


def test_batches_differ_from_epoch_to_epoch():
    generator = torch.Generator().manual_seed(0)
    plan = BatchPlan(1000, 256)
    first, second = next(plan.epoch(generator)), next(plan.epoch(generator))
    assert not first.equal(second)
