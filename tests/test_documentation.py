"""Documentation is executed: docstring examples, README's Python, README's shown outputs, the data card's counts."""

from __future__ import annotations

import doctest
import importlib
import os
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sahel_classify

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted(module.name for module in pkgutil.walk_packages(sahel_classify.__path__, "sahel_classify."))
PYTHON = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("name", ["sahel_classify", *MODULES])
def test_docstring_examples_hold(name: str) -> None:
    """Every example in a docstring gives what it shows."""
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0


def test_there_are_docstring_examples() -> None:
    """The public classes and functions teach by example."""
    finder = doctest.DocTestFinder()
    tests = [t for name in MODULES for t in finder.find(importlib.import_module(name)) if t.examples]
    assert len(tests) >= 30


@pytest.mark.parametrize("number", range(len(PYTHON)))
def test_python_of_the_readme_runs(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every Python block of the README runs by itself."""
    monkeypatch.chdir(tmp_path)
    space: dict[str, object] = {}
    exec(PYTHON[number], space)
    assert "sc" in space


@pytest.mark.parametrize("script", ["readme.py", "data_card.py"])
def test_generated_parts_are_fresh(script: str) -> None:
    """What the README and the data card show is what the commands give today."""
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / script, "--check"], capture_output=True, text=True, env={**os.environ}, check=False
    )
    assert done.returncode == 0, done.stderr
