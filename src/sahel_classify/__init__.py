"""Topics and stances of French and English paragraphs about the Sahel.

>>> import sahel_classify as sc
>>> model = sc.load()
>>> model.predict("Au moins vingt soldats ont été tués dans une embuscade près de Djibo.").topics
('armed_conflict',)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sahel_classify.errors import (
        BundleError,
        InputError,
        LabelError,
        MissingDependencyError,
        NotTrainedError,
        OutputError,
        ParameterError,
        SahelClassifyError,
    )
    from sahel_classify.labels.reading import read_labels
    from sahel_classify.labels.records import LabelledParagraph
    from sahel_classify.model import Model, load
    from sahel_classify.prediction import ArticlePrediction, Explanation, Prediction, StancePrediction
    from sahel_classify.prevalence.archive import Prevalence
    from sahel_classify.prevalence.counting import adjusted_count, classify_and_count
    from sahel_classify.prevalence.expectation import emq
    from sahel_classify.prevalence.powered import prediction_powered
    from sahel_classify.stance import StanceClassifier
    from sahel_classify.targets import Target
    from sahel_classify.topics import TopicClassifier
    from sahel_classify.training.train import train
    from sahel_classify.vectorizer import ParagraphVectorizer

# Where each public name lives; it is imported when first used, so that a command that only prints its help starts at once.
_HOMES = {
    "ArticlePrediction": "prediction",
    "BundleError": "errors",
    "Explanation": "prediction",
    "InputError": "errors",
    "LabelError": "errors",
    "LabelledParagraph": "labels.records",
    "MissingDependencyError": "errors",
    "Model": "model",
    "NotTrainedError": "errors",
    "OutputError": "errors",
    "ParagraphVectorizer": "vectorizer",
    "ParameterError": "errors",
    "Prediction": "prediction",
    "Prevalence": "prevalence.archive",
    "SahelClassifyError": "errors",
    "StanceClassifier": "stance",
    "StancePrediction": "prediction",
    "Target": "targets",
    "TopicClassifier": "topics",
    "adjusted_count": "prevalence.counting",
    "classify_and_count": "prevalence.counting",
    "emq": "prevalence.expectation",
    "load": "model",
    "prediction_powered": "prevalence.powered",
    "read_labels": "labels.reading",
    "train": "training.train",
}

__all__ = [
    "ArticlePrediction",
    "BundleError",
    "Explanation",
    "InputError",
    "LabelError",
    "LabelledParagraph",
    "MissingDependencyError",
    "Model",
    "NotTrainedError",
    "OutputError",
    "ParagraphVectorizer",
    "ParameterError",
    "Prediction",
    "Prevalence",
    "SahelClassifyError",
    "StanceClassifier",
    "StancePrediction",
    "Target",
    "TopicClassifier",
    "adjusted_count",
    "classify_and_count",
    "emq",
    "load",
    "prediction_powered",
    "read_labels",
    "train",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(f"sahel_classify.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'sahel_classify' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
