"""Rule `fit`: one model on one dataset, every split inside."""

from tabmixbench.warm import in_warm_copy

in_warm_copy(__file__)

import pandas as pd

from tabmixbench.adapters import load_models
from tabmixbench.job import job
from tabmixbench.registry import load_registry
from tabmixbench.runs import run_model, write_run

with job(snakemake.log[0]) as report:
    record, predictions = run_model(
        load_registry("config/datasets.yaml")[snakemake.wildcards.dataset],
        load_models("config/models.yaml")[snakemake.wildcards.model],
        pd.read_parquet(snakemake.input.data),
        pd.read_parquet(snakemake.input.splits),
        seed=snakemake.params.seed,
        threads=snakemake.threads,
        report=report,
    )
    write_run(record, predictions, snakemake.output.record, snakemake.output.predictions)
