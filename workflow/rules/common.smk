"""The validated plan, and the answer to a wrong name. Every other file uses both."""

import os
import sys

from snakemake.exceptions import WorkflowError

# Jobs import the in-repo packages, whatever is installed, so that a checkout runs its own code.
SOURCES = [os.getcwd(), os.path.join(os.getcwd(), "workflow")]
os.environ.update(PYTHONPATH=os.pathsep.join(SOURCES))
sys.path[:0] = SOURCES

from tabmixbench.plan import SHARED, Plan, PlanError, record_path
from tabmixbench.warm import WarmProcess

try:
    PLAN = Plan.from_config(config)
except PlanError as error:
    raise WorkflowError(str(error)) from None


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
            PLAN.imports(), threads=min(PLAN.threads, workflow.cores)
        )
        # To limit submissions to a cluster, Snakemake 9.27 looks for work once more a second for
        # each job that has finished, which late in a long run took a tenth of the processor time.
        workflow.scheduler.job_rate_limiter = None
