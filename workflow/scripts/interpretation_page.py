"""Rule `interpretation_page`: the figures of all models on one page."""

from pathlib import Path

from tabmixbench.files import write_atomically
from tabmixbench.interpretation.page import page
from tabmixbench.job import job

with job(snakemake.log[0]) as report:
    files = [Path(name) for name in snakemake.input]
    captions = {(f.parent.name, f.stem): f.read_text(encoding="utf-8").strip() for f in files}
    text = page(captions)
    write_atomically(snakemake.output[0], lambda file: file.write_text(text, encoding="utf-8"))
    report(f"rendered {snakemake.output[0]}")
