"""The validated plan, and the answer to a wrong name. Every other file uses both."""

import os
import sys
from functools import partial

from snakemake.exceptions import WorkflowError

# Jobs import the in-repo packages, whatever is installed, so that a checkout runs its own code.
SOURCES = [os.getcwd(), os.path.join(os.getcwd(), "workflow")]
os.environ.update(PYTHONPATH=os.pathsep.join(SOURCES))
sys.path[:0] = SOURCES

from tabmixbench import suggest
from tabmixbench.configuration import read_plan
from tabmixbench.digests import SHARED, Digests
from tabmixbench.paths import ablation_paths, record_path, simulation_paths
from tabmixbench.plan import PlanError
from tabmixbench.selection import Selection
from tabmixbench.warm import WarmProcess, imports_of

try:
    PLAN = read_plan(config)
except PlanError as error:
    raise WorkflowError(str(error)) from None

#: What the configuration asks for.
CHOSEN = Selection(PLAN)
#: What decides whether a rule runs again.
DIGESTS = Digests(PLAN)

require = partial(suggest.require, error=PlanError)


def named(lookup):
    """Turn a wildcard that names nothing into one sentence that names the nearest valid one."""

    def checked(wildcards):
        try:
            return lookup(wildcards)
        except PlanError as error:
            raise WorkflowError(str(error)) from None

    return checked


onstart:
    if workflow.local_exec:
        WARM = WarmProcess(
            imports_of(PLAN.model(name).adapter for name in PLAN.chosen_models),
            threads=min(PLAN.threads, workflow.cores),
        )
        # To limit submissions to a cluster, Snakemake 9.27 looks for work once more a second for
        # each job that has finished, which late in a long run took a tenth of the processor time.
        workflow.scheduler.job_rate_limiter = None
