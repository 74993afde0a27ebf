"""Rule `speed`: what the library must reach beside what it does."""

import json
from pathlib import Path

from tabmixbench.benchmarks.speed import speed_table
from tabmixbench.job import job
from tabmixbench.tables.files import write

with job(snakemake.log[0]) as report:
    files = [json.loads(Path(path).read_text(encoding="utf-8")) for path in snakemake.input]
    table = speed_table([row for rows in files for row in rows])
    write(table, snakemake.output)
    report(table.notes[0])
