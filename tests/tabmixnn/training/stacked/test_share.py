"""How rows and levels are shared out among processes."""

from itertools import pairwise

import pytest
import torch

from tabmixnn.encoder.inputs import EncoderInputs, GroupRows
from tabmixnn.training import Processes, TrainingRows
from tabmixnn.training.stacked.rows import Layout, StackedRows
from tabmixnn.training.stacked.share import Share

N, LEVELS = 60, 13


class Numbered(Processes):
    """A process that knows its number and meets no others."""

    def __init__(self, rank, count):
        self.rank, self.count = rank, count


@pytest.fixture
def rows():
    torch.manual_seed(0)
    codes = torch.cat([torch.arange(LEVELS), torch.randint(LEVELS, (N - LEVELS,))])
    crossed = torch.randint(4, (N,))
    groups = tuple(GroupRows(each, torch.ones(N, 1)) for each in (crossed, codes, codes))
    inputs = EncoderInputs(torch.randn(N, 2), torch.randint(3, (N, 1)), groups, torch.zeros(N))
    return TrainingRows(inputs, torch.randn(N)).by_group()


def shares(rows, count, few=(False, True, True)):
    levels = [4, LEVELS, LEVELS]
    return [Share(Numbered(rank, count), rows, levels, few) for rank in range(count)]


@pytest.mark.parametrize("count", [2, 3, 5])
def test_rows_are_shared_out_in_whole_groups(rows, count):
    found = shares(rows, count)
    codes = rows.inputs.groups[1].codes
    assert found[0].rows.start == 0
    for one, next_one in pairwise(found):
        assert one.rows.stop == next_one.rows.start
        assert one.levels.stop == next_one.levels.start
    assert found[-1].rows.stop == N
    assert found[-1].levels.stop == LEVELS
    for share in found:
        mine = codes[share.rows]
        assert mine.min() >= share.levels.start
        assert mine.max() < share.levels.stop
        assert share.owned == [False, True, True]
        assert share.counts == [s.levels.stop - s.levels.start for s in found]


def test_parts_of_a_batch_make_up_the_batch(rows):
    layout = Layout.of([rows], [False, True, True])
    levels = [[4], [LEVELS], [LEVELS]]
    stacked = StackedRows([rows], [3], levels, layout, torch.device("cpu"))
    numbers = torch.randperm(N)[:20].sort().values
    batch = stacked.take([numbers])
    found = shares(rows, 3)
    parts = [share.part(batch, share.among(numbers)) for share in found]
    for name in ("cont", "y", "weight"):
        joined = torch.cat([getattr(part, name) for part in parts], 1)
        assert torch.equal(joined, getattr(batch, name))
    assert torch.equal(torch.cat([part.cat for part in parts]), batch.cat)
    crossed, owned, _ = zip(*(part.groups for part in parts), strict=True)
    assert torch.equal(torch.cat(crossed), batch.groups[0])
    firsts = [share.levels.start for share in found]
    shifted = [codes + first for codes, first in zip(owned, firsts, strict=True)]
    assert torch.equal(torch.cat(shifted), batch.groups[1])
    assert sum(part.mass for part in parts) == pytest.approx(1)


def test_rows_not_trained_on_go_where_their_group_is(rows):
    others = rows.take(torch.randperm(N)[:15])
    seen = 0
    for share in shares(rows, 3):
        arranged, mine = share.of_others(others)
        codes = arranged.inputs.groups[1].codes[mine]
        assert ((codes >= share.levels.start) & (codes < share.levels.stop)).all()
        seen += len(codes)
    assert seen == 15


def test_more_processes_than_groups_are_too_many(rows):
    with pytest.raises(ValueError, match="16 processes cannot share 60 rows whose groups"):
        shares(rows, 16)


def test_without_groups_rows_are_cut_anywhere():
    inputs = EncoderInputs(
        torch.randn(7, 1), torch.zeros(7, 0, dtype=torch.int64), (), torch.zeros(7)
    )
    found = [Share(Numbered(r, 2), TrainingRows(inputs, torch.zeros(7)), [], []) for r in (0, 1)]
    assert [share.rows for share in found] == [slice(0, 3), slice(3, 7)]
