"""Rule `simulation`: table and figure of one simulation study."""

import pandas as pd

from tabmixbench.adapters import load_models
from tabmixbench.figures import save
from tabmixbench.files import write_csv
from tabmixbench.job import job
from tabmixbench.simulations import STUDIES
from tabmixbench.tables import write

with job(snakemake.log[0]) as report:
    study = STUDIES[snakemake.wildcards.study]
    scores = pd.concat([pd.read_csv(path) for path in snakemake.input.runs], ignore_index=True)
    labels = {name: spec.label for name, spec in load_models("config/models.yaml").items()}
    write_csv(scores, snakemake.output.scores)
    table = study.table(scores, labels)
    write(
        table,
        csv=snakemake.output.csv,
        markdown=snakemake.output.md,
        latex=snakemake.output.tex,
    )
    save(study.figure(scores, labels), png=snakemake.output.png, svg=snakemake.output.svg)
    report(f"rendered {table.title}")
