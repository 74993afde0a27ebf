"""Ablations: one job a category of configurations, and a table a study, which runs alone."""

from dataclasses import asdict


rule ablation:
    input:
        data=named(
            lambda wildcards: f"data/prepared/{PLAN.study(wildcards.study).dataset}.parquet"
        ),
        splits=named(
            lambda wildcards: f"data/splits/{PLAN.study(wildcards.study).dataset}.parquet"
        ),
    output:
        "results/ablations/{study}/{category}.json",
    log:
        "results/logs/ablation/{study}/{category}.log",
    benchmark:
        "results/benchmarks/ablation/{study}/{category}.tsv"
    # Among the longest jobs: late, they would run with the other cores idle.
    priority: 1
    conda:
        "../../environment.yml"
    threads: PLAN.threads
    params:
        entry=named(
            lambda wildcards: DIGESTS.study_entry(wildcards.study, wildcards.category)
        ),
        sources=DIGESTS.of("ablations", "streams.py") + DIGESTS.adapter("tabmixnn"),
        seed=PLAN.seed,
    script:
        "../scripts/ablation.py"


rule ablation_table:
    input:
        records=named(lambda wildcards: ablation_paths(PLAN.study(wildcards.study))),
        paper="config/paper.yaml",
    output:
        csv="results/tables/{study}.csv",
        md="results/tables/{study}.md",
        tex="results/tables/{study}.tex",
    log:
        "results/logs/table/{study}.log",
    benchmark:
        "results/benchmarks/table/{study}.tsv"
    wildcard_constraints:
        study="|".join(PLAN.studies),
    conda:
        "../../environment.yml"
    threads: 1
    params:
        study=lambda wildcards: asdict(PLAN.study(wildcards.study)),
        sources=DIGESTS.of(
            "tables", "statistics.py", "ablations/spec.py", "collect.py", *SHARED
        ),
    script:
        "../scripts/ablation_table.py"
