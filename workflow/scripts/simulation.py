"""Rule `simulation`: table and figure of one simulation study."""

import pandas as pd

from tabmixbench.adapters import load_models
from tabmixbench.figures.files import save
from tabmixbench.files import write_csv
from tabmixbench.job import job
from tabmixbench.simulations import STUDIES
from tabmixbench.tables.files import write

with job(snakemake.log[0]) as report:
    study = STUDIES[snakemake.wildcards.study]
    scores = pd.concat([pd.read_csv(path) for path in snakemake.input.runs], ignore_index=True)
    labels = {name: spec.label for name, spec in load_models("config/models.yaml").items()}
    write_csv(scores, snakemake.output.scores)
    table = study.table(scores, labels)
    write(table, snakemake.output)
    save(study.figure(scores, labels), snakemake.output)
    report(f"rendered {table.title}")
