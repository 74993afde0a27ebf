"""Benchmarks of the library itself, in results/benchmarks. Not part of `rule all`: ask for
`bench`, or for a page. What is timed runs on one thread, alone: a job takes all cores of the
machine. On a cluster it takes one, and whether others share the machine is the cluster's to say.
"""

from tabmixbench.benchmarks import MEASUREMENTS, PAGES
from tabmixbench.benchmarks.streamed import FILE

ON_CLUSTER = workflow.resource_settings.nodes is not None
EVERY_CORE = 1 if ON_CLUSTER else workflow.resource_settings.cores or 1
PREPARED = expand(
    "data/{kind}/{dataset}.parquet",
    kind=["prepared", "splits"],
    dataset=["sleepstudy", "InstEval"],
)

READS = {"trees": PREPARED, "streamed": FILE}
"""The files that a measurement reads, if any."""


rule bench:
    input:
        expand("results/benchmarks/{page}.md", page=PAGES),


rule streamed_rows:
    output:
        FILE,
    log:
        "results/logs/streamed_rows.log",
    benchmark:
        "results/benchmarks/bench/streamed_rows.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        rows=PLAN.benchmarks["streamed"],
        sources=DIGESTS.of("benchmarks/streamed.py"),
    script:
        "../scripts/streamed_rows.py"


rule measure:
    input:
        lambda wildcards: READS.get(wildcards.measurement, []),
    output:
        "results/benchmarks/measured/{measurement}.json",
    log:
        "results/logs/measure/{measurement}.log",
    benchmark:
        "results/benchmarks/bench/measure/{measurement}.tsv"
    wildcard_constraints:
        measurement="|".join(MEASUREMENTS),
    conda:
        "../../environment.yml"
    threads: EVERY_CORE
    params:
        sizes=PLAN.benchmarks,
        sources=DIGESTS.of("benchmarks", "benchmarks/lmer.R")
        + DIGESTS.adapter("tabmixnn")
        + DIGESTS.adapter("xgboost"),
    script:
        "../scripts/measure.py"


rule speed:
    input:
        expand(
            "results/benchmarks/measured/{measurement}.json", measurement=MEASUREMENTS
        ),
    output:
        md="results/benchmarks/speed.md",
        csv="results/benchmarks/speed.csv",
    log:
        "results/logs/speed.log",
    benchmark:
        "results/benchmarks/bench/speed.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        sources=DIGESTS.of("benchmarks", "tables"),
    script:
        "../scripts/speed.py"


rule exact_fits:
    output:
        md="results/benchmarks/exact_fits.md",
        csv="results/benchmarks/exact_fits.csv",
    log:
        "results/logs/exact_fits.log",
    benchmark:
        "results/benchmarks/bench/exact_fits.tsv"
    conda:
        "../../environment.yml"
    threads: EVERY_CORE
    params:
        sizes=PLAN.benchmarks,
        sources=DIGESTS.of(
            *("benchmarks", "benchmarks/lmer.R", "tables"),
            *("adapters/base.py", "validation/reference.py"),
        )
        + DIGESTS.library(),
    script:
        "../scripts/exact_fits.py"


rule growth:
    output:
        md="results/benchmarks/growth.md",
        csv="results/benchmarks/growth.csv",
        png="results/benchmarks/growth.png",
        svg="results/benchmarks/growth.svg",
    log:
        "results/logs/growth.log",
    benchmark:
        "results/benchmarks/bench/growth.tsv"
    conda:
        "../../environment.yml"
    threads: EVERY_CORE
    params:
        sizes=PLAN.benchmarks,
        sources=DIGESTS.of(
            "benchmarks", "tables", "figures/files.py", "figures/style.py"
        )
        + DIGESTS.library(),
    script:
        "../scripts/growth.py"


rule cost:
    output:
        md="results/benchmarks/cost.md",
        csv="results/benchmarks/cost.csv",
        measured="results/benchmarks/machines.csv",
    log:
        "results/logs/cost.log",
    benchmark:
        "results/benchmarks/bench/cost.tsv"
    conda:
        "../../environment.yml"
    threads: EVERY_CORE
    params:
        sizes=PLAN.benchmarks,
        sources=DIGESTS.of("benchmarks", "tables") + DIGESTS.library(),
    script:
        "../scripts/cost.py"


rule accelerator:
    output:
        md="results/benchmarks/accelerator.md",
        csv="results/benchmarks/accelerator.csv",
    log:
        "results/logs/accelerator.log",
    benchmark:
        "results/benchmarks/bench/accelerator.tsv"
    conda:
        "../../environment.yml"
    threads: EVERY_CORE
    params:
        sizes=PLAN.benchmarks,
        sources=DIGESTS.of("benchmarks", "tables") + DIGESTS.library(),
    script:
        "../scripts/accelerator.py"


rule compare_batches:
    input:
        data="data/prepared/{dataset}.parquet",
        splits="data/splits/{dataset}.parquet",
    output:
        "results/benchmarks/batches/{dataset}.csv",
    log:
        "results/logs/compare_batches/{dataset}.log",
    benchmark:
        "results/benchmarks/bench/compare_batches/{dataset}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        entry=named(lambda wildcards: PLAN.dataset(wildcards.dataset).entry()),
        sizes=PLAN.benchmarks,
        sources=DIGESTS.of("benchmarks/block_batches.py", *SHARED) + DIGESTS.library(),
    script:
        "../scripts/compare_batches.py"


rule block_batches:
    input:
        named(
            lambda wildcards: expand(
                "results/benchmarks/batches/{dataset}.csv",
                dataset=CHOSEN.some_of("regression"),
            )
        ),
    output:
        md="results/benchmarks/block_batches.md",
        csv="results/benchmarks/block_batches.csv",
    log:
        "results/logs/block_batches.log",
    benchmark:
        "results/benchmarks/bench/block_batches.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        sources=DIGESTS.of(
            "benchmarks/block_batches.py", "tables", "statistics.py", *SHARED
        ),
    script:
        "../scripts/block_batches.py"
