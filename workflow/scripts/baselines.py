"""Rule `baselines`: our baselines beside the same models run elsewhere."""

from tabmixbench.job import job
from tabmixbench.tables import Results
from tabmixbench.tables.baselines import build
from tabmixbench.tables.files import write

with job(snakemake.log[0]) as report:
    results = Results.read(snakemake.input.metrics, snakemake.input.reasons, "config")
    table = build(results, snakemake.input.elsewhere)
    write(table, snakemake.output)
    report(table.notes[0])
