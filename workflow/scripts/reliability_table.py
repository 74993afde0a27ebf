"""Rule `reliability_table`: the calibration errors of the classification suite."""

from tabmixbench.job import job
from tabmixbench.tables import Results, reliability
from tabmixbench.tables.files import write

with job(snakemake.log[0]) as report:
    results = Results.read(snakemake.input.metrics, snakemake.input.reasons, "config")
    table = reliability.build(results)
    write(table, snakemake.output)
    report(f"wrote the calibration errors of {len(table.header) - 1} models")
