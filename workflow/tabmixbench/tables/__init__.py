"""The paper's tables from our scores, its numbers beside ours.

Adding a table is one file with a function ``build(results) -> Table`` and one entry in `BUILDERS`.
Ablation tables have an entry in ``config/ablations.yaml`` instead (see `tables.ablations`).
"""

from __future__ import annotations

from collections.abc import Callable

from tabmixbench.tables import table2, table6
from tabmixbench.tables.comparison import table3, table3_r2, table4
from tabmixbench.tables.results import Results
from tabmixbench.tables.table import Table

__all__ = ["BUILDERS", "OWN_SUITES", "Results", "Table"]

BUILDERS: dict[str, Callable[[Results], Table]] = {
    "table2": table2.build,
    "table3": table3.build,
    "table3_r2": table3_r2.build,
    "table4": table4.build,
    "table6": table6.build,
}

#: Tables whose models are in no other: a suite of their name, on datasets that an entry lists.
OWN_SUITES = (table6.SUITE,)
