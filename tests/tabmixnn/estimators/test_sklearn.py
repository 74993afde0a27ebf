"""scikit-learn's own checks of every engine, on arrays without a formula.

The network's defaults (lr 0.001, 100 epochs, batches of 256) make a hundred steps on the few dozen
rows of these checks, too few to learn anything; ten times the learning rate is what the checks
that ask for accuracy need.
"""

from __future__ import annotations

from sklearn.utils.estimator_checks import parametrize_with_checks

from tabmixnn import TabMixNN, TabMixNNClassifier, TabMixNNRegressor

# Nor is it in scikit-learn's own estimators that fold, or draw rows in steps.
REPEATED = {
    "check_sample_weight_equivalence_on_dense_data": "a weight is what a row's noise or likelihood "
    "is divided or multiplied by, and networks draw rows in another order: the row of weight two "
    "is not the row twice"
}


@parametrize_with_checks(
    [
        TabMixNNRegressor(random_state=0),
        TabMixNNClassifier(random_state=0),
        TabMixNNRegressor(inference="variational", lr=0.01, random_state=0),
        TabMixNNClassifier(inference="variational", lr=0.01, random_state=0),
        TabMixNN(lr=0.01, random_state=0),
        TabMixNNRegressor(inference="marginal", hidden_dims=[]),
        TabMixNNClassifier(inference="marginal", hidden_dims=[]),
    ],
    expected_failed_checks=lambda estimator: REPEATED,
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)
