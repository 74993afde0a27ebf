"""Are the probabilities of the core's models to be taken at their word?"""


rule reliability_table:
    input:
        metrics="results/metrics.csv",
        reasons="results/reasons.csv",
    output:
        csv="results/tables/reliability.csv",
        md="results/tables/reliability.md",
        tex="results/tables/reliability.tex",
    log:
        "results/logs/table/reliability.log",
    benchmark:
        "results/benchmarks/table/reliability.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        registries=DIGESTS.registries,
        sources=DIGESTS.of("tables", "statistics.py", "metrics.py"),
    script:
        "../scripts/reliability_table.py"


use rule reliability as core_reliability with:
    input:
        predictions=[
            record_path(dataset, model).replace(".json", ".parquet")
            for suite, dataset, model in CHOSEN.pairs
            if suite == "classification"
        ],
    output:
        png="results/reliability.png",
        svg=report(
            "results/reliability.svg",
            caption="../report/reliability.rst",
            category="Figures",
            labels={"figure": "reliability"},
        ),
    log:
        "results/logs/reliability.log",
    benchmark:
        "results/benchmarks/reliability.tsv"
