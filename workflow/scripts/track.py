"""Rule `track`: every run into MLflow, once."""

from tabmixbench.job import job
from tabmixbench.track import collect

with job(snakemake.log[0]) as report:
    collect(
        members=[tuple(member) for member in snakemake.params.members],
        figures=list(snakemake.input.get("figures", [])),
        store=snakemake.params.store,
        marker=snakemake.output[0],
        report=report,
        labels=snakemake.params.labels,
    )
