"""Rule `coverage`: the table of all datasets."""

import pandas as pd

from tabmixbench.coverage import coverage_table
from tabmixbench.job import job
from tabmixbench.tables import write

with job(snakemake.log[0]) as report:
    found = pd.concat([pd.read_csv(path) for path in snakemake.input], ignore_index=True)
    table = coverage_table(found.fillna({"reason": ""}))
    write(
        table,
        csv=snakemake.output.csv,
        markdown=snakemake.output.md,
        latex=snakemake.output.tex,
    )
    report(table.notes[0])
