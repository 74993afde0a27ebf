"""Rule `report`: what a reader opens first."""

from tabmixbench.files import write_atomically
from tabmixbench.job import job
from tabmixbench.report import report as render
from tabmixbench.tables import Results

with job(snakemake.log[0]) as report:
    results = Results.read(snakemake.input.metrics, snakemake.input.reasons, "config")
    text = render(results, snakemake.input.tables, snakemake.input.figures)
    write_atomically(snakemake.output[0], lambda file: file.write_text(text, encoding="utf-8"))
    report(f"rendered {snakemake.output[0]}")
