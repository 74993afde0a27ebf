"""Rule `timings`: where the time of the reproduction went."""

import json
from pathlib import Path

from tabmixbench.job import job
from tabmixbench.runs import fitting_seconds, read_record
from tabmixbench.tables.files import write
from tabmixbench.timings import job_seconds, timing_table

with job(snakemake.log[0]) as report:
    records = [read_record(path) for path in snakemake.input.records]
    fits = {f"{record['dataset']}/{record['model']}" for record in records}
    jobs = job_seconds(snakemake.params.benchmarks, fits)
    fitting = {"fit": fitting_seconds(records)}
    if studies := [json.loads(Path(path).read_text()) for path in snakemake.input.ablations]:
        fitting["ablation"] = fitting_seconds(record for study in studies for record in study)
    table = timing_table(jobs, fitting)
    write(table, snakemake.output)
    report(table.notes[-1])
