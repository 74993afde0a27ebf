"""One job fits one model on one dataset, all its splits inside.

On Snakemake's own machine a job is a copy of a process that has done the imports
(`tabmixbench.warm`). Of its benchmark file the seconds are the job's; memory and processor time are
those of the process that waits for the copy.
"""


rule fit:
    input:
        data="data/prepared/{dataset}.parquet",
        splits="data/splits/{dataset}.parquet",
    output:
        record="results/runs/{dataset}/{model}.json",
        predictions="results/runs/{dataset}/{model}.parquet",
    log:
        "results/logs/fit/{dataset}/{model}.log",
    benchmark:
        "results/benchmarks/fit/{dataset}/{model}.tsv"
    conda:
        "../../environment.yml"
    threads: PLAN.threads
    params:
        entry=named(lambda wildcards: PLAN.dataset(wildcards.dataset).entry()),
        spec=named(lambda wildcards: PLAN.model(wildcards.model).entry()),
        sources=named(lambda wildcards: DIGESTS.model(wildcards.model)),
        seed=PLAN.seed,
    script:
        "../scripts/fit.py"
