"""Rule `validate`: the library's exact fits beside R's, number by number."""

import tempfile

import pandas as pd

from tabmixbench.files import write_atomically, write_csv
from tabmixbench.job import job
from tabmixbench.validation.agreement import agreement
from tabmixbench.validation.page import agreement_table, timing_table
from tabmixbench.validation.reference import read_references, reference_data
from tabmixbench.validation.timing import lmer_seconds, mixedlm_seconds, our_seconds, timed_fits

with job(snakemake.log[0]) as report:
    references = {}
    for path in snakemake.input.references:
        references |= read_references(path)
    rows = []
    for name, reference in references.items():
        rows.append(agreement(name, reference))
        report(f"{name}: logLik differs by {rows[-1]['error_logLik']:.1e}")
    agreeing = agreement_table(pd.DataFrame(rows))

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

    write_csv(agreeing.data, snakemake.output.agreement)
    write_csv(timing.data, snakemake.output.timing)
    text = f"# Validation against R\n\n{agreeing.markdown()}\n{timing.markdown()}"
    write_atomically(snakemake.output.page, lambda file: file.write_text(text, encoding="utf-8"))
    report(agreeing.notes[0])
