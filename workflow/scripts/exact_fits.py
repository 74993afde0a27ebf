"""Rule `exact_fits`: exact linear mixed models beside those of other programs."""

from tabmixbench.benchmarks.exact_fits import exact_table, measured
from tabmixbench.job import job
from tabmixbench.tables.files import write

with job(snakemake.log[0]) as report:
    table = exact_table(measured(snakemake.params.sizes["repeats"]))
    write(table, snakemake.output)
    report(f"rendered {table.title}")
