"""The rules as Snakemake reads them."""

import os
import sys
from contextlib import contextmanager
from pathlib import Path

from snakemake.api import SnakemakeApi
from snakemake.settings.types import ConfigSettings, OutputSettings, ResourceSettings

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def rules(config=None):
    """Every rule by its name; what the Snakefile changes in this process is put back."""
    path, environ, folder = list(sys.path), dict(os.environ), Path.cwd()
    os.chdir(ROOT)
    try:
        with SnakemakeApi(OutputSettings()) as api:
            snakefile = api.workflow(
                ResourceSettings(cores=1),
                config_settings=ConfigSettings(config=config or {}),
                snakefile=Path("Snakefile"),
            )
            yield {rule.name: rule for rule in snakefile._workflow.rules}
    finally:
        os.chdir(folder)
        sys.path[:] = path
        os.environ.clear()
        os.environ.update(environ)
