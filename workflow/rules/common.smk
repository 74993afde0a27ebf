"""What every rule shares: the validated plan, and the lookups that answer a wrong name."""

import os
import sys

from snakemake.exceptions import WorkflowError

# Jobs import the in-repo packages, whatever is installed, so that a checkout runs its own code.
os.environ["PYTHONPATH"] = os.pathsep.join([os.getcwd(), os.path.join(os.getcwd(), "workflow")])
sys.path[:0] = [os.getcwd(), os.path.join(os.getcwd(), "workflow")]

from tabmixbench.plan import Plan, PlanError

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
