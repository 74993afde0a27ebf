"""Rule `growth`: how time and memory grow with the size of the data and of the model."""

from tabmixbench.benchmarks.growth import growth_figure, growth_table, measure
from tabmixbench.figures.files import save
from tabmixbench.job import job
from tabmixbench.tables.files import write

with job(snakemake.log[0]) as report:
    table = growth_table(measure(snakemake.params.sizes["growth"]))
    write(table, snakemake.output)
    save(growth_figure(table.data), snakemake.output)
    report("; ".join(table.notes[1:]))
