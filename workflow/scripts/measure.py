"""Rule `measure`: one measurement of the library's cost, in a process on one thread."""

import json

from tabmixbench.benchmarks.process import in_new_process
from tabmixbench.files import write_atomically
from tabmixbench.job import job

MEASURE = """
import json, sys
from tabmixbench.benchmarks import measure

print(json.dumps(measure(sys.argv[1], json.loads(sys.argv[2]))))
"""

with job(snakemake.log[0]) as report:
    name, sizes = snakemake.wildcards.measurement, snakemake.params.sizes
    rows = in_new_process(MEASURE, name, json.dumps(sizes))
    text = json.dumps(rows, indent=1) + "\n"
    write_atomically(snakemake.output[0], lambda file: file.write_text(text, encoding="utf-8"))
    for row in rows:
        shown = f"{row['value']:.4g} {row['unit']}" if "value" in row else row["reason"]
        report(f"{row['what']}: {shown}")
