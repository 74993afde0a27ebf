"""Ablations: many configurations of TabMixNN on one dataset (Tables 5 and 7 of the paper).

Adding a configuration is one entry in ``config/ablations.yaml``, and so is adding a study, which
``snakemake results/tables/<study>.md`` runs; a target in ``config/config.yaml`` makes it part of
every run.
"""

from tabmixbench.ablations.spec import (
    AblationError,
    Column,
    Configuration,
    Study,
    Training,
    load_studies,
)

__all__ = [
    "AblationError",
    "Column",
    "Configuration",
    "Study",
    "Training",
    "load_studies",
]
