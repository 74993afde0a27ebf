"""Sentences on slopes and contributions."""

from tests.workflow.claims.look import look


def test_slopes_that_differ_and_agree_with_the_mixed_model(evidence, write):
    write("interpretation/a/slopes.csv", slope=[20.0, 10.0, -1.0], exact=[19.0, 11.0, 0.0])
    write("interpretation/b/slopes.csv", slope=[10.0, 10.1, 10.2], exact=[19.0, 0.0, 11.0])
    assert look(evidence, "slopes_differ", model="a", flat=0.25).holds
    assert not look(evidence, "slopes_differ", model="b", flat=0.25).holds
    assert look(evidence, "slopes_are_random_slopes", model="a", correlation=0.9).holds
    assert not look(evidence, "slopes_are_random_slopes", model="b", correlation=0.9).holds
    assert look(evidence, "slopes_differ", model="c", flat=0.25).missing


def with_contributions(write, rise, model="network"):
    """Two subjects at Days 0 and 9: what Days adds in the fixed part, and through their slopes."""
    write(
        f"interpretation/{model}/contributions.csv",
        **{
            "group": ["a", "b", "c"] * 2,
            "x": [0] * 3 + [9] * 3,
            "Days": [-40.0] * 3 + [40.0] * 3,
            "(Intercept) | Subject": [99.0, 0.0, 0.0] * 2,
            "Days | Subject": [0.0] * 3 + rise,
        },
    )


def test_contributions_grow_where_they_rise_beyond_noise(evidence, write):
    settings = {"column": "Days"}
    assert look(evidence, "contributions_grow", model="a", **settings).missing
    with_contributions(write, [10.0, 0.0, -10.0])
    found = look(evidence, "contributions_grow", model="network", **settings)
    assert (found.holds, found.value) == (True, 80.0)
    assert "for 3 of 3 subjects" in found.note
    with_contributions(write, [300.0, -300.0, -80.0], "noisy")
    assert look(evidence, "contributions_grow", model="noisy", **settings).holds is None
    with_contributions(write, [-180.0, -190.0, -170.0], "falling")
    assert look(evidence, "contributions_grow", model="falling", **settings).holds is False


def test_the_only_predictor_of_a_formula_is_its_main_one_by_construction(evidence, write):
    with_contributions(write, [0.0, 0.0, 0.0])
    found = look(evidence, "main_predictor", model="network", column="Days")
    assert found.holds
    assert found.given
    assert "Days 40.0, (Intercept) | Subject 33.0, Days | Subject 0.0" in found.note
    columns = {"group": ["a"] * 2, "x": [0, 9], "Days": [-4.0, 4.0], "Age": [-5.0, 5.0]}
    write("interpretation/two/contributions.csv", **columns)
    found = look(evidence, "main_predictor", model="two", column="Days")
    assert (found.holds, found.given) == (False, "")
