"""From the records of the runs to one long file, and to one small table a dataset."""

# Folders of results that are no suites: other rules write their tables.
NO_SUITES = "again|benchmarks|classes|coverage|dag|leaderboard|simulations|spatial|tables|trials|validation"

#: The sources that scores are collected by.
COLLECTED_BY = DIGESTS.of(
    *("collect.py", "leaderboard/published.py", "leaderboard/roles.py"), *SHARED
)


rule metrics:
    input:
        records=CHOSEN.records(),
        ablations=CHOSEN.ablation_records(),
    output:
        metrics="results/metrics.csv",
        reasons="results/reasons.csv",
    log:
        "results/logs/metrics.log",
    benchmark:
        "results/benchmarks/metrics.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        members=CHOSEN.members(),
        sources=COLLECTED_BY,
    script:
        "../scripts/metrics.py"


rule dataset_table:
    input:
        records=named(
            lambda wildcards: CHOSEN.records_of(wildcards.suite, wildcards.dataset)
        ),
    output:
        "results/{suite}/{dataset}.csv",
    log:
        "results/logs/dataset_table/{suite}/{dataset}.log",
    benchmark:
        "results/benchmarks/dataset_table/{suite}/{dataset}.tsv"
    wildcard_constraints:
        suite=rf"(?!(?:{NO_SUITES})/)[^/]+",
        dataset="[^/]+",
    conda:
        "../../environment.yml"
    threads: 1
    params:
        sources=DIGESTS.of("collect.py", *SHARED),
    script:
        "../scripts/dataset_table.py"
