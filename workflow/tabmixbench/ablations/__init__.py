"""Ablations: many configurations of TabMixNN on one dataset (Tables 5 and 7 of the paper).

Adding a configuration is one entry in ``config/ablations.yaml``; adding a study is one entry there
and one target in ``config/config.yaml``.
"""

from tabmixbench.ablations.spec import (
    AblationError,
    Column,
    Configuration,
    Finding,
    Study,
    Training,
    load_studies,
)

__all__ = [
    "AblationError",
    "Column",
    "Configuration",
    "Finding",
    "Study",
    "Training",
    "load_studies",
]
