"""Rule `simulate`: one model at one setting of a simulation study."""

from tabmixbench.adapters import load_models
from tabmixbench.files import write_csv
from tabmixbench.job import job
from tabmixbench.simulations import STUDIES
from tabmixbench.simulations.study import run_setting

with job(snakemake.log[0]) as report:
    study, options = STUDIES[snakemake.wildcards.study], snakemake.params.options
    scores = run_setting(
        study,
        study.setting(snakemake.wildcards.setting, options),
        load_models("config/models.yaml")[snakemake.wildcards.model],
        options,
        seed=snakemake.params.seed,
        threads=snakemake.threads,
    )
    write_csv(scores, snakemake.output[0])
    report(
        f"{study.name} {snakemake.wildcards.setting} {snakemake.wildcards.model}: "
        f"MSE {scores['mse'].mean():.4f}, least possible {study.noise:g}"
    )
