"""The command as its users start it: a process with arguments, input and output."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any, Final

__all__ = ["COMMAND", "ROOT", "SEEDS", "ran", "records", "sahel", "write"]

ROOT: Final = Path(__file__).resolve().parents[1]
SEEDS: Final = sorted((ROOT / "seeds").glob("*.txt"))
COMMAND: Final = shutil.which("sahel-classify", path=sysconfig.get_path("scripts")) or "sahel-classify"


def sahel(
    *arguments: object, given: bytes | None = None, folder: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command; what it prints must be UTF-8."""
    done = subprocess.run(
        [COMMAND, *map(str, arguments)],
        input=b"" if given is None else given,
        capture_output=True,
        cwd=folder,
        env=os.environ | environment,
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))


def ran(*arguments: object, **options: Any) -> str:
    """What the command prints where it must succeed without a word on standard error."""
    done = sahel(*arguments, **options)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def records(printed: str) -> list[dict[str, Any]]:
    """Records of JSON Lines: one object a line, the last line ended."""
    assert printed.endswith("\n")
    return [json.loads(line) for line in printed.removesuffix("\n").split("\n")]


def write(path: Path, content: str | bytes | list[dict[str, Any]]) -> Path:
    """Write a file: bytes as they are, text in UTF-8, records as JSON Lines."""
    if isinstance(content, list):
        content = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in content)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
