"""Shapley values (section 3.6.3 of the paper), with random effects as players.

An `Explanation` splits every prediction into a base value, what each column adds through the
fixed part, and what the random effects of each group add. `Game` values a coalition of these
players; `METHODS` has the ways to find Shapley values; `BACKGROUNDS` what replaces an absent
feature. An engine takes part by the two methods of `Predictor`.
"""

from tabmixnn.interpret.shapley.background import BACKGROUNDS
from tabmixnn.interpret.shapley.explain import Question, explain
from tabmixnn.interpret.shapley.explanation import Explanation
from tabmixnn.interpret.shapley.methods import METHODS
from tabmixnn.interpret.shapley.predictor import Predictor

__all__ = ["BACKGROUNDS", "METHODS", "Explanation", "Predictor", "Question", "explain"]
