"""The reproduction: fetch the data, fit every model on the same splits, log, render."""

from snakemake.utils import min_version

min_version("9.27")


configfile: "config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/fit.smk"
include: "workflow/rules/ablations.smk"
include: "workflow/rules/collect.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/track.smk"
include: "workflow/rules/validate.smk"
include: "workflow/rules/bench.smk"
include: "workflow/rules/interpretation.smk"
include: "workflow/rules/claims.smk"
include: "workflow/rules/peers.smk"
include: "workflow/rules/again.smk"
include: "workflow/rules/reliability.smk"
include: "workflow/rules/simulations.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/dag.smk"
include: "workflow/rules/classes.smk"
include: "workflow/rules/coverage.smk"
include: "workflow/rules/spatial.smk"


rule all:
    default_target: True
    input:
        rules.metrics.output,
        named(lambda wildcards: CHOSEN.dataset_tables()),
        expand("results/tables/{table}.md", table=TABLES),
        expand("results/figures/{figure}.png", figure=FIGURES),
        rules.track.output,
        rules.report.output,
        rules.validate.output if PLAN.validation else [],
        rules.claims.output,
        rules.interpretation_page.output if PLAN.interpretation else [],
