"""Rule `prepare`: typed columns, relabelled ids, shuffled rows."""

from tabmixbench.warm import in_warm_copy

in_warm_copy(__file__)

from tabmixbench.files import write_parquet
from tabmixbench.job import job
from tabmixbench.prepare import prepare
from tabmixbench.registry import load_registry

with job(snakemake.log[0]) as report:
    dataset = load_registry("config/datasets.yaml")[snakemake.wildcards.dataset]
    frame = prepare(snakemake.input[0], dataset, snakemake.params.seed)
    write_parquet(frame, snakemake.output[0])
    report(f"prepared {dataset.name}: {len(frame)} rows")
