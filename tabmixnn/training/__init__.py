"""Training (Algorithm 1 and section 3.4.2 of the paper)."""

from tabmixnn.training.rows import TrainingRows
from tabmixnn.training.schedulers import SCHEDULERS
from tabmixnn.training.settings import TrainingSettings
from tabmixnn.training.split import validation_split
from tabmixnn.training.trainer import Moments, Trainer, TrainingError

__all__ = [
    "SCHEDULERS",
    "Moments",
    "Trainer",
    "TrainingError",
    "TrainingRows",
    "TrainingSettings",
    "validation_split",
]
