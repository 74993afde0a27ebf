"""Rule `ablation`: the configurations of one category of a study, every split inside."""

from tabmixbench.warm import in_warm_copy

in_warm_copy(__file__)

import pandas as pd

from tabmixbench.ablations import load_studies
from tabmixbench.ablations.run import run_category, write_category
from tabmixbench.job import job
from tabmixbench.registry import load_registry

with job(snakemake.log[0]) as report:
    study = load_studies("config/ablations.yaml")[snakemake.wildcards.study]
    records = run_category(
        study,
        snakemake.wildcards.category,
        load_registry("config/datasets.yaml")[study.dataset],
        pd.read_parquet(snakemake.input.data),
        pd.read_parquet(snakemake.input.splits),
        seed=snakemake.params.seed,
        threads=snakemake.threads,
        report=report,
    )
    write_category(records, snakemake.output[0])
