"""From the records of the runs to one long file, and to one small table a dataset."""


def dataset_tables():
    return [f"results/{suite}/{dataset}.csv" for suite, dataset in PLAN.suite_datasets()]


rule metrics:
    input:
        records=PLAN.records(),
    output:
        metrics="results/metrics.csv",
        reasons="results/reasons.csv",
    params:
        members=PLAN.members(),
    log:
        "results/logs/metrics.log",
    benchmark:
        "results/benchmarks/metrics.tsv"
    threads: 1
    conda:
        "../../environment.yml"
    script:
        "../scripts/metrics.py"


rule dataset_table:
    input:
        records=named(
            lambda wildcards: PLAN.records(wildcards.suite, wildcards.dataset)
        ),
    output:
        "results/{suite}/{dataset}.csv",
    log:
        "results/logs/dataset_table/{suite}/{dataset}.log",
    benchmark:
        "results/benchmarks/dataset_table/{suite}/{dataset}.tsv"
    wildcard_constraints:
        suite="|".join(PLAN.all_suites()),
    threads: 1
    conda:
        "../../environment.yml"
    script:
        "../scripts/dataset_table.py"
