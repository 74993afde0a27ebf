"""Rule `metrics`: every score of every run in one long file."""

from tabmixbench.collect import long_metrics, read_records, reasons
from tabmixbench.files import write_csv
from tabmixbench.job import job

with job(snakemake.log[0]) as report:
    records = [
        (suite, record) for suite, path in snakemake.params.members for record in read_records(path)
    ]
    scores = long_metrics(records)
    write_csv(scores, snakemake.output.metrics)
    write_csv(reasons(records), snakemake.output.reasons)
    report(f"{len(records)} runs, {len(scores)} scores")
