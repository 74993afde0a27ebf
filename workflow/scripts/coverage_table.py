"""Rule `coverage`: the table of all datasets."""

import pandas as pd

from tabmixbench.coverage import coverage_table
from tabmixbench.job import job
from tabmixbench.registry import load_registry
from tabmixbench.tables.files import write

with job(snakemake.log[0]) as report:
    found = pd.concat([pd.read_csv(path) for path in snakemake.input], ignore_index=True)
    found = found.fillna({"reason": ""})
    registry = load_registry("config/datasets.yaml")
    titles = {name: dataset.title for name, dataset in registry.items()}
    table = coverage_table(found.assign(dataset=found["dataset"].map(titles)))
    # Machines know data sets by their names, readers by their titles.
    table.data = found
    write(table, snakemake.output)
    report(table.notes[0])
