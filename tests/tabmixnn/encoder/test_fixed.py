"""Fixed effects, eqs. 3-5."""

import pytest
import torch

from tabmixnn.encoder import EncoderInputs, FixedEffects


def inputs(cont, cat):
    return EncoderInputs(cont=cont, cat=cat, groups=(), offset=torch.zeros(len(cont)))


@pytest.fixture
def rows():
    return inputs(torch.randn(5, 3), torch.tensor([[1, 0], [2, 1], [3, 2], [1, 1], [0, 2]]))


def test_continuous_columns_are_one_matrix_product(rows):
    layer = FixedEffects(n_cont=3, cat_sizes=(), dim=4)
    torch.testing.assert_close(layer(rows), rows.cont @ layer.continuous.weight.T)


def test_concatenation_is_projected_to_width_d(rows):
    layer = FixedEffects(n_cont=3, cat_sizes=(3, 2), dim=4)
    parts = [rows.cont @ layer.continuous.weight.T]
    parts += [e.weight[rows.cat[:, j]] for j, e in enumerate(layer.embeddings)]
    expected = torch.cat(parts, dim=1) @ layer.projection.weight.T
    assert expected.shape == (5, 4)
    torch.testing.assert_close(layer(rows), expected)


def test_unseen_category_contributes_nothing():
    layer = FixedEffects(n_cont=0, cat_sizes=(3,), dim=4)
    out = layer(inputs(torch.empty(2, 0), torch.tensor([[0], [1]])))
    assert torch.count_nonzero(out[0]) == 0
    assert torch.count_nonzero(out[1]) == 4


def test_no_columns_give_zeros():
    layer = FixedEffects(n_cont=0, cat_sizes=(), dim=4)
    out = layer(inputs(torch.empty(2, 0), torch.empty(2, 0, dtype=torch.int64)))
    torch.testing.assert_close(out, torch.zeros(2, 4))
