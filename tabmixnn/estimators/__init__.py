"""The three estimators: validate, build the model, hand it to an inference engine."""

from tabmixnn.estimators.classifier import TabMixNNClassifier
from tabmixnn.estimators.general import TabMixNN
from tabmixnn.estimators.regressor import TabMixNNRegressor
from tabmixnn.estimators.together import fit_together

__all__ = ["TabMixNN", "TabMixNNClassifier", "TabMixNNRegressor", "fit_together"]
