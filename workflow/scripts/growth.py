"""Rule `growth`: time and memory of the exact fit at growing numbers of rows."""

import pandas as pd

from tabmixbench.benchmarks.growth import ROWS, growth_table, measured
from tabmixbench.files import write_atomically, write_csv
from tabmixbench.job import job

with job(snakemake.log[0]) as report:
    table = growth_table(pd.DataFrame([measured(n) for n in ROWS]))
    write_csv(table.data, snakemake.output.data)
    text = table.markdown()
    write_atomically(snakemake.output.page, lambda file: file.write_text(text, encoding="utf-8"))
    report("; ".join(table.notes[1:]))
