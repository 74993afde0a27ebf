"""Rule `baselines`: our baselines beside the same models run elsewhere."""

from tabmixbench.job import job
from tabmixbench.tables import Results, write
from tabmixbench.tables.baselines import build

with job(snakemake.log[0]) as report:
    results = Results.read(snakemake.input.metrics, snakemake.input.reasons, "config")
    table = build(results, snakemake.input.elsewhere)
    write(
        table,
        csv=snakemake.output.csv,
        markdown=snakemake.output.md,
        latex=snakemake.output.tex,
    )
    report(table.notes[0])
