"""Rule `block_batches`: whether batches of blocks cost accuracy."""

from pathlib import Path

import pandas as pd

from tabmixbench.benchmarks.block_batches import block_table
from tabmixbench.job import job
from tabmixbench.tables.files import write

with job(snakemake.log[0]) as report:
    found = {Path(path).stem: pd.read_csv(path) for path in snakemake.input}
    compared = [frame for frame in found.values() if len(frame)]
    absent = [name for name, frame in found.items() if not len(frame)]
    table = block_table(pd.concat(compared, ignore_index=True), absent)
    write(table, snakemake.output)
    report(table.notes[1])
