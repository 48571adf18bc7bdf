"""The public names, and what using them imports: predicting needs numpy and nothing heavier."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib

import pytest
from command import ROOT

import sahel_classify

HEAVY = ("joblib", "matplotlib", "pandas", "polars", "pyarrow", "scipy", "sklearn")


def imported(code: str, of: tuple[str, ...]) -> list[str]:
    """Which of these packages a fresh interpreter has imported after running the code."""
    command = f"{code}\nimport json, sys\nprint(json.dumps([name for name in {of!r} if name in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_importing_the_package_imports_nothing_heavy() -> None:
    assert imported("import sahel_classify; dir(sahel_classify)", ("numpy", *HEAVY)) == []


def test_the_errors_need_no_numpy() -> None:
    assert imported("from sahel_classify import BundleError, InputError, LabelError", ("numpy", *HEAVY)) == []


def test_predicting_imports_numpy_and_nothing_heavier() -> None:
    code = """
import sahel_classify
model = sahel_classify.load()
text = "Bamako accuse Paris de soutenir les groupes armés."
assert model.predict(text).abstained is None
assert len(model.predict([text, "Oui."], headlines=["À Bamako", None], asked=[["russia"], []], targets=["turkey=Ankara"])) == 2
assert len(model.predict_article(text + "\\n\\n" + text, headline="Mali").paragraphs) == 2
model.explain(text, topic="diplomacy")
model.explain(text, stance="france")
"""
    assert imported(code, ("numpy", *HEAVY)) == ["numpy"]


def test_reading_labels_imports_nothing_heavier() -> None:
    code = "import sahel_classify\nsahel_classify.read_labels([{'id': 'a', 'text': 'La mine.', 'topics': ['mines']}])"
    assert imported(code, HEAVY) == []


def test_what_is_declared_is_what_is_imported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    listed = [*project["dependencies"], *extras["parquet"], *extras["plot"]]
    declared = [re.match(r"[\w-]+", line)[0] for line in listed]
    names: set[str] = set()
    for file in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
            elif isinstance(node, ast.Import):
                names.update(alias.name.split(".")[0] for alias in node.names)
    # Stubs that only a type checker reads.
    foreign = names - sys.stdlib_module_names - {"sahel_classify", "_typeshed"}
    assert sorted(foreign) == sorted(name.replace("scikit-learn", "sklearn") for name in declared)


@pytest.mark.parametrize("module", ["evaluation", "cli.evaluate", "cli.agreement"])
def test_evaluating_imports_nothing_heavier(module: str) -> None:
    assert imported(f"import sahel_classify.{module}", HEAVY) == []


@pytest.mark.parametrize("name", sahel_classify.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(sahel_classify, name).__name__ == name
    assert name in dir(sahel_classify)


def test_the_public_names_are_sorted_and_complete() -> None:
    assert sahel_classify.__all__ == sorted(sahel_classify._HOMES)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'sahel_classify' has no attribute 'predict'"):
        sahel_classify.predict  # noqa: B018


def test_every_error_is_one_of_the_package() -> None:
    errors = [getattr(sahel_classify, name) for name in sahel_classify.__all__ if name.endswith("Error")]
    assert all(issubclass(error, sahel_classify.SahelClassifyError) for error in errors)
    assert issubclass(sahel_classify.LabelError, sahel_classify.InputError)
    assert issubclass(sahel_classify.InputError, ValueError)
    assert issubclass(sahel_classify.MissingDependencyError, ImportError)
