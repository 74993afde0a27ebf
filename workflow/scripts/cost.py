"""Rule `cost`: what rows and groups cost, in memory, in files and in several processes."""

from tabmixbench.benchmarks.cost import cost_table
from tabmixbench.benchmarks.machines import measure
from tabmixbench.files import write_csv
from tabmixbench.job import job
from tabmixbench.tables.files import write

with job(snakemake.log[0]) as report:
    found = measure(snakemake.params.sizes)
    write_csv(found, snakemake.output.measured)
    table = cost_table(found)
    write(table, snakemake.output)
    report("; ".join(table.notes[1:]))
