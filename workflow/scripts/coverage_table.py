"""Rule `coverage`: the table of all datasets."""

import pandas as pd

from tabmixbench.coverage import coverage_table
from tabmixbench.job import job
from tabmixbench.tables.files import write

with job(snakemake.log[0]) as report:
    found = pd.concat([pd.read_csv(path) for path in snakemake.input], ignore_index=True)
    table = coverage_table(found.fillna({"reason": ""}))
    write(table, snakemake.output)
    report(table.notes[0])
