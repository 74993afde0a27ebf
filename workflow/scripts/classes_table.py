"""Rule `classes_table`: the table of all sets of several classes."""

import pandas as pd

from tabmixbench.classes.sets import read_sets
from tabmixbench.classes.table import build
from tabmixbench.job import job
from tabmixbench.tables.files import write

with job(snakemake.log[0]) as report:
    scores = pd.concat([pd.read_csv(path) for path in snakemake.input.scores], ignore_index=True)
    table = build(scores, read_sets(snakemake.input.sets))
    write(table, snakemake.output)
    report(table.notes[1])
