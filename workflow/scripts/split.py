"""Rule `split`: the test rows of every protocol and repeat, one file for all models."""

from tabmixbench.warm import in_warm_copy

in_warm_copy(__file__)

import pandas as pd

from tabmixbench.files import write_parquet
from tabmixbench.job import job
from tabmixbench.registry import load_registry
from tabmixbench.splits import make_splits

with job(snakemake.log[0]) as report:
    dataset = load_registry("config/datasets.yaml")[snakemake.wildcards.dataset]
    data = pd.read_parquet(snakemake.input[0])
    splits = make_splits(data, dataset, snakemake.params.seed, **snakemake.params.splits)
    write_parquet(splits, snakemake.output[0])
    report(f"split {dataset.name}: {', '.join(splits.columns)}")
