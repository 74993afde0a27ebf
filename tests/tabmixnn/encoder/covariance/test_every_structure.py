"""What every registered structure has to pass; a new one is found here by itself."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from tabmixnn.encoder.covariance import STRUCTURES, ParameterError, Placed
from tabmixnn.encoder.covariance.domains import Domain

SIZE = 8


@pytest.fixture(params=sorted(STRUCTURES))
def example(request):
    return STRUCTURES[request.param].example(SIZE, np.random.default_rng(7))


def some_params(structure, seed=0, spread=1.0):
    return structure.start + spread * np.random.default_rng(seed).normal(size=structure.n_params)


class TestEveryStructure:
    def test_is_listed_under_its_type(self, example):
        structure, _ = example
        assert STRUCTURES[structure.type] is type(structure)

    def test_takes_its_own_example(self, example):
        structure, positions = example
        placed = Placed(structure, positions)
        assert len(placed) == SIZE
        assert placed.start.shape == (structure.n_params,)

    def test_derivatives_are_those_of_differences(self, example):
        structure, positions = example
        params = some_params(structure, spread=0.3)
        found = structure.derivatives(params, positions)
        assert found.shape == (structure.n_params, SIZE, SIZE)
        for k in range(structure.n_params):
            step = np.zeros(structure.n_params)
            step[k] = 1e-6
            ahead = structure.matrix(params + step, positions)
            behind = structure.matrix(params - step, positions)
            np.testing.assert_allclose(found[k], (ahead - behind) / 2e-6, atol=2e-8)

    @pytest.mark.parametrize("seed", range(5))
    def test_matrix_is_a_covariance_everywhere(self, example, seed):
        structure, positions = example
        matrix = structure.matrix(some_params(structure, seed, 3.0), positions)
        np.testing.assert_array_equal(matrix, matrix.T)
        assert np.linalg.eigvalsh(matrix)[0] > -1e-10

    @pytest.mark.parametrize("seed", range(5))
    def test_parameters_stay_in_their_domain(self, example, seed):
        structure, _ = example
        values = structure.values(some_params(structure, seed, 10.0))
        for value, domain in zip(values, structure.domains.values(), strict=True):
            assert isinstance(domain, Domain)
            assert domain.contains(value)

    def test_starts_where_it_was_told_to(self, example):
        structure, _ = example
        np.testing.assert_allclose(structure.values(structure.start), structure.initial)

    def test_determinant_and_quadratic_form_are_the_dense_ones(self, example):
        structure, positions = example
        params = some_params(structure, 3, 0.3)
        matrix = structure.matrix(params, positions)
        u = np.random.default_rng(1).normal(size=(SIZE, 3))
        logdet = np.linalg.slogdet(matrix)[1]
        assert structure.logdet(params, positions) == pytest.approx(logdet, abs=1e-9)
        expected = np.trace(u.T @ np.linalg.solve(matrix, u))
        assert structure.quadratic(params, positions, u) == pytest.approx(expected, rel=1e-9)
        solved = structure.solve(params, positions, u)
        np.testing.assert_allclose(matrix @ solved, u, atol=1e-9)

    def test_conditional_is_that_of_the_joint_normal(self, example):
        structure, positions = example
        params = some_params(structure, 2, 0.3)
        known, new = positions[:5], positions[5:]
        weights, covariance = structure.conditional(params, known, new)
        joint = structure.matrix(params, positions)
        expected = joint[5:, :5] @ np.linalg.inv(joint[:5, :5])
        np.testing.assert_allclose(weights, expected, atol=1e-9)
        left = joint[5:, 5:] - expected @ joint[:5, 5:]
        np.testing.assert_allclose(covariance, left, atol=1e-9)

    def test_a_batch_of_position_sets_is_done_at_once(self, example):
        structure, positions = example
        params = structure.start
        batch = np.stack([positions, positions[::-1]])
        found = structure.matrix(params, batch)
        assert found.shape == (2, SIZE, SIZE)
        np.testing.assert_allclose(found[0], structure.matrix(params, positions))
        np.testing.assert_allclose(found[1], found[0][::-1, ::-1])
        assert structure.derivatives(params, batch).shape == (structure.n_params, 2, SIZE, SIZE)

    def test_copies_and_travels(self, example):
        structure, positions = example
        params = some_params(structure, 4, 0.3)
        expected = structure.matrix(params, positions)
        for twin in (copy.deepcopy(structure), pickle.loads(pickle.dumps(structure))):
            np.testing.assert_array_equal(twin.matrix(params, positions), expected)
            assert twin.natural(params) == structure.natural(params)

    def test_a_held_parameter_keeps_its_value(self, example):
        structure, positions = example
        if not structure.n_params:
            assert structure.derivatives(np.zeros(0), positions).shape[0] == 0
            return
        name = structure.names[0]
        held = copy.deepcopy(structure)
        held.free = [i for i in structure.free if i != list(structure.domains).index(name)]
        assert name not in held.names
        params = some_params(held, 5)
        place = list(held.domains).index(name)
        assert held.values(params)[place] == structure.initial[place]
        assert held.derivatives(params, positions).shape[0] == structure.n_params - 1

    def test_natural_parameters_are_finite_numbers(self, example):
        structure, _ = example
        for value in structure.natural(some_params(structure)).values():
            assert np.isfinite(value)


def test_an_unknown_parameter_cannot_be_held():
    with pytest.raises(ParameterError, match="AR1 has no parameter 'phi' to hold; it has rho"):
        STRUCTURES["AR1"](0.3, hold=["phi"])
