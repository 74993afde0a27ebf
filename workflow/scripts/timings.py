"""Rule `timings`: where the time of the reproduction went."""

from tabmixbench.collect import read_records
from tabmixbench.job import job
from tabmixbench.runs import fitting_seconds
from tabmixbench.tables.files import write
from tabmixbench.timings import job_seconds, timing_table

with job(snakemake.log[0]) as report:
    records = [record for path in snakemake.input.records for record in read_records(path)]
    fits = {f"{record['dataset']}/{record['model']}" for record in records}
    jobs = job_seconds(snakemake.params.benchmarks, fits)
    fitting = {"fit": fitting_seconds(records)}
    if files := snakemake.input.ablations:
        fitting["ablation"] = fitting_seconds(each for file in files for each in read_records(file))
    table = timing_table(jobs, fitting)
    write(table, snakemake.output)
    report(table.notes[-1])
