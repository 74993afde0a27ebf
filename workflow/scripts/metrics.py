"""Rule `metrics`: every score of every run in one long file, and published ones where asked for."""

import pandas as pd

from tabmixbench.collect import long_metrics, read_records, reasons
from tabmixbench.files import write_csv
from tabmixbench.job import job
from tabmixbench.leaderboard.published import fill, known

with job(snakemake.log[0]) as report:
    records = [
        (suite, record) for suite, path in snakemake.params.members for record in read_records(path)
    ]
    scores, gaps = long_metrics(records), reasons(records)
    report(f"{len(records)} runs, {len(scores)} scores")
    entries, others = snakemake.params.get("entries", {}), {}
    if (published := snakemake.input.get("published_metrics")) is not None:
        tables = pd.read_csv(published), pd.read_csv(snakemake.input.published_reasons)
        if (path := snakemake.input.get("published_entries")) is not None:
            others = pd.read_csv(path).set_index("dataset")["entry"].to_dict()
        scores, gaps = fill(scores, gaps, *tables, entries, others)
        report(f"{scores['published'].sum()} published scores besides")
    write_csv(scores, snakemake.output.metrics)
    write_csv(gaps, snakemake.output.reasons)
    if entries:
        write_csv(known(scores, entries, others), snakemake.output.entries)
