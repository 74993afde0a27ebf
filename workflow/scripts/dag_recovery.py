"""Rule `dag_recovery`: the table of all sets."""

import pandas as pd

from tabmixbench.dag.table import build
from tabmixbench.job import job
from tabmixbench.tables.files import write

with job(snakemake.log[0]) as report:
    table = build(pd.concat([pd.read_csv(path) for path in snakemake.input], ignore_index=True))
    write(table, snakemake.output)
    report(table.notes[0])
