"""The pieces graphs are learned with, each against brute force."""

from itertools import combinations, permutations, product

import numpy as np
import pytest

from tabmixnn.structure.basis import BASES
from tabmixnn.structure.moments import Moments
from tabmixnn.structure.noise import NOISE_MODELS
from tabmixnn.structure.relaxation import Relaxation
from tabmixnn.structure.search import OrderSearch
from tabmixnn.structure.simulate import MECHANISMS, simulate_data, simulate_graph


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    columns = simulate_data(simulate_graph(4, 4, rng), 200, rng)
    return columns - columns.mean(0)


@pytest.mark.parametrize("effects", sorted(BASES))
def test_moments_give_least_squares(data, effects):
    moments = Moments.of(data, effects)
    basis = np.hstack([BASES[effects](data[:, j]) for j in (1, 3)])
    expected, residual, *_ = np.linalg.lstsq(basis, data[:, 0], rcond=None)
    found, square = moments.regress(0, [3, 1])
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-8)
    assert square == pytest.approx(residual.item() / len(data), rel=1e-8)


@pytest.mark.parametrize("effects", sorted(BASES))
@pytest.mark.parametrize("parents", [(), (2,)])
def test_gains_are_differences_of_regressions(data, effects, parents):
    moments = Moments.of(data, effects)
    square, gains = moments.gains(0, parents, [1, 3])
    expected = [square - moments.regress(0, [*parents, j])[1] for j in (1, 3)]
    assert square == moments.regress(0, parents)[1]
    np.testing.assert_allclose(gains, expected, rtol=1e-6)


@pytest.mark.parametrize("effects", sorted(BASES))
def test_losses_are_differences_of_regressions(data, effects):
    data = np.column_stack([data[:, :3], np.sign(data[:, 3])])  # a basis of another size
    moments = Moments.of(data, effects)
    square, losses = moments.losses(0, [1, 2, 3])
    less = [moments.regress(0, parents)[1] for parents in ([2, 3], [1, 3], [1, 2])]
    assert square == moments.regress(0, [1, 2, 3])[1]
    np.testing.assert_allclose(losses, np.array(less) - square, rtol=1e-5, atol=1e-9)


def test_no_parents_lose_nothing(data):
    square, losses = Moments.of(data, "linear").losses(0, [])
    assert (square, len(losses)) == (pytest.approx(data[:, 0].var()), 0)


def test_spline_basis_is_centred_and_orthonormal(data):
    basis = BASES["additive"](data[:, 0])
    np.testing.assert_allclose(basis.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(basis.T @ basis / len(basis), np.eye(basis.shape[1]), atol=1e-10)


@pytest.mark.parametrize("values", [2, 3])
def test_columns_of_few_values_have_a_basis(values):
    column = np.resize(np.arange(values, dtype=float), 30)
    basis = BASES["additive"](column - column.mean())
    assert 1 <= basis.shape[1] <= values - 1


@pytest.mark.parametrize("name", sorted(NOISE_MODELS))
def test_bic_is_that_of_the_likelihood(data, name):
    noise = NOISE_MODELS[name]
    moments = Moments.of(data, "linear")
    parents = (frozenset(), frozenset({0}), frozenset({0, 1}), frozenset())
    squares = np.array([moments.regress(j, pa)[1] for j, pa in enumerate(parents)])
    variances = np.full(4, squares.mean()) if name == "equal" else squares
    loglik = -len(data) / 2 * (np.log(2 * np.pi * variances) + squares / variances).sum()
    n_parameters = 3 + (1 if name == "equal" else 4)
    expected = -2 * loglik + np.log(len(data)) * n_parameters
    assert OrderSearch(moments, noise).bic(parents) == pytest.approx(expected)


@pytest.mark.parametrize("name", sorted(NOISE_MODELS))
@pytest.mark.parametrize("effects", sorted(BASES))
def test_search_finds_the_best_of_all_orders(data, name, effects):
    search = OrderSearch(Moments.of(data, effects), NOISE_MODELS[name])
    best = min(search.bic(search.parents(order)) for order in permutations(range(4)))
    for start in ([0, 1, 2, 3], [3, 1, 0, 2]):
        parents, bic = search.improve(start)
        assert bic == pytest.approx(best)
        assert search.bic(parents) == pytest.approx(bic)


@pytest.mark.parametrize("seed", [106, 110, 112, 118, 122, 128, 137])
def test_edges_are_judged_by_the_variance_that_all_variables_share(seed):
    """Columns in units of different sizes: of all graphs the found one has the least BIC."""
    rng = np.random.default_rng(seed)
    columns = simulate_data(simulate_graph(3, 2, rng), 400, rng)
    columns = columns * np.exp(1.5 * rng.normal(size=3))
    search = OrderSearch(Moments.of(columns - columns.mean(0), "linear"), NOISE_MODELS["equal"])
    best = min(
        search.bic(tuple(frozenset(pa) for pa in parents))
        for order in permutations(range(3))
        for parents in product(*(subsets(order[: order.index(j)]) for j in range(3)))
    )
    assert search.improve(range(3))[1] == pytest.approx(best, abs=1e-6)


def subsets(variables):
    """All sets of some variables."""
    return [each for size in range(len(variables) + 1) for each in combinations(variables, size)]


def test_chosen_parents_precede_their_effects(data):
    search = OrderSearch(Moments.of(data, "linear"), NOISE_MODELS["equal"])
    order = [2, 0, 3, 1]
    for variable, parents in enumerate(search.parents(order)):
        assert parents <= set(order[: order.index(variable)])


@pytest.mark.parametrize("name", sorted(NOISE_MODELS))
@pytest.mark.parametrize("acyclicity", ["trace_exp", "log_det"])
def test_relaxed_graph_has_no_cycles_left(data, name, acyclicity):
    moments = Moments.of(data / data.std(0), "linear")
    strengths = Relaxation(moments, NOISE_MODELS[name], 0.1, acyclicity).strengths()
    assert not strengths.diagonal().any()
    assert np.minimum(strengths, strengths.T).max() < 0.01
    assert strengths.max() > 0.1


@pytest.mark.parametrize("mechanism", sorted(MECHANISMS))
def test_simulated_rows_follow_their_graph(mechanism):
    rng = np.random.default_rng(5)
    graph = np.zeros((3, 3), dtype=bool)
    graph[0, 2] = True  # variable 2 affects variable 0
    data = simulate_data(graph, 400, rng, mechanism=mechanism)
    assert data.shape == (400, 3)
    for root in (1, 2):
        assert data[:, root].std() == pytest.approx(1, abs=0.1)
    assert data[:, 0].std() > 1.05


def test_simulated_graphs_have_the_expected_edges_and_no_cycles():
    rng = np.random.default_rng(0)
    counts = []
    for _ in range(200):
        graph = simulate_graph(10, 20, rng)
        assert not np.linalg.matrix_power(graph.astype(int), 10).any()
        counts.append(graph.sum())
    assert np.mean(counts) == pytest.approx(20, abs=0.8)


def test_a_cycle_cannot_be_simulated():
    with pytest.raises(ValueError, match="cycle"):
        simulate_data(np.array([[0, 1], [1, 0]]), 10, np.random.default_rng(0))
