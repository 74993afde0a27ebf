"""Rule `compare_batches`: batches of blocks against fully random ones on one dataset."""

import pandas as pd
import torch

from tabmixbench.benchmarks.block_batches import compared
from tabmixbench.files import write_csv
from tabmixbench.job import job
from tabmixbench.registry import load_registry

with job(snakemake.log[0]) as report:
    torch.set_num_threads(snakemake.threads)
    dataset = load_registry("config/datasets.yaml")[snakemake.wildcards.dataset]
    data, splits = (pd.read_parquet(snakemake.input[name]) for name in ("data", "splits"))
    found = compared(dataset, data, splits, snakemake.params.sizes["block_batches"])
    write_csv(found, snakemake.output[0])
    report(f"{dataset.name}: {len(found)} pairs")
