"""Rule `table`: one table of the paper from the scores, as CSV, Markdown and LaTeX."""

from tabmixbench.job import job
from tabmixbench.tables import BUILDERS, Results, write

with job(snakemake.log[0]) as report:
    results = Results.read(snakemake.input.metrics, snakemake.input.reasons, "config")
    table = BUILDERS[snakemake.wildcards.table](results)
    write(
        table,
        csv=snakemake.output.csv,
        markdown=snakemake.output.md,
        latex=snakemake.output.tex,
    )
    report(f"rendered {table.title}")
