"""How the exact fit grows with the rows, and how fast everything is. Not part of `rule all`: ask
for a page, or for `bench`."""


rule growth:
    output:
        page="results/benchmarks/growth.md",
        data="results/benchmarks/growth.csv",
    log:
        "results/logs/growth.log",
    benchmark:
        "results/benchmarks/growth.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        sources=PLAN.digest("benchmarks") + PLAN.library_digest(),
    script:
        "../scripts/growth.py"


rule speed:
    input:
        expand(
            "data/{kind}/{dataset}.parquet",
            kind=["prepared", "splits"],
            dataset=["sleepstudy", "InstEval"],
        ),
    output:
        page="results/benchmarks/speed.md",
        data="results/benchmarks/speed.csv",
    log:
        "results/logs/speed.log",
    benchmark:
        "results/benchmarks/speed.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        sources=PLAN.digest("benchmarks") + PLAN.library_digest(),
    script:
        "../scripts/speed.py"


rule bench:
    input:
        rules.growth.output.page,
        rules.speed.output.page,
