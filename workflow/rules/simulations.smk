"""Simulations whose truth is known, by a target of their own: `snakemake simulations`."""

from tabmixbench.simulations import STUDIES


rule simulations:
    input:
        expand("results/simulations/{study}.md", study=STUDIES),
        expand("results/simulations/{study}.svg", study=STUDIES),


#: Digest of the sources that a study is drawn by, and of no other's.
GENERATORS = {
    study: DIGESTS.of(
        *("simulations/study.py", "simulations/distance.py", "streams.py"),
        f"simulations/{study}.py",
    )
    for study in STUDIES
}


rule simulate:
    output:
        "results/simulations/runs/{study}/{setting}/{model}.csv",
    log:
        "results/logs/simulate/{study}/{setting}/{model}.log",
    benchmark:
        "results/benchmarks/bench/simulate/{study}/{setting}/{model}.tsv"
    wildcard_constraints:
        study="|".join(STUDIES),
    conda:
        "../../environment.yml"
    threads: PLAN.threads
    params:
        options=lambda wildcards: PLAN.simulations[wildcards.study],
        spec=named(lambda wildcards: PLAN.model(wildcards.model).entry()),
        sources=named(lambda wildcards: DIGESTS.model(wildcards.model)),
        generator=lambda wildcards: GENERATORS[wildcards.study],
        seed=PLAN.seed,
    script:
        "../scripts/simulate.py"


rule simulation:
    input:
        runs=lambda wildcards: simulation_paths(
            STUDIES[wildcards.study], PLAN.simulations[wildcards.study]
        ),
    output:
        csv="results/simulations/{study}.csv",
        md="results/simulations/{study}.md",
        tex="results/simulations/{study}.tex",
        png="results/simulations/{study}.png",
        svg="results/simulations/{study}.svg",
        scores="results/simulations/{study}_scores.csv",
    log:
        "results/logs/simulation/{study}.log",
    benchmark:
        "results/benchmarks/bench/simulation/{study}.tsv"
    wildcard_constraints:
        study="|".join(STUDIES),
    conda:
        "../../environment.yml"
    threads: 1
    params:
        registries=DIGESTS.registries,
        sources=DIGESTS.of(
            "simulations", "tables", "streams.py", "figures/files.py", *SHARED
        ),
    script:
        "../scripts/simulation.py"
