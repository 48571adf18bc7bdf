"""Reading a file's bytes as text, and writing a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sahel_classify.errors import InputError, OutputError

__all__ = ["atomic_writer", "check_output", "decode"]


def decode(data: bytes, place: str, error: type[InputError] = InputError) -> str:
    r"""Text of bytes in UTF-8, a byte order mark left out.

    Parameters
    ----------
    data : bytes
    place : str
        The file, for the message of an error.
    error : type, default=InputError
        What to raise.

    Raises
    ------
    InputError
        Naming place, line and remedy, if the bytes are not UTF-8.

    Examples
    --------
    >>> decode(b"Un.\nDeux, gr\xe8ve.", "a.txt")
    Traceback (most recent call last):
    ...
    sahel_classify.errors.InputError: a.txt:2: not UTF-8 (byte 0xe8); convert it, for example: iconv -f ISO-8859-1 -t UTF-8
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise error(f"{place}:1: encoded in UTF-16; convert it, for example: iconv -f UTF-16 -t UTF-8")
    if b"\0" in data[:4096]:
        raise error(f"{place}:1: holds NUL bytes, so it is UTF-16 without a byte order mark or no text at all; give UTF-8 text")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data[: problem.start].count(b"\n") + 1
        raise error(
            f"{place}:{line}: not UTF-8 (byte 0x{data[problem.start]:02x}); convert it, for example: iconv -f ISO-8859-1 -t UTF-8"
        ) from problem


def check_output(output: str) -> bool:
    """Find out before the work, not after it, whether a file can be written.

    Returns
    -------
    bool
        Whether it is a regular file, or none yet, and so can be written whole or not at all; a device or a pipe can't.

    Raises
    ------
    OutputError
        If it is a folder, or its folder does not exist or is not writable.
    """
    path = Path(output)
    if path.is_dir():
        raise OutputError(f"{output}: a folder; name a file in it")
    if path.exists() and not path.is_file():
        return False
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK | os.X_OK):
        reason = "is not writable" if path.parent.is_dir() else "does not exist"
        raise OutputError(f"{output}: can't be written, its folder {reason}; choose a folder that exists and is writable")
    return True


@contextmanager
def atomic_writer(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file for writing that takes its name only once it is complete.

    Parameters
    ----------
    path : path

    Raises
    ------
    OutputError
        If it can't be written; then neither the file nor a part of it is left.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with atomic_writer(Path(folder, "a.txt")) as file:
    ...         _ = file.write(b"whole")
    ...     Path(folder, "a.txt").read_bytes()
    b'whole'
    """
    # A link is followed: the file that it names is replaced, not the link.
    path = Path(os.path.realpath(path))
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        problem = error.strerror or str(error)
        raise OutputError(f"{path}: can't be written ({problem}); choose a folder that exists and is writable") from error
