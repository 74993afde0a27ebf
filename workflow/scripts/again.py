"""Rule `again`: the leaderboards on splits of another seed, beside those of the first."""

from tabmixbench.job import job
from tabmixbench.leaderboard.again import build
from tabmixbench.tables import Results
from tabmixbench.tables.files import write

with job(snakemake.log[0]) as report:
    inputs, seeds = snakemake.input, snakemake.params.seeds
    first = Results.read(list(inputs.metrics), list(inputs.reasons), "config")
    table = build(first, Results.read(inputs.metrics_again, inputs.reasons_again, "config"), seeds)
    write(table, snakemake.output)
    report(table.notes[0])
