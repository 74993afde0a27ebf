"""Rule `figure`: one figure from the scores, as PNG and SVG."""

from tabmixbench.figures import DRAWERS
from tabmixbench.figures.files import save
from tabmixbench.job import job
from tabmixbench.tables import Results

with job(snakemake.log[0]) as report:
    results = Results.read(snakemake.input.metrics, snakemake.input.reasons, "config")
    save(DRAWERS[snakemake.wildcards.figure](results), snakemake.output)
    report(f"drew {snakemake.wildcards.figure}")
