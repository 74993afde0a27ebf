"""Rule `streamed_rows`: a Parquet file of more rows than one would hold in memory."""

from tabmixbench.benchmarks.streamed import write_rows
from tabmixbench.files import write_atomically
from tabmixbench.job import job

with job(snakemake.log[0]) as report:
    rows = snakemake.params.rows
    write_atomically(snakemake.output[0], lambda file: write_rows(file, rows))
    report(f"{rows:,} rows written to {snakemake.output[0]}")
