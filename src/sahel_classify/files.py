"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sahel_classify.errors import OutputError

__all__ = ["atomic_writer", "check_output"]


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
