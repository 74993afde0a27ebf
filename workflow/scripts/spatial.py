"""Rule `spatial`: random effects at places, against glmmTMB and a Gaussian process."""

import os

from tabmixbench.figures.files import save
from tabmixbench.files import write_atomically, write_csv
from tabmixbench.job import job
from tabmixbench.spatial.figure import draw
from tabmixbench.spatial.page import agreement_table, page, prediction_table
from tabmixbench.spatial.study import agreement, prediction

with job(snakemake.log[0]) as report:
    agreeing = agreement_table(agreement(snakemake.input.reference))
    predicting = prediction_table(prediction(snakemake.params.seed, report))
    write_csv(agreeing.data, snakemake.output.agreement)
    write_csv(predicting.data, snakemake.output.prediction)
    save(draw(), snakemake.output)
    figure = os.path.relpath(snakemake.output.png, os.path.dirname(snakemake.output.page))
    text = page(agreeing, predicting, figure)
    write_atomically(snakemake.output.page, lambda file: file.write_text(text, encoding="utf-8"))
    report(predicting.notes[0])
