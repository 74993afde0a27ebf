"""Adam on a vector and on touched rows, against ``torch.optim.Adam``."""

import pytest
import torch

from tabmixnn.training.stacked.adam import AdamClock, RowAdam, VectorAdam

CPU = torch.device("cpu")
RATES = [0.01] * 150 + [0.003] * 250


def dense(start, gradients):
    """Run torch's Adam with a rate that changes."""
    values = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([values], lr=RATES[0])
    for gradient, lr in zip(gradients, RATES, strict=True):
        optimizer.param_groups[0]["lr"] = lr
        values.grad = gradient
        optimizer.step()
    return values.detach()


def test_a_vector_moves_as_in_torch():
    torch.manual_seed(0)
    start, gradients = torch.randn(7), torch.randn(len(RATES), 7)
    clock = AdamClock(len(RATES), CPU)
    values = start.clone()
    adam = VectorAdam(clock, values)
    for gradient, lr in zip(gradients, RATES, strict=True):
        clock.begin(lr)
        adam.step(gradient)
        clock.end()
    torch.testing.assert_close(values, dense(start, gradients))


@pytest.mark.parametrize("chance", [0.9, 0.2, 0.005])
def test_rows_that_are_seldom_touched_move_as_if_all_were_updated(chance):
    torch.manual_seed(1)
    start = torch.randn(12, 3)
    touched = torch.rand(len(RATES), 12) < chance
    gradients = torch.randn(len(RATES), 12, 3) * touched[:, :, None]
    clock = AdamClock(len(RATES), CPU)
    adam = RowAdam(clock, start)
    for gradient, mask, lr in zip(gradients, touched, RATES, strict=True):
        rows = mask.nonzero().view(-1)
        state = adam.take(rows)
        adam.catch_up(state, rows)
        clock.begin(lr)
        adam.step(rows, state, gradient[rows])
        clock.end()
    expected = dense(start, gradients)
    torch.testing.assert_close(adam.settle(), expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(adam.settle(), expected, rtol=1e-4, atol=1e-5)


def test_a_row_never_touched_stays():
    clock = AdamClock(10, CPU)
    adam = RowAdam(clock, torch.ones(2, 1))
    rows = torch.tensor([0])
    for _ in range(10):
        state = adam.take(rows)
        adam.catch_up(state, rows)
        clock.begin(0.1)
        adam.step(rows, state, torch.ones(1, 1))
        clock.end()
    assert adam.settle()[1].item() == 1
