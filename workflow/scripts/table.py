"""Rule `table`: one table of the paper from the scores, as CSV, Markdown and LaTeX."""

from tabmixbench.job import job
from tabmixbench.tables import BUILDERS, Results
from tabmixbench.tables.files import write

with job(snakemake.log[0]) as report:
    results = Results.read(snakemake.input.metrics, snakemake.input.reasons, "config")
    table = BUILDERS[snakemake.wildcards.table](results)
    write(table, snakemake.output)
    report(f"rendered {table.title}")
