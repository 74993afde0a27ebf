"""Rule `ablation_table`: one study as CSV, Markdown and LaTeX."""

from tabmixbench.ablations import load_studies
from tabmixbench.job import job
from tabmixbench.schema import read_yaml
from tabmixbench.tables.ablations import read_table
from tabmixbench.tables.files import write

with job(snakemake.log[0]) as report:
    name = snakemake.wildcards.study
    study = load_studies("config/ablations.yaml")[name]
    paper = read_yaml(snakemake.input.paper)
    table = read_table(study, snakemake.input.records, paper.get(name, {}))
    write(table, snakemake.output)
    report(f"rendered {table.title}")
