"""Every claim of the paper, held against the results; and the small fits that some of them need."""

from tabmixbench.claims.checks.evidence import READ_WHERE_MADE
from tabmixbench.digest import digest_made

#: Trial -> the datasets that it fits, where the configuration asks for them.
TRIALS = CHOSEN.trials(
    {
        "edges": ["sleepstudy", "ChickWeight", "Exam"],
        "variability": [
            d.name
            for d in PLAN.registry.values()
            if d.groups and {"regression", "classification"} & set(d.suites)
        ],
    }
)


rule trial:
    input:
        data=named(
            lambda wildcards: expand(
                "data/prepared/{dataset}.parquet",
                dataset=TRIALS[require(wildcards.trial, TRIALS, "trial")],
            )
        ),
    output:
        "results/trials/{trial}.csv",
    log:
        "results/logs/trial/{trial}.log",
    benchmark:
        "results/benchmarks/trial/{trial}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        entry=lambda wildcards: [
            PLAN.dataset(name).entry() for name in TRIALS[wildcards.trial]
        ],
        sources=DIGESTS.of("trials") + DIGESTS.library(),
    script:
        "../scripts/trial.py"


rule claims:
    input:
        metrics="results/metrics.csv",
        reasons="results/reasons.csv",
        paper="config/paper.yaml",
        claims="config/claims.yaml",
        tables=expand("results/tables/{table}.csv", table=TABLES),
        validation=rules.validate.output if PLAN.validation else [],
        trials=expand("results/trials/{trial}.csv", trial=TRIALS),
        explained=expand(
            "results/interpretation/{model}/{what}.csv",
            model=EXPLAINED if PLAN.interpretation else [],
            what=["slopes", "contributions"],
        ),
    output:
        csv=report(
            "results/claims.csv",
            caption="../report/claims.rst",
            category="Claims",
            labels={"table": "claims"},
        ),
        md="results/claims.md",
    log:
        "results/logs/claims.log",
    benchmark:
        "results/benchmarks/claims.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        registries=DIGESTS.registries,
        sources=DIGESTS.of(
            "claims", "contradictions", "tables", "statistics.py", "metrics.py"
        )
        + DIGESTS.library(),
        # What other targets have made is read where it exists, and never made for the claims.
        made_of=lambda wildcards: digest_made(
            f"results/{name}" for name in READ_WHERE_MADE
        ),
    script:
        "../scripts/claims.py"
