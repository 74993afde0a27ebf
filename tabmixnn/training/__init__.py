"""Training (Algorithm 1 and section 3.4.2 of the paper)."""

from tabmixnn.training.checkpoint import Checkpoint, CheckpointError
from tabmixnn.training.device import DEVICES, find_device
from tabmixnn.training.identity import arrays_of, digest, text_of
from tabmixnn.training.processes import Processes, processes
from tabmixnn.training.rows import TrainingRows
from tabmixnn.training.schedulers import SCHEDULERS, depends_on_epochs
from tabmixnn.training.settings import TrainingSettings
from tabmixnn.training.split import validation_split
from tabmixnn.training.task import Moments, Task, Trained
from tabmixnn.training.threads import threads_for
from tabmixnn.training.trainer import Trainer
from tabmixnn.training.watch import TrainingError

__all__ = [
    "DEVICES",
    "SCHEDULERS",
    "Checkpoint",
    "CheckpointError",
    "Moments",
    "Processes",
    "Task",
    "Trained",
    "Trainer",
    "TrainingError",
    "TrainingRows",
    "TrainingSettings",
    "arrays_of",
    "depends_on_epochs",
    "digest",
    "find_device",
    "processes",
    "text_of",
    "threads_for",
    "validation_split",
]
