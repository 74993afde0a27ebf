"""Rule `board_table`: one table of a leaderboard, as CSV, Markdown and LaTeX."""

from tabmixbench.job import job
from tabmixbench.leaderboard import find
from tabmixbench.tables import Results
from tabmixbench.tables.files import write

with job(snakemake.log[0]) as report:
    results = Results.read(snakemake.input.metrics, snakemake.input.reasons, "config")
    board, tables, _ = find(snakemake.wildcards.board)
    table = tables[snakemake.wildcards.table](results, board)
    write(table, snakemake.output)
    report(f"rendered {table.title}")
