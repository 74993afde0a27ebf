"""Data larger than memory: Parquet files, pyarrow datasets and Dask data frames, read in batches.

`source` reads batches and row groups, `partitions` those of Dask; `rows` leaves incomplete rows
out and counts them; `learning` learns a formula's levels and transforms; `exact` fits the exact
likelihood from `sums`, which need one pass; `network` trains networks on blocks of rows; `absent`
stands where rows were.

What is streamed: every formula whose variables can be learned batch by batch, which leaves out
splines with ``df`` (name their ``knots``); exactly, Gaussian outcomes without a
``cov_struct_map``, with any number of grouping factors, weights and offsets.
"""

from tabmixnn.streaming.errors import DataSourceError, RowsNotKeptError
from tabmixnn.streaming.source import Source, is_source

__all__ = ["DataSourceError", "RowsNotKeptError", "Source", "is_source"]
