"""Rule `dag_set`: every method on the graphs of one set."""

from tabmixbench.dag.study import recover
from tabmixbench.files import write_csv
from tabmixbench.job import job

with job(snakemake.log[0]) as report:
    scores = recover(snakemake.wildcards.set, snakemake.params.seed, report=report)
    write_csv(scores, snakemake.output[0])
