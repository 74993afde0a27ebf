"""How the exact fit grows with the rows. Not part of `rule all`: ask for the page."""


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
