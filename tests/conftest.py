"""Models that the tests share, and the settings of Hypothesis."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings
from samples import LEXICON, write_small_labels

import sahel_classify
from sahel_classify import Model

# A first call may load a model or import scikit-learn: how long it takes is no property of the code.
settings.register_profile("no-deadline", settings(), deadline=None)
settings.load_profile("no-deadline")


@pytest.fixture(scope="session")
def shipped_model() -> Model:
    """The model that comes with the package."""
    return sahel_classify.load()


@pytest.fixture(scope="session")
def small_labels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of composed labels: 34 paragraphs, a lexicon, three topics, one target."""
    return write_small_labels(tmp_path_factory.mktemp("small") / "labels")


@pytest.fixture(scope="session")
def small_model(small_labels: Path) -> Model:
    """A model trained from `small_labels`."""
    return sahel_classify.train(small_labels)


@pytest.fixture(scope="session")
def lexicon_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of lexicon lines."""
    path = tmp_path_factory.mktemp("lexicon") / "terms.tsv"
    path.write_text(LEXICON, encoding="utf-8")
    return path
