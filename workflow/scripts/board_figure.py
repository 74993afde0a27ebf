"""Rule `board_figure`: one figure of a leaderboard, as PNG and SVG."""

from tabmixbench.figures.files import save
from tabmixbench.job import job
from tabmixbench.leaderboard import find
from tabmixbench.tables import Results

with job(snakemake.log[0]) as report:
    results = Results.read(snakemake.input.metrics, snakemake.input.reasons, "config")
    board, _, figures = find(snakemake.wildcards.board)
    figure = figures[snakemake.wildcards.figure](results, board)
    save(figure, snakemake.output)
    report(f"drew {snakemake.wildcards.figure} of {snakemake.wildcards.board}")
