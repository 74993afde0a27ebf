"""The library's exact fits beside those of lme4 and glmmTMB."""


rule validate:
    input:
        references=["data/reference/lmer.json", "data/reference/glmm.json"],
    output:
        page="results/validation.md",
        agreement="results/validation/agreement.csv",
        timing="results/validation/timing.csv",
    log:
        "results/logs/validate.log",
    benchmark:
        "results/benchmarks/validate.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        sources=PLAN.digest("validation") + PLAN.library_digest(),
    script:
        "../scripts/validate.py"
