"""Benchmarks of the library's own cost, apart from the reproduction.

A measurement is a module here with ``measure(sizes)``, which returns rows as `requirement.Row`;
`sizes` is an entry of ``config/benchmarks.yaml``. A new one is such a module and its name in
`MEASUREMENTS`: rule `measure` runs it in a job of its own, and rule `speed` puts its rows into the
table. What it must reach goes into ``requirement.REQUIREMENTS``; a size of its own into every entry
of ``config/benchmarks.yaml`` and into ``workflow/schemas/benchmarks.schema.yaml``; the file that it
reads, if any, into ``READS`` in ``workflow/rules/bench.smk``.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

MEASUREMENTS = ("trees", "large", "streamed", "predictions", "imports", "reproduction")
"""In the order of the table."""
PAGES = ("speed", "exact_fits", "growth", "cost", "accelerator", "block_batches")
"""Files of rule `bench` in results/benchmarks, without their ``.md``, as the report has them."""


def measure(name: str, sizes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Take a measurement, by its name."""
    return import_module(f"tabmixbench.benchmarks.{name}").measure(sizes)
