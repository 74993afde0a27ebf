"""Random effects at places: `snakemake results/spatial.md`, a few minutes of its own."""


rule spatial:
    input:
        reference="data/reference/structured.json",
    output:
        page="results/spatial.md",
        agreement="results/spatial/agreement.csv",
        prediction="results/spatial/prediction.csv",
        png="results/spatial/fields.png",
        svg="results/spatial/fields.svg",
    log:
        "results/logs/spatial.log",
    benchmark:
        "results/benchmarks/bench/spatial.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        sources=DIGESTS.of(
            *("spatial", "streams.py", "statistics.py", "figures/files.py"),
            *("tables/table.py", "tables/cell.py"),
        )
        + DIGESTS.library(),
        seed=PLAN.seed,
    script:
        "../scripts/spatial.py"
