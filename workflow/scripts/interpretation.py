"""Rule `interpretation`: Figures 1 to 3 for one model, their captions, and what they show."""

import pandas as pd

from tabmixbench.figures.files import save
from tabmixbench.files import write_atomically, write_csv
from tabmixbench.interpretation.captions import CAPTIONS
from tabmixbench.interpretation.figures import FIGURES
from tabmixbench.interpretation.study import study
from tabmixbench.job import job

with job(snakemake.log[0]) as report:
    found = study(
        snakemake.wildcards.model, pd.read_parquet(snakemake.input[0]), snakemake.params.seed
    )
    write_csv(found.slopes.reset_index(), snakemake.output.slopes)
    write_csv(found.contributions, snakemake.output.contributions)
    for name, draw in FIGURES.items():
        save(draw(found), {kind: snakemake.output[f"{name}_{kind}"] for kind in ("png", "svg")})
        text = CAPTIONS[name](found) + "\n"
        write_atomically(
            snakemake.output[f"{name}_md"],
            lambda file, text=text: file.write_text(text, encoding="utf-8"),
        )
        report(f"drew {name} of {snakemake.wildcards.model}")
