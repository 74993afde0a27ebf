"""Output heads, eq. 30."""

import torch

from tabmixnn.families import Binomial, Gaussian, Multinomial
from tabmixnn.heads import OutputHead

FEATURES = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))
OFFSET = torch.arange(5.0)


def test_gaussian_head_predicts_the_mean_and_shares_sigma():
    head = OutputHead(4, Gaussian())
    dist = head(FEATURES, OFFSET)
    layer = head.predicted["mu"]
    expected = FEATURES @ layer.weight[0] + layer.bias + OFFSET
    torch.testing.assert_close(dist.loc, expected)
    torch.testing.assert_close(dist.scale, torch.ones(5))
    assert head.shared["sigma"].shape == (1,)


def test_binomial_head_has_one_logit_a_row():
    assert OutputHead(4, Binomial())(FEATURES, OFFSET).logits.shape == (5,)


def test_multinomial_head_has_a_logit_a_class_and_the_offset_cancels():
    head = OutputHead(4, Multinomial(3))
    dist = head(FEATURES, OFFSET)
    assert dist.probs.shape == (5, 3)
    torch.testing.assert_close(dist.probs, head(FEATURES, torch.zeros(5)).probs)


def test_log_prob_reaches_every_parameter():
    head = OutputHead(4, Gaussian())
    head(FEATURES, OFFSET).log_prob(torch.zeros(5)).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in head.parameters())
