"""Rule `growth`: how time and memory grow with the size of the data and of the model."""

from tabmixbench.benchmarks.growth import growth_figure, growth_table, measure
from tabmixbench.figures import save
from tabmixbench.job import job
from tabmixbench.tables import write

with job(snakemake.log[0]) as report:
    table = growth_table(measure(snakemake.params.sizes["growth"]))
    write(table, csv=snakemake.output.data, markdown=snakemake.output.page)
    save(growth_figure(table.data), png=snakemake.output.png, svg=snakemake.output.svg)
    report("; ".join(table.notes[1:]))
