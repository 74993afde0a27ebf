"""The library's exact fits beside those of lme4 and glmmTMB."""


rule validate:
    input:
        references=["data/reference/lmer.json", "data/reference/glmm.json"],
        structured="data/reference/structured.json",
        rows=expand(
            "data/reference/{name}.csv.gz",
            name=["spatial_sim", "gblup_geno", "gblup_pheno"],
        ),
    output:
        page="results/validation.md",
        agreement=report(
            "results/validation/agreement.csv",
            caption="../report/agreement.rst",
            category="Validation",
            labels={"table": "agreement with R"},
        ),
        timing=report(
            "results/validation/timing.csv",
            caption="../report/timing.rst",
            category="Validation",
            labels={"table": "time of a fit"},
        ),
        optimum="results/validation/optimum.csv",
        structured="results/validation/structured.csv",
        claim="results/validation/claim.csv",
        statsmodels="results/validation/statsmodels.csv",
    log:
        "results/logs/validate.log",
    benchmark:
        "results/benchmarks/validate.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        sources=DIGESTS.of("validation", "tables/table.py") + DIGESTS.library(),
    script:
        "../scripts/validate.py"
