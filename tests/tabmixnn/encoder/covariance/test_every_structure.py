"""What every registered structure has to pass; a new one is found here by itself."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from tabmixnn.encoder.covariance import STRUCTURES, ParameterError, Placed, apply_cov_struct_map
from tabmixnn.encoder.covariance.context import EffectContext, LevelContext, RowContext
from tabmixnn.encoder.covariance.domains import Domain
from tabmixnn.encoder.covariance.map import PLACES, components
from tabmixnn.encoder.covariance.registry import TYPES
from tabmixnn.formula import Design
from tests.tabmixnn.encoder.covariance.entries import ENTRIES, entry_of, make_data

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

    def test_a_later_level_may_stand_where_a_known_one_does(self, example):
        structure, positions = example
        structure.check_new(positions, positions[[2, 2]], ["one", "other"], "here")

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

    def test_solves_as_the_dense_matrix_does(self, example):
        structure, positions = example
        params = some_params(structure, 3, 0.3)
        matrix = structure.matrix(params, positions)
        u = np.random.default_rng(1).normal(size=(SIZE, 3))
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
        u = np.random.default_rng(1).normal(size=(5, 2))
        found = structure.expected(params, known, new, u)
        np.testing.assert_allclose(found, expected @ u, atol=1e-9)

    def test_variances_are_the_diagonal(self, example):
        structure, positions = example
        params = some_params(structure, 2, 0.3)
        expected = np.diagonal(structure.matrix(params, positions))
        np.testing.assert_allclose(structure.variances(params, positions), expected, rtol=1e-12)

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


class Observed(dict):
    """An entry that knows which of its keys were asked for."""

    def __init__(self, entry):
        super().__init__(entry)
        self.asked = set()

    def __getitem__(self, key):
        self.asked.add(key)
        return super().__getitem__(key)

    def __contains__(self, key):
        self.asked.add(key)
        return super().__contains__(key)

    def get(self, key, default=None):
        self.asked.add(key)
        return super().get(key, default)


def block_and_data():
    data = make_data()
    return Design.fit("y ~ x + (1 + x | g)", data).frame(data).blocks[0], data


def built(part, entry):
    """The structure of an entry over what `part` lies over."""
    block, data = block_and_data()
    contexts = {
        "levels": LevelContext("g", block.levels, block.codes, data),
        "effects": EffectContext("g", block.names),
        "residual": RowContext("g", block.codes, data),
    }
    return part.structure.from_map(entry, contexts[part.over])


@pytest.mark.parametrize("name", sorted(TYPES))
class TestEveryEntry:
    def test_is_laid_on_what_it_lies_over(self, name):
        block, data = block_and_data()
        parts = {part.over: part for part in components("g", entry_of(name))}
        (laid,), residual = apply_cov_struct_map({"g": entry_of(name)}, [block], data)
        found = {
            "levels": getattr(laid, "over_levels", None),
            "effects": getattr(laid, "over_effects", None),
            "residual": residual,
        }
        assert {over for over, each in found.items() if each is not None} == set(parts)
        for over, part in parts.items():
            assert type(found[over].structure) is type(built(part, part.entry))

    def test_keys_name_all_that_is_read(self, name):
        for part in components("g", entry_of(name)):
            entry = Observed(part.entry)
            built(part, entry)
            every = {"type", "over", "hold", *PLACES[part.over], *part.structure.keys}
            assert entry.asked <= every, (
                f"keys of {part.structure.__name__} lacks {entry.asked - every}, so that an entry "
                "with it is refused"
            )
            column = part.structure.default_column
            assert column is None or column in part.structure.keys

    def test_starts_where_the_entry_says_and_holds_what_it_says(self, name):
        for part in components("g", entry_of(name)):
            structure = built(part, part.entry)
            for key, value in structure.natural(structure.start).items():
                assert value == pytest.approx(part.entry.get(key, value))
            for key in structure.names:
                held = built(part, {**part.entry, "hold": [key]})
                assert held.names == [each for each in structure.names if each != key]


def test_every_entry_is_of_a_structure():
    assert set(ENTRIES) <= set(TYPES)


def test_an_unknown_parameter_cannot_be_held():
    with pytest.raises(ParameterError, match="AR1 has no parameter 'phi' to hold; it has rho"):
        STRUCTURES["AR1"](0.3, hold=["phi"])
