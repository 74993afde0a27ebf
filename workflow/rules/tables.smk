"""The paper's tables from our scores, and what was really fetched beside its Table 1."""

from tabmixbench.tables import BUILDERS

TABLES = ["table1", *sorted([*BUILDERS, *PLAN.chosen_studies]), "baselines"]
# Tables that another rule makes.
OWN_RULE = "|".join(
    [
        *(
            "table1",
            "timings",
            "baselines",
            "dag_recovery",
            "classes",
            "coverage",
            "reliability",
        ),
        *PLAN.studies,
    ]
)


rule table1:
    input:
        data=expand("data/prepared/{dataset}.parquet", dataset=CHOSEN.datasets()),
    output:
        csv=report(
            "results/tables/table1.csv",
            caption="../report/table.rst",
            category="Tables",
            labels={"table": "table1"},
        ),
        md="results/tables/table1.md",
        tex="results/tables/table1.tex",
    log:
        "results/logs/table/table1.log",
    benchmark:
        "results/benchmarks/table/table1.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        registries=DIGESTS.registries,
        sources=DIGESTS.of("tables", "table1.py", "registry.py"),
    script:
        "../scripts/table1.py"


rule table:
    input:
        metrics="results/metrics.csv",
        reasons="results/reasons.csv",
        paper="config/paper.yaml",
    output:
        csv=report(
            "results/tables/{table}.csv",
            caption="../report/table.rst",
            category="Tables",
            labels={"table": "{table}"},
        ),
        md="results/tables/{table}.md",
        tex="results/tables/{table}.tex",
    log:
        "results/logs/table/{table}.log",
    benchmark:
        "results/benchmarks/table/{table}.tsv"
    wildcard_constraints:
        table=rf"(?!({OWN_RULE})\.).+",
    conda:
        "../../environment.yml"
    threads: 1
    params:
        registries=DIGESTS.registries,
        sources=DIGESTS.of("tables", "statistics.py", "metrics.py"),
        name=named(lambda wildcards: require(wildcards.table, TABLES, "table")),
    script:
        "../scripts/table.py"


rule baselines:
    input:
        metrics="results/metrics.csv",
        reasons="results/reasons.csv",
        elsewhere="data/reference/baselines.csv",
    output:
        csv=report(
            "results/tables/baselines.csv",
            caption="../report/baselines.rst",
            category="Validation",
            labels={"table": "baselines"},
        ),
        md="results/tables/baselines.md",
        tex="results/tables/baselines.tex",
    log:
        "results/logs/table/baselines.log",
    benchmark:
        "results/benchmarks/table/baselines.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        registries=DIGESTS.registries,
        sources=DIGESTS.of("tables", "statistics.py", "metrics.py"),
    script:
        "../scripts/baselines.py"
