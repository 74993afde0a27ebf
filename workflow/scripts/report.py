"""Rule `report`: what a reader opens first, one self-contained HTML file."""

import pandas as pd
import yaml

from tabmixbench.files import write_atomically
from tabmixbench.job import job
from tabmixbench.report import (
    Contents,
    board_parts,
    figures_of,
    join_standings,
    read_classes,
    render,
)
from tabmixbench.tables import Results
from tabmixbench.tables.read import tables_of

with job(snakemake.log[0]) as report:
    files, extras = snakemake.input, snakemake.params.extras
    (claims,) = tables_of([files.claims])
    with open(files.citation, encoding="utf-8") as stream:
        citation = yaml.safe_load(stream)
    contents = Contents(
        results=Results.read(files.metrics, files.reasons, "config"),
        tables=tables_of([*files.tables, *extras["tables"]]),
        leaderboards=board_parts(
            extras["leaderboards"], extras["board_figures"], "workflow/report"
        ),
        standings=join_standings(extras["standings"]),
        classes=read_classes(extras["classes"]),
        validation=tables_of([*files.validation, *(extras["baselines"] or [files.baselines])]),
        intervals=tables_of(extras["intervals"]),
        probabilities=tables_of([files.reliability]),
        probability_figures=figures_of([files.diagrams], "workflow/report"),
        claims=claims,
        timings=tables_of([files.timings]),
        timing=pd.read_csv(files.timing[0]) if files.timing else None,
        figures=figures_of([*files.figures, *extras["figures"]], "workflow/report"),
        studies=tables_of(extras["studies"]),
        study_figures=figures_of(extras["study_figures"], "workflow/report"),
        speed=tables_of(extras["speed"]),
        speed_figures=figures_of(extras["speed_figures"], "workflow/report"),
        citation=citation,
    )
    page = render(contents)
    write_atomically(snakemake.output[0], lambda file: file.write_text(page, encoding="utf-8"))
    report(f"rendered {snakemake.output[0]}, {len(page) / 1e6:.1f} MB")
