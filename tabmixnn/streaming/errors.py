"""What goes wrong with data in files."""

from __future__ import annotations


class DataSourceError(ValueError):
    """A file or folder that cannot be read as the rows of one table."""


class RowsNotKeptError(ValueError):
    """Something needs the training rows, and they were read from a file and not kept."""
