"""What can be told of a fitted model, by the kind of its engine.

An estimator's methods read the rows that they are given and hand them to the description that
its engine's entry names (`tabmixnn.inference.EngineEntry`): `ExactDescription` of a mixed model at
its exact estimates, `GrownDescription` of one that has terms beyond its formula,
`NetworkDescription` of a network, expanded at the mean of the rows.
"""

from tabmixnn.interpret.descriptions.base import Described, Description

__all__ = ["Described", "Description"]
