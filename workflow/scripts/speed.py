"""Rule `speed`: how fast fitting, predicting and importing are."""

from tabmixbench.benchmarks.speed import measured, speed_table
from tabmixbench.files import write_atomically, write_csv
from tabmixbench.job import job

with job(snakemake.log[0]) as report:
    table = speed_table(measured())
    write_csv(table.data, snakemake.output.data)
    text = table.markdown()
    write_atomically(snakemake.output.page, lambda file: file.write_text(text, encoding="utf-8"))
    report(table.notes[-1])
