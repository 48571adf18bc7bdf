"""The model file: a zip archive of one JSON manifest and plain numpy arrays, each with its SHA-256.

Reading goes in separate steps: read the archive, verify names, sizes and checksums, decode arrays with
``numpy.load(allow_pickle=False)``. Building a model from them is the business of `sahel_classify.model_format`. Nothing in
the file is ever executed.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sahel_classify.errors import BundleError
from sahel_classify.files import atomic_writer

__all__ = ["FORMAT", "FORMAT_VERSION", "Bundle", "read_bundle", "read_manifest", "write_bundle"]

FORMAT: Final = "sahel_classify model"
# To change the format: raise this number, keep the reader of the old one in model_format.READERS, and add a file of the
# old format to tests/models with a test that it still loads and predicts the same.
FORMAT_VERSION: Final = 1

_MANIFEST: Final = "manifest.json"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
# A model has tens of megabytes at most; anything far beyond is no model of ours.
_LARGEST_MEMBER: Final = 1 << 30
_LARGEST_TOTAL: Final = 2 << 30
_DTYPES: Final = frozenset({"uint8", "int8", "uint16", "int32", "int64", "float16", "float32", "float64"})


@dataclass(frozen=True)
class Bundle:
    """A model file's content, verified but not yet built into a model.

    Attributes
    ----------
    manifest : dict
        Plain JSON values.
    arrays : dict of str to ndarray
    """

    manifest: Mapping[str, Any]
    arrays: Mapping[str, npt.NDArray[Any]]


def _encoded(array: npt.NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
    return buffer.getvalue()


def write_bundle(path: str | Path, manifest: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write a model file atomically: whole or not at all, the same bytes for the same content.

    Parameters
    ----------
    path : path
    manifest : mapping
        JSON values; format, version and checksums are added.
    arrays : mapping of str to ndarray

    Raises
    ------
    OutputError
        If the file can't be written.
    """
    members = {f"arrays/{name}.npy": _encoded(array) for name, array in sorted(arrays.items())}
    checksums = {name: hashlib.sha256(data).hexdigest() for name, data in members.items()}
    head = {"format": FORMAT, "format_version": FORMAT_VERSION, **manifest, "checksums": checksums}
    text = json.dumps(head, ensure_ascii=False, sort_keys=True, indent=1).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        # The archive's comment guards the manifest as the manifest guards the arrays.
        archive.comment = hashlib.sha256(text).hexdigest().encode()
        for name, data in {_MANIFEST: text, **members}.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, data, zipfile.ZIP_DEFLATED, 9)
    with atomic_writer(path) as file:
        file.write(buffer.getvalue())


def _open(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise BundleError(f"{path}: no such model file; train one with 'sahel-classify train LABELS -o MODEL'") from error
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise BundleError(f"{path}: no model file of sahel_classify, or a truncated one ({error}); copy or train it again") from error


def _read_member(archive: zipfile.ZipFile, path: Path, name: str) -> bytes:
    try:
        info = archive.getinfo(name)
        if info.file_size > _LARGEST_MEMBER:
            raise BundleError(f"{path}: {name} claims {info.file_size} bytes, far more than a model has")
        return archive.read(info)
    except KeyError as error:
        raise BundleError(
            f"{path}: {name} is missing; no model file of sahel_classify, or a damaged one; copy or train it again"
        ) from error
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
        if isinstance(error, BundleError):
            raise
        raise BundleError(f"{path}: {name} can't be read ({error}); the file is damaged, copy or train it again") from error


def _manifest_of(archive: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    text = _read_member(archive, path, _MANIFEST)
    if hashlib.sha256(text).hexdigest().encode() != archive.comment:
        raise BundleError(f"{path}: the checksum of {_MANIFEST} does not match; the file is damaged, copy or train it again")
    try:
        manifest = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path}: {_MANIFEST} is no JSON ({error})") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise BundleError(f"{path}: a zip file, but no model of sahel_classify; give a file made by 'sahel-classify train'")
    version = manifest.get("format_version")
    if not isinstance(version, int) or version < 1:
        raise BundleError(f"{path}: format version {version!r} is no version of ours")
    if version > FORMAT_VERSION:
        raise BundleError(
            f"{path}: format version {version} is newer than this package reads ({FORMAT_VERSION}); "
            "upgrade with 'pip install -U sahel-classify'"
        )
    return manifest


def read_manifest(path: str | Path) -> dict[str, Any]:
    """The manifest of a model file, verified, without its arrays.

    Raises
    ------
    BundleError
        If the file is missing, damaged, foreign or of a newer format.
    """
    path = Path(path)
    with _open(path) as archive:
        return _manifest_of(archive, path)


def read_bundle(path: str | Path) -> Bundle:
    """Read and verify a model file.

    Raises
    ------
    BundleError
        If the file is missing, damaged, foreign or of a newer format, or a checksum does not match.
    """
    path = Path(path)
    with _open(path) as archive:
        manifest = _manifest_of(archive, path)
        checksums = manifest.get("checksums")
        names = [info.filename for info in archive.infolist()]
        if not isinstance(checksums, dict) or sorted(names) != sorted([_MANIFEST, *checksums]):
            raise BundleError(f"{path}: its members are not those that the manifest lists; the file is damaged or was tampered with")
        if sum(info.file_size for info in archive.infolist()) > _LARGEST_TOTAL:
            raise BundleError(f"{path}: claims more bytes than a model has")
        members = {name: _read_member(archive, path, name) for name in checksums}
    for name, data in members.items():
        if hashlib.sha256(data).hexdigest() != checksums[name]:
            raise BundleError(f"{path}: the checksum of {name} does not match; the file is damaged, copy or train it again")
    arrays = {name.removeprefix("arrays/").removesuffix(".npy"): _decoded(path, name, data) for name, data in members.items()}
    return Bundle(manifest, arrays)


def _decoded(path: Path, name: str, data: bytes) -> npt.NDArray[Any]:
    try:
        array = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError, MemoryError, SyntaxError, TypeError) as error:
        raise BundleError(f"{path}: {name} is no plain array ({error})") from error
    if array.dtype.name not in _DTYPES:
        raise BundleError(f"{path}: {name} has values of type {array.dtype.name}, which no model has")
    return array
