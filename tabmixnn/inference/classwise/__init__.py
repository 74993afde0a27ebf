"""``inference="auto"`` for three classes or more: a mixed model that grows, for each of them.

`ClasswiseEngine` fits what ``"auto"`` is for two classes to each class against the others, and
divides the probabilities by their sum. That is one mixed model a class, with groups and terms of
its own, each of which can be looked at (`TabMixNNClassifier.against_rest`).
"""

from tabmixnn.inference.classwise.engine import ClasswiseEngine
from tabmixnn.inference.classwise.family import Classes, get_classes

__all__ = ["Classes", "ClasswiseEngine", "get_classes"]
