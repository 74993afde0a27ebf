"""Rule `table1`: the datasets as fetched, beside the paper's Table 1."""

from pathlib import Path

from tabmixbench.job import job
from tabmixbench.registry import load_registry
from tabmixbench.tables.files import write
from tabmixbench.tables.table1 import build

with job(snakemake.log[0]) as report:
    registry = load_registry("config/datasets.yaml")
    used = {Path(path).stem: registry[Path(path).stem] for path in snakemake.input.data}
    table = build(used, Path(snakemake.input.data[0]).parent)
    write(table, snakemake.output)
    report(f"rendered {table.title}")
