"""Rule `accelerator`: networks on an accelerator beside the CPU, where there is one."""

from tabmixbench.benchmarks.accelerator import accelerator_table, measure
from tabmixbench.job import job
from tabmixbench.tables.files import write

with job(snakemake.log[0]) as report:
    table = accelerator_table(measure(snakemake.params.sizes["accelerator"], report))
    write(table, snakemake.output)
    report(table.notes[0])
