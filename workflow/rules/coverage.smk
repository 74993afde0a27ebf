"""Coverage of intervals: `snakemake results/tables/coverage.md`, some minutes of its own."""


rule coverage_set:
    input:
        "data/prepared/{dataset}.parquet",
    output:
        "results/coverage/{dataset}.csv",
    log:
        "results/logs/coverage_set/{dataset}.log",
    benchmark:
        "results/benchmarks/bench/coverage_set/{dataset}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        entry=named(lambda wildcards: PLAN.dataset(wildcards.dataset).entry()),
        sources=DIGESTS.of("coverage.py", "imputation.py", "splits.py", "streams.py")
        + DIGESTS.library(),
        seed=PLAN.seed,
    script:
        "../scripts/coverage_set.py"


rule coverage:
    input:
        named(
            lambda wildcards: expand(
                "results/coverage/{dataset}.csv", dataset=CHOSEN.some_of("regression")
            )
        ),
    output:
        csv="results/tables/coverage.csv",
        md="results/tables/coverage.md",
        tex="results/tables/coverage.tex",
    log:
        "results/logs/table/coverage.log",
    benchmark:
        "results/benchmarks/bench/table/coverage.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        registries=DIGESTS.registries,
        sources=DIGESTS.of(
            "coverage.py", "imputation.py", "splits.py", "streams.py", "tables"
        ),
    script:
        "../scripts/coverage_table.py"
