"""The report: what a reader opens first."""

from glob import glob

from tabmixbench.report.extras import digests, extras

#: The tables that the page shows as the paper's; the other core tables have places of their own.
PAPERS_TABLES = [table for table in TABLES if table != "baselines"]
#: The paper's Figures 1 to 3, of every explained model.
DRAWN = (
    expand(
        "results/interpretation/{model}/{figure}.svg",
        model=EXPLAINED,
        figure=SHAP_FIGURES,
    )
    if PLAN.interpretation
    else []
)
CAPTIONS = sorted(glob("workflow/report/*.rst"))
CORE = [
    *expand("results/tables/{table}.md", table=[*TABLES, "timings"]),
    *expand("results/figures/{figure}.svg", figure=FIGURES),
    "results/tables/reliability.md",
]


rule report:
    input:
        metrics="results/metrics.csv",
        reasons="results/reasons.csv",
        paper="config/paper.yaml",
        claims="results/claims.md",
        citation="CITATION.cff",
        captions=CAPTIONS,
        tables=expand("results/tables/{table}.md", table=PAPERS_TABLES),
        baselines="results/tables/baselines.md",
        reliability="results/tables/reliability.md",
        diagrams="results/reliability.svg",
        timings="results/tables/timings.md",
        figures=[*expand("results/figures/{figure}.svg", figure=FIGURES), *DRAWN],
        validation=[rules.validate.output.page] if PLAN.validation else [],
        timing=[rules.validate.output.timing] if PLAN.validation else [],
    output:
        report("results/report.html", caption="../report/page.rst", category="Report"),
    log:
        "results/logs/report.log",
    benchmark:
        "results/benchmarks/report.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        registries=DIGESTS.registries,
        sources=DIGESTS.of(
            *("report", "tables", "contradictions", "statistics.py", "metrics.py"),
            *(
                "claims/claim.py",
                "claims/verdict.py",
                "leaderboard",
                "figures/style.py",
            ),
        ),
        # What other targets have made is shown where it exists, and never made for the page.
        extras=lambda wildcards: extras("results", CORE),
        made_of=lambda wildcards: digests(extras("results", CORE)),
    script:
        "../scripts/report.py"
