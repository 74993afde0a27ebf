"""Rule `dataset_table`: mean and spread of every model on one dataset."""

from tabmixbench.warm import in_warm_copy

in_warm_copy(__file__)

from tabmixbench.collect import long_metrics, summary
from tabmixbench.files import write_csv
from tabmixbench.job import job
from tabmixbench.runs import read_record

with job(snakemake.log[0]) as report:
    records = [(snakemake.wildcards.suite, read_record(path)) for path in snakemake.input.records]
    table = summary(long_metrics(records)).drop(columns=["suite", "task"])
    write_csv(table, snakemake.output[0])
    report(f"{snakemake.wildcards.dataset}: {table['model'].nunique()} models")
