"""The model file: a zip that holds a manifest and arrays, nothing else, and nothing compressed.

``manifest.json`` has the number of the format, the versions that wrote it, the estimator's class,
the name, type and shape of every array, the digest of ``arrays.safetensors`` and the state.
Because members are not compressed, what is read is never longer than the file.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from tabmixnn import __version__
from tabmixnn.option_checks import whole
from tabmixnn.persistence.errors import ModelFileError
from tabmixnn.persistence.tree import Decoder, Encoder
from tabmixnn.persistence.upgrades import UPGRADES

FORMAT = max(UPGRADES) + 1
"""Number of the format that is written; lower ones are read too."""

MANIFEST, ARRAYS = "manifest.json", "arrays.safetensors"
MAX_BYTES = 2**33
"""Largest file that is read unless the caller allows more: 8 GiB."""


def _path(given: Any) -> Path:
    if not isinstance(given, str | os.PathLike):
        raise TypeError(f"A model file is named by a path; got {given!r}.")
    return Path(given)


def write_archive(path: str | os.PathLike[str], cls: str, state: Mapping[str, Any]) -> None:
    """Write a model file; an existing one is replaced only when the new one is complete.

    Parameters
    ----------
    path : str or path
    cls : str
        Name of the estimator's class.
    state : mapping
        A tree.

    Raises
    ------
    TypeError
        If the tree holds something that cannot be stored, or `path` is no path.
    FileNotFoundError
        If there is no such folder.
    """
    target = _path(path)
    if not target.absolute().parent.is_dir():
        raise FileNotFoundError(f"{path}: there is no folder {target.absolute().parent}.")
    if target.is_dir():
        raise IsADirectoryError(f"{path} is a folder; name a file in it.")
    encoder = Encoder()
    encoded = encoder.encode(state)
    blob = save_arrays(encoder.arrays)
    manifest = {
        "format": FORMAT,
        "class": cls,
        "versions": {
            "tabmixnn": __version__,
            **{name: version(name) for name in ("torch", "numpy")},
            "python": python_version(),
        },
        "arrays": {
            name: [array.dtype.name, list(array.shape)] for name, array in encoder.arrays.items()
        },
        "sha256": hashlib.sha256(blob).hexdigest(),
        "state": encoded,
    }
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(temporary, "x", zipfile.ZIP_STORED) as file:
            # Members without a date: the same model is the same file.
            file.writestr(zipfile.ZipInfo(MANIFEST), json.dumps(manifest, allow_nan=False))
            file.writestr(zipfile.ZipInfo(ARRAYS), blob)
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read_archive(
    path: str | os.PathLike[str], max_bytes: int = MAX_BYTES
) -> tuple[str, dict[str, Any]]:
    """Return the name of the estimator's class and the state, in the form of this `FORMAT`.

    Parameters
    ----------
    path : str or path
    max_bytes : int
        Size of the largest file that is read.

    Raises
    ------
    ModelFileError
        If it is no model file, is damaged, was changed or comes from a later version.
    FileNotFoundError
        If there is no such file.
    TypeError
        If `path` is no path.
    """
    whole("max_bytes", max_bytes, at_least=1)
    size = _path(path).stat().st_size
    if size > max_bytes:
        raise ModelFileError(
            f"{path} has {size:,} bytes, more than the {max_bytes:,} that are read; if you trust "
            "it, pass a larger max_bytes."
        )
    try:
        with zipfile.ZipFile(path) as file:
            _check_members(path, file, size)
            manifest = json.loads(file.read(MANIFEST))
            blob = file.read(ARRAYS)
    except (
        zipfile.BadZipFile,
        EOFError,
        RecursionError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ) as error:
        if isinstance(error, ModelFileError):
            raise
        raise ModelFileError(f"{path} is not a model file, or is damaged: {error}") from error
    _check_manifest(path, manifest)
    arrays = _arrays(path, manifest, blob)
    state = Decoder(arrays).decode(manifest["state"])
    for number in range(manifest["format"], FORMAT):
        state = UPGRADES[number](state)
    return manifest["class"], state


def _check_members(path: Any, file: zipfile.ZipFile, size: int) -> None:
    """Refuse members by what the zip says of them, before any of them is read."""
    members = file.infolist()
    names = sorted(member.filename for member in members)
    if names != [ARRAYS, MANIFEST]:
        shown = ", ".join(repr(name) for name in names[:5])
        raise ModelFileError(
            f"{path} is not a model file: it must hold {MANIFEST!r} and {ARRAYS!r} and nothing "
            f"else, but holds {shown}."
        )
    for member in members:
        if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1:
            raise ModelFileError(f"{path} is not a model file: {member.filename!r} is compressed.")
    if sum(member.file_size for member in members) > size:
        raise ModelFileError(f"{path} is damaged: its members claim to be longer than the file.")


def _check_manifest(path: Any, manifest: Any) -> None:
    number = manifest.get("format") if isinstance(manifest, dict) else None
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise ModelFileError(f"{path} is not a model file: its manifest has no format number.")
    if number > FORMAT:
        raise ModelFileError(
            f"{path} was written by a later version of tabmixnn: it has format {number}, and this "
            f"version reads formats up to {FORMAT}. Install a newer tabmixnn."
        )
    wanted = {"class": str, "arrays": dict, "sha256": str, "state": dict}
    for name, kind in wanted.items():
        if not isinstance(manifest.get(name), kind):
            raise ModelFileError(f"{path} is damaged: its manifest has no usable {name!r}.")


def _arrays(path: Any, manifest: dict[str, Any], blob: bytes) -> dict[str, np.ndarray]:
    if hashlib.sha256(blob).hexdigest() != manifest["sha256"]:
        raise ModelFileError(f"{path} is damaged or was changed: its arrays are not those it had.")
    try:
        arrays = load_arrays(blob)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ModelFileError(f"{path} is damaged: its arrays cannot be read: {error}") from error
    found = {name: [array.dtype.name, list(array.shape)] for name, array in arrays.items()}
    if found != manifest["arrays"]:
        raise ModelFileError(
            f"{path} is damaged or was changed: its arrays are not those the manifest names."
        )
    return arrays
