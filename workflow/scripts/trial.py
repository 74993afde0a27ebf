"""Rule `trial`: one of the small fits that test a sentence of the paper."""

import warnings
from importlib import import_module
from pathlib import Path

import pandas as pd

from tabmixbench.files import write_csv
from tabmixbench.job import job
from tabmixbench.registry import load_registry

with job(snakemake.log[0]) as report:
    registry = load_registry("config/datasets.yaml")
    cases = [(registry[Path(f).stem], pd.read_parquet(f)) for f in snakemake.input.data]
    name = snakemake.wildcards.trial
    run = getattr(import_module(f"tabmixbench.trials.{name}"), name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of training that goes on for long: it is what is asked
        table = run(cases)
    write_csv(table, snakemake.output[0])
    report(f"{name}: {len(table)} rows from {len(cases)} datasets")
