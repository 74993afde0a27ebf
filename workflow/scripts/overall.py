"""Rule `overall_ranking`: the ranking over all datasets of a protocol, and its diagram."""

from tabmixbench.figures import save
from tabmixbench.job import job
from tabmixbench.leaderboard import overall
from tabmixbench.tables import Results, write

with job(snakemake.log[0]) as report:
    results = Results.read(snakemake.input.metrics, snakemake.input.reasons, "config")
    table = overall.build(results, snakemake.wildcards.name)
    write(
        table,
        csv=snakemake.output.csv,
        markdown=snakemake.output.md,
        latex=snakemake.output.tex,
    )
    figure = overall.draw(results, snakemake.wildcards.name)
    save(figure, png=snakemake.output.png, svg=snakemake.output.svg)
    report(f"rendered {table.title}")
