"""Rule `claims`: every claim of the paper held against the results."""

from pathlib import Path

from tabmixbench.claims import Evidence, claims_table, judge, load_claims
from tabmixbench.files import write_atomically, write_csv
from tabmixbench.job import job
from tabmixbench.tables import Results

with job(snakemake.log[0]) as report:
    results = Results.read(snakemake.input.metrics, snakemake.input.reasons, "config")
    evidence = Evidence(results, Path(snakemake.input.metrics).parent)
    claims = load_claims(snakemake.input.claims, results.paper, results.models, results.registry)
    table = claims_table(judge(claims, evidence))
    write_csv(table.data, snakemake.output.csv)
    write_atomically(
        snakemake.output.md, lambda file: file.write_text(table.markdown(), encoding="utf-8")
    )
    report(table.notes[0])
