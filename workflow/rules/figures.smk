"""Figures from our scores."""

from tabmixbench.figures import DRAWERS

FIGURES = list(DRAWERS)


rule figure:
    input:
        metrics="results/metrics.csv",
        reasons="results/reasons.csv",
        paper="config/paper.yaml",
    output:
        png="results/figures/{figure}.png",
        svg=report(
            "results/figures/{figure}.svg",
            caption="../report/figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
    log:
        "results/logs/figure/{figure}.log",
    benchmark:
        "results/benchmarks/figure/{figure}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        registries=DIGESTS.registries,
        name=named(lambda wildcards: require(wildcards.figure, FIGURES, "figure")),
        sources=DIGESTS.of("tables", "figures", "statistics.py", "metrics.py"),
    script:
        "../scripts/figure.py"
