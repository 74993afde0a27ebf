"""Recovery of known graphs: `snakemake results/tables/dag_recovery.md`, ten minutes of its own."""

from tabmixbench.dag.sets import SETS


rule dag_set:
    output:
        "results/dag/{set}.csv",
    log:
        "results/logs/dag_set/{set}.log",
    benchmark:
        "results/benchmarks/bench/dag_set/{set}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        name=named(lambda wildcards: require(wildcards.set, SETS, "set of graphs")),
        sources=DIGESTS.of("dag", "streams.py") + DIGESTS.library(),
        seed=PLAN.seed,
    script:
        "../scripts/dag_set.py"


rule dag_recovery:
    input:
        expand("results/dag/{set}.csv", set=SETS),
    output:
        csv="results/tables/dag_recovery.csv",
        md="results/tables/dag_recovery.md",
        tex="results/tables/dag_recovery.tex",
    log:
        "results/logs/table/dag_recovery.log",
    benchmark:
        "results/benchmarks/bench/table/dag_recovery.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        sources=DIGESTS.of("dag", "streams.py", "tables"),
    script:
        "../scripts/dag_recovery.py"
