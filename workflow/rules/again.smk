"""The leaderboards again, on splits of another seed: `snakemake again`.

Every model meets the same datasets with other rows left out, and the page says beside each other
what the ranks were and what they are.
"""

#: Datasets that nothing was made on need no other splits.
AGAIN_SUITES = [*BOARD_SUITES, BEYOND]


use rule split as split_again with:
    output:
        "data/splits_again/{dataset}.parquet",
    log:
        "results/logs/split_again/{dataset}.log",
    benchmark:
        "results/benchmarks/bench/split_again/{dataset}.tsv"
    params:
        entry=named(lambda wildcards: PLAN.dataset(wildcards.dataset).entry()),
        sources=SPLIT_BY,
        seed=PLAN.seed_again,
        splits=PLAN.splits,


use rule fit as fit_again with:
    input:
        data="data/prepared/{dataset}.parquet",
        splits="data/splits_again/{dataset}.parquet",
    output:
        record="results/again/runs/{dataset}/{model}.json",
        predictions="results/again/runs/{dataset}/{model}.parquet",
    log:
        "results/logs/fit_again/{dataset}/{model}.log",
    benchmark:
        "results/benchmarks/bench/fit_again/{dataset}/{model}.tsv"
    params:
        entry=named(lambda wildcards: PLAN.dataset(wildcards.dataset).entry()),
        spec=named(lambda wildcards: PLAN.model(wildcards.model).entry()),
        sources=named(lambda wildcards: DIGESTS.model(wildcards.model)),
        seed=PLAN.seed_again,


use rule board_metrics as metrics_again with:
    input:
        unpack(lambda wildcards: MEMBERS.published("again_")),
        records=record_paths(MEMBERS.again(AGAIN_SUITES)),
    output:
        metrics="results/again/metrics.csv",
        reasons="results/again/reasons.csv",
        entries="results/again/entries.csv",
    log:
        "results/logs/again/metrics.log",
    benchmark:
        "results/benchmarks/bench/again/metrics.tsv"
    params:
        members=MEMBERS.again(AGAIN_SUITES),
        entries=MEMBERS.entries(MEMBERS.again(AGAIN_SUITES)),
        sources=COLLECTED_BY,


use rule track as track_again with:
    input:
        records=record_paths(MEMBERS.again(AGAIN_SUITES)),
    output:
        "results/mlflow/again.json",
    log:
        "results/logs/again/track.log",
    benchmark:
        "results/benchmarks/bench/again/track.tsv"
    params:
        # Of experiments of their own: a run's name says model and dataset.
        members=[
            (f"{suite}, other splits", path)
            for suite, path in MEMBERS.again(AGAIN_SUITES)
        ],
        store=lambda wildcards, output: os.path.dirname(output[0]),
        sources=TRACKED_BY,


rule again:
    input:
        tracked="results/mlflow/again.json",
        metrics=[
            "results/leaderboard/metrics.csv",
            "results/leaderboard/beyond_metrics.csv",
        ],
        reasons=[
            "results/leaderboard/reasons.csv",
            "results/leaderboard/beyond_reasons.csv",
        ],
        metrics_again="results/again/metrics.csv",
        reasons_again="results/again/reasons.csv",
    output:
        csv="results/leaderboard/again.csv",
        md="results/leaderboard/again.md",
        tex="results/leaderboard/again.tex",
    log:
        "results/logs/leaderboard/again.log",
    benchmark:
        "results/benchmarks/bench/leaderboard/again.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        registries=DIGESTS.registries,
        sources=RANKED_BY,
        seeds=(PLAN.seed, PLAN.seed_again),
    script:
        "../scripts/again.py"
