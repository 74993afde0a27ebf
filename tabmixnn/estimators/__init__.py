"""The three estimators: validate, build the model, hand it to an inference engine."""

from tabmixnn.estimators.classifier import TabMixNNClassifier
from tabmixnn.estimators.general import TabMixNN
from tabmixnn.estimators.regressor import TabMixNNRegressor

__all__ = ["TabMixNN", "TabMixNNClassifier", "TabMixNNRegressor"]
