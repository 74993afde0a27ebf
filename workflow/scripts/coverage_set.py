"""Rule `coverage_set`: how often intervals cover the test rows of one dataset."""

import pandas as pd

from tabmixbench.coverage import coverage
from tabmixbench.files import write_csv
from tabmixbench.job import job
from tabmixbench.registry import load_registry

with job(snakemake.log[0]) as report:
    dataset = load_registry("config/datasets.yaml")[snakemake.wildcards.dataset]
    data = pd.read_parquet(snakemake.input[0])
    found = coverage(data, dataset, snakemake.params.seed)
    write_csv(found, snakemake.output[0])
    report(f"measured {dataset.name}: {len(found)} shares")
