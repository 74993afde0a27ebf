"""What part models play in a ranking, by their names in ``config/models.yaml``."""

from __future__ import annotations

#: A floor, not a competitor.
FLOOR = "constant"
#: The model whose margin is asked for, named before anything was ranked.
DEFAULT = "tabmixnn_auto"
#: The paper's network, whichever training of it ranks better.
PAPER = ("tabmixnn_paper", "tabmixnn_paper_long")
#: The linear or logistic mixed model of the formula by four programs. For regressions all maximise
#: the restricted likelihood; for two classes three take Laplace's approximation to the likelihood,
#: and statsmodels a mean-field variational posterior under priors, so that its fit is another.
MIXED_MODELS = ("tabmixnn_exact", "lme4", "mixedlm", "statsmodels")
#: Methods that are ranked in several configurations.
CONFIGURATIONS = (
    ("xgboost", "xgboost_ids", "xgboost_tuned"),
    ("lightgbm", "lightgbm_small", "lightgbm_tuned"),
    PAPER,
)
