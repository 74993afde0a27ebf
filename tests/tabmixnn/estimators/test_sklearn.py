"""scikit-learn's own checks of every engine, on arrays without a formula.

The network's defaults (lr 0.001, 100 epochs, batches of 256) make a hundred steps on the few dozen
rows of these checks, too few to learn anything; ten times the learning rate is what the checks
that ask for accuracy need.
"""

from sklearn.utils.estimator_checks import parametrize_with_checks

from tabmixnn import TabMixNN, TabMixNNClassifier, TabMixNNRegressor


@parametrize_with_checks(
    [
        TabMixNNRegressor(random_state=0),
        TabMixNNClassifier(random_state=0),
        TabMixNNRegressor(inference="variational", lr=0.01, random_state=0),
        TabMixNNClassifier(inference="variational", lr=0.01, random_state=0),
        TabMixNN(lr=0.01, random_state=0),
        TabMixNNRegressor(inference="marginal", hidden_dims=[]),
        TabMixNNClassifier(inference="marginal", hidden_dims=[]),
    ]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)
