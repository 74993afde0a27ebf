"""Rule `metrics`: every score of every run in one long file."""

from tabmixbench.collect import long_metrics, reasons
from tabmixbench.files import write_csv
from tabmixbench.job import job
from tabmixbench.runs import read_record

with job(snakemake.log[0]) as report:
    records = [(suite, read_record(path)) for suite, path in snakemake.params.members]
    scores = long_metrics(records)
    write_csv(scores, snakemake.output.metrics)
    write_csv(reasons(records), snakemake.output.reasons)
    report(f"{len(records)} runs, {len(scores)} scores")
