"""Rule `validate`: the library's exact fits beside R's, number by number."""

import tempfile
from pathlib import Path

import pandas as pd

from tabmixbench.files import write_atomically, write_csv
from tabmixbench.job import job
from tabmixbench.validation.agreement import agreement, fit_reference
from tabmixbench.validation.claim import claim_rows, claim_table
from tabmixbench.validation.optimum import optimum_row, optimum_table
from tabmixbench.validation.page import agreement_table, structured_table, timing_table
from tabmixbench.validation.reference import read_references, reference_data
from tabmixbench.validation.statsmodels import statsmodels_rows, statsmodels_table
from tabmixbench.validation.structured import structured_agreement
from tabmixbench.validation.timing import lmer_seconds, mixedlm_seconds, our_seconds, timed_fits

with job(snakemake.log[0]) as report:
    references = {}
    for path in snakemake.input.references:
        references |= read_references(path)
    rows, optima = [], []
    for name, reference in references.items():
        model, took = fit_reference(reference)
        rows.append(agreement(name, reference, model, took))
        report(f"{name}: logLik differs by {rows[-1]['error_logLik']:.1e}")
        if reference["family"] == "gaussian":
            optima.append(optimum_row(name, reference, model))
    agreeing = agreement_table(pd.DataFrame(rows))
    beyond = agreeing.data[agreeing.data["verdict"] != "agrees"]
    optimum = optimum_table(beyond.merge(pd.DataFrame(optima), on="fit"))

    rows = []
    for name, reference in read_references(snakemake.input.structured).items():
        folder = Path(snakemake.input.structured).parent
        rows.append(structured_agreement(name, reference, folder))
        report(f"{name}: logLik differs by {rows[-1]['error_logLik']:.1e}")
    structured = structured_table(pd.DataFrame(rows))

    claim = claim_table(pd.DataFrame(list(claim_rows())))
    report("; ".join(claim.notes[:3]))

    timed = timed_fits(references)
    with tempfile.TemporaryDirectory() as folder:
        lmer, reason = lmer_seconds(timed, folder)
    seconds = []
    for name, reference in timed.items():
        data = reference_data(reference)
        ours, mixedlm = our_seconds(reference, data), mixedlm_seconds(reference, data)
        both = {"fit": name, "n": len(data), "ours": ours, "mixedlm": mixedlm}
        seconds.append({**both, "lmer": lmer.get(name, float("nan"))})
        report(f"{name}: ours {1000 * ours:.1f} ms, mixedlm {1000 * mixedlm:.1f} ms")
    timing = timing_table(pd.DataFrame(seconds), reason)
    statsmodels = statsmodels_table(pd.DataFrame(statsmodels_rows()))

    tables = {
        "agreement": agreeing,
        "optimum": optimum,
        "structured": structured,
        "claim": claim,
        "timing": timing,
        "statsmodels": statsmodels,
    }
    for name, table in tables.items():
        write_csv(table.data, snakemake.output[name])
    text = "\n".join(["# Validation against R\n", *(t.markdown() for t in tables.values())])
    write_atomically(snakemake.output.page, lambda file: file.write_text(text, encoding="utf-8"))
    report(agreeing.notes[0])
    report(structured.notes[0])
