"""Rule `dataset_table`: mean and spread of every model on one dataset."""

from tabmixbench.warm import in_warm_copy

in_warm_copy(__file__)

from tabmixbench.collect import long_metrics, read_records, summary
from tabmixbench.files import write_csv
from tabmixbench.job import job

with job(snakemake.log[0]) as report:
    records = [record for path in snakemake.input.records for record in read_records(path)]
    scores = long_metrics((snakemake.wildcards.suite, record) for record in records)
    table = summary(scores).drop(columns=["suite", "task"])
    write_csv(table, snakemake.output[0])
    report(f"{snakemake.wildcards.dataset}: {table['model'].nunique()} models")
