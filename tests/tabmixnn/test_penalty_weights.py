"""Weights of penalties."""

import pytest

from tabmixnn.penalty_weights import AcyclicityWeight, ConstantWeight, PenaltySettings


def test_a_constant_weight_stays():
    weight = ConstantWeight(0.1)
    weight.end_epoch(5.0)
    assert weight.weigh(2.0) == pytest.approx(0.2)


def test_weights_of_zero_are_left_out():
    assert PenaltySettings().weights() == {}
    assert set(PenaltySettings(lambda_sparse=0.1).weights()) == {"sparse"}


def test_a_constraint_has_a_schedule_even_from_zero():
    weights = PenaltySettings(lambda_dag=0.0, constrained=True).weights()
    assert isinstance(weights["dag"], AcyclicityWeight)


def test_schedules_are_new_for_every_fit():
    settings = PenaltySettings(lambda_dag=0.1, constrained=True)
    settings.weights()["dag"].schedule.update(1.0)
    assert settings.weights()["dag"].schedule.alpha == 0.1


def test_the_multiplier_moves_every_few_epochs_until_the_constraint_holds():
    weight = AcyclicityWeight(0.5, every=5)
    for _ in range(4):
        weight.end_epoch(0.1)
    assert weight.schedule.alpha == 0.5
    weight.end_epoch(0.1)
    assert weight.schedule.alpha > 0.5
    raised = weight.schedule.alpha
    for _ in range(20):
        weight.end_epoch(1e-9)
    assert weight.schedule.alpha == raised
