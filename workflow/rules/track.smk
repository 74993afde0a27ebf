"""One collector writes every run to MLflow: many writers would destroy a fresh SQLite store."""

#: The sources that runs are tracked by.
TRACKED_BY = DIGESTS.of("track.py", "collect.py", *SHARED)


rule track:
    input:
        records=CHOSEN.records(),
        ablations=CHOSEN.ablation_records(),
        figures=expand("results/figures/{figure}.png", figure=FIGURES),
    output:
        "results/mlflow/collected.json",
    log:
        "results/logs/track.log",
    benchmark:
        "results/benchmarks/track.tsv"
    # Where Snakemake was started: on a cluster, SQLite and shared folders do not go together.
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    params:
        members=CHOSEN.members(),
        labels={name: spec.label for name, spec in PLAN.models.items()},
        store=lambda wildcards, output: os.path.dirname(output[0]),
        sources=TRACKED_BY,
    script:
        "../scripts/track.py"


rule timings:
    input:
        records=CHOSEN.records(),
        ablations=CHOSEN.ablation_records(),
        last="results/mlflow/collected.json",
    output:
        csv="results/tables/timings.csv",
        md="results/tables/timings.md",
        tex="results/tables/timings.tex",
    log:
        "results/logs/timings.log",
    benchmark:
        "results/benchmarks/timings.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        benchmarks="results/benchmarks",
        sources=DIGESTS.of("timings.py", "collect.py", "tables", *SHARED),
    script:
        "../scripts/timings.py"
