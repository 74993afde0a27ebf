"""Outcomes of several classes: `snakemake results/tables/classes.md`, ten minutes of its own."""

from tabmixbench.classes.sets import read_sets
from tabmixbench.schema import SchemaError

try:
    CLASS_SETS = read_sets()
except SchemaError as error:
    raise WorkflowError(str(error)) from None


rule classes_set:
    output:
        "results/classes/{set}.csv",
    log:
        "results/logs/classes_set/{set}.log",
    benchmark:
        "results/benchmarks/bench/classes_set/{set}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        entry=named(
            lambda wildcards: CLASS_SETS[
                require(wildcards.set, CLASS_SETS, "set of classes")
            ].entry()
        ),
        sources=DIGESTS.of(
            *("classes/sets.py", "classes/models.py", "classes/study.py"),
            *("sources.py", "simulate.py", "streams.py"),
        )
        + DIGESTS.library(),
        seed=PLAN.seed,
    script:
        "../scripts/classes_set.py"


rule classes_table:
    input:
        sets="config/classes.yaml",
        scores=expand("results/classes/{set}.csv", set=CLASS_SETS),
    output:
        csv="results/tables/classes.csv",
        md="results/tables/classes.md",
        tex="results/tables/classes.tex",
    log:
        "results/logs/table/classes.log",
    benchmark:
        "results/benchmarks/bench/table/classes.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        sources=DIGESTS.of(
            *(
                "classes",
                "tables",
                "statistics.py",
                "sources.py",
                "simulate.py",
                "streams.py",
            ),
        ),
    script:
        "../scripts/classes_table.py"
