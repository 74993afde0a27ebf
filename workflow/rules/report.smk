"""The report: what a reader opens first."""


rule report:
    input:
        metrics="results/metrics.csv",
        reasons="results/reasons.csv",
        paper="config/paper.yaml",
        tables=expand("results/tables/{table}.md", table=[*TABLES, "timings"]),
        figures=expand("results/figures/{figure}.png", figure=FIGURES),
    output:
        "results/report.md",
    log:
        "results/logs/report.log",
    benchmark:
        "results/benchmarks/report.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        sources=PLAN.digest("tables", "report.py", "contradictions"),
    script:
        "../scripts/report.py"
