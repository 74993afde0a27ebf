"""Figures 1 to 3 of the paper: SHAP values of the sleep study."""

from tabmixbench.interpretation import FIGURES as SHAP_FIGURES
from tabmixbench.interpretation import MODELS as EXPLAINED


rule interpretation:
    input:
        "data/raw/sleepstudy.parquet",
    output:
        **{
            f"{figure}_{kind}": f"results/interpretation/{{model}}/{figure}.{kind}"
            for figure in SHAP_FIGURES
            for kind in ("png", "svg", "md")
        },
        slopes="results/interpretation/{model}/slopes.csv",
        contributions="results/interpretation/{model}/contributions.csv",
    log:
        "results/logs/interpretation/{model}.log",
    benchmark:
        "results/benchmarks/interpretation/{model}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        name=named(
            lambda wildcards: require(wildcards.model, EXPLAINED, "explained model")
        ),
        sources=DIGESTS.of("interpretation", "figures/files.py") + DIGESTS.library(),
        seed=PLAN.seed,
    script:
        "../scripts/interpretation.py"


rule interpretation_page:
    input:
        expand(
            "results/interpretation/{model}/{figure}.md",
            model=EXPLAINED,
            figure=SHAP_FIGURES,
        ),
    output:
        "results/interpretation.md",
    log:
        "results/logs/interpretation_page.log",
    benchmark:
        "results/benchmarks/interpretation_page.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        sources=DIGESTS.of("interpretation"),
    script:
        "../scripts/interpretation_page.py"
