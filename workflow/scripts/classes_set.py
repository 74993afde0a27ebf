"""Rule `classes_set`: every model on the splits of one set of several classes."""

from tabmixbench.classes.sets import ClassSet
from tabmixbench.classes.study import score
from tabmixbench.files import write_csv
from tabmixbench.job import job

with job(snakemake.log[0]) as report:
    data = ClassSet(**snakemake.params.entry)
    write_csv(score(data, snakemake.params.seed, report=report), snakemake.output[0])
