"""Between a model and the plain values of a model file, format version 1."""

from __future__ import annotations

import gc
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from sahel_classify.bundle import Bundle, read_bundle, write_bundle
from sahel_classify.errors import BundleError, SahelClassifyError
from sahel_classify.features import DenseScaler, ParagraphFeatures
from sahel_classify.lexicon import LANGUAGES, STANCES, Lexicon, LexiconEntry
from sahel_classify.mentions import MentionFinder
from sahel_classify.stance import StanceClassifier
from sahel_classify.stance_features import StanceFeatures
from sahel_classify.targets import Target
from sahel_classify.terms import TermTable
from sahel_classify.topics import TopicClassifier
from sahel_classify.vectorizer import ParagraphVectorizer

if TYPE_CHECKING:
    from sahel_classify.model import Model

__all__ = ["load_model", "save_model"]

Arrays = dict[str, npt.NDArray[Any]]


def _packed(strings: Sequence[str]) -> npt.NDArray[np.uint8]:
    return np.frombuffer("\n".join(strings).encode("utf-8", "surrogatepass"), np.uint8)


def _unpacked(array: npt.NDArray[Any]) -> tuple[str, ...]:
    text = array.tobytes().decode("utf-8", "surrogatepass")
    return tuple(text.split("\n")) if text else ()


def _put_table(arrays: Arrays, name: str, table: TermTable) -> None:
    arrays[f"{name}.terms"] = _packed(table.terms)
    arrays[f"{name}.idf"] = table.idf.astype(np.float32)


def _get_table(arrays: Mapping[str, npt.NDArray[Any]], name: str, sublinear_tf: bool) -> TermTable:
    terms, idf = _unpacked(arrays[f"{name}.terms"]), arrays[f"{name}.idf"].astype(np.float64)
    if idf.shape != (len(terms),):
        raise BundleError(f"{name}: {len(terms)} terms but {idf.shape} weights")
    return TermTable(terms, idf, sublinear_tf)


def _put_lexicon(arrays: Arrays, name: str, lexicon: Lexicon) -> None:
    arrays[f"{name}.terms"] = _packed([entry.term for entry in lexicon.entries])
    arrays[f"{name}.lang"] = np.array([LANGUAGES.index(entry.lang) for entry in lexicon.entries], np.uint8)
    arrays[f"{name}.label"] = np.array([lexicon.labels.index(entry.label) for entry in lexicon.entries], np.uint16)
    arrays[f"{name}.weight"] = np.array([entry.weight for entry in lexicon.entries], np.int8)


def _get_lexicon(arrays: Mapping[str, npt.NDArray[Any]], name: str, labels: Sequence[str]) -> Lexicon:
    columns = {part: arrays[f"{name}.{part}"].tolist() for part in ("lang", "label", "weight")}
    terms = _unpacked(arrays[f"{name}.terms"])
    if {len(column) for column in columns.values()} != {len(terms)}:
        raise BundleError(f"{name}: {len(terms)} terms, but {', '.join(f'{len(c)} of {part}' for part, c in columns.items())}")
    entries = map(
        LexiconEntry,
        terms,
        map(LANGUAGES.__getitem__, columns["lang"]),
        map(labels.__getitem__, columns["label"]),
        map(float, columns["weight"]),
    )
    return Lexicon(entries, labels)


def _put_linear(arrays: Arrays, name: str, coef: npt.NDArray[np.float64], intercept: npt.NDArray[np.float64]) -> None:
    arrays[f"{name}.coef"] = coef.astype(np.float16)
    arrays[f"{name}.intercept"] = intercept.astype(np.float64)


def _put_scaler(arrays: Arrays, name: str, scaler: DenseScaler) -> None:
    arrays[f"{name}.center"], arrays[f"{name}.scale"] = scaler.center, scaler.scale


def _get_scaler(arrays: Mapping[str, npt.NDArray[Any]], name: str) -> DenseScaler:
    return DenseScaler(arrays[f"{name}.center"].astype(np.float64), arrays[f"{name}.scale"].astype(np.float64))


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    found = {package: version(package) for package in ("numpy", "scipy", "scikit-learn")}
    return {"python": platform.python_version(), **found}


def save_model(model: Model, path: str | Path) -> None:
    """Write a model file; see `sahel_classify.bundle`.

    Raises
    ------
    OutputError
        If it can't be written.
    """
    arrays: Arrays = {}
    manifest: dict[str, Any] = {"metadata": dict(model.metadata)}
    if "versions" not in model.metadata:
        manifest["metadata"]["versions"] = _versions()
    manifest["targets"] = [target.to_dict() for target in model.mentions.targets]
    manifest["mentions"] = {"intercept": model.mentions.intercept, "learned": sorted(model.mentions.learned)}
    arrays["mentions.features"] = _packed(list(model.mentions.weights))
    arrays["mentions.weights"] = np.array(list(model.mentions.weights.values()), np.float32)
    if model.topics is not None and model.features is not None:
        manifest["topics"] = {
            "classes": list(model.topics.classes_),
            "exclusive": model.topics.exclusive,
            "C": model.topics.C_ if model.topics.C_ == model.topics.C_ else None,
            "thresholds": [float(t) for t in model.topics.thresholds_],
            "calibration": "folded into the weights",
            "lexicon": model.features.lexicon is not None,
            "headlines": model.features.headline_scaler is not None,
            "vectorizer": None,
        }
        _put_linear(arrays, "topics", model.topics.coef_, model.topics.intercept_)
        if model.features.vectorizer is not None:
            parameters = model.features.vectorizer.get_params()
            parameters["char_ngrams"] = list(parameters["char_ngrams"]) if parameters["char_ngrams"] else None
            manifest["topics"]["vectorizer"] = {"parameters": parameters, "blocks": list(model.features.vectorizer.tables_)}
            for block, table in model.features.vectorizer.tables_.items():
                _put_table(arrays, f"topics.{block}", table)
        if model.features.lexicon is not None and model.features.scaler is not None:
            _put_lexicon(arrays, "topics.lexicon", model.features.lexicon)
            _put_scaler(arrays, "topics.lexicon", model.features.scaler)
        if model.features.headline_scaler is not None:
            _put_scaler(arrays, "topics.headline", model.features.headline_scaler)
    if model.stances is not None and model.stance_features is not None:
        manifest["stances"] = {
            "classes": list(STANCES),
            "decision_weights": [float(w) for w in model.stances.decision_weights_],
            "blocks": list(model.stance_features.tables),
            "lexicon": model.stance_features.lexicon is not None,
            "targets": list(model.stance_features.targets),
        }
        _put_linear(arrays, "stances", model.stances.coef_, model.stances.intercept_)
        for block, table in model.stance_features.tables.items():
            _put_table(arrays, f"stances.{block}", table)
        if model.stance_features.lexicon is not None and model.stance_features.scaler is not None:
            _put_lexicon(arrays, "stances.lexicon", model.stance_features.lexicon)
            _put_scaler(arrays, "stances.lexicon", model.stance_features.scaler)
        _put_scaler(arrays, "stances.surface", model.stance_features.surface_scaler)
    write_bundle(path, manifest, arrays)


@contextmanager
def _paused_collection() -> Iterator[None]:
    """No search for cyclic garbage meanwhile: it would go through all the objects of a model again and again, and find none."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def load_model(path: str | Path) -> Model:
    """Read, verify and build a model.

    Raises
    ------
    BundleError
        If the file is missing, damaged, foreign or of a newer format.
    """
    bundle = read_bundle(path)
    reader = READERS[bundle.manifest["format_version"]]
    try:
        with _paused_collection():
            return reader(bundle)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, SahelClassifyError) as error:
        raise BundleError(f"{path}: its parts do not fit together ({error}); the file is damaged, train it again") from error


def _read_version_1(bundle: Bundle) -> Model:
    from sahel_classify.model import Model  # the model knows its file format, so the format learns of the model late

    manifest, arrays = bundle.manifest, bundle.arrays
    features, topics = _read_topics(manifest["topics"], arrays) if "topics" in manifest else (None, None)
    mentions = MentionFinder(
        tuple(Target.from_dict(target) for target in manifest["targets"]),
        dict(zip(_unpacked(arrays["mentions.features"]), arrays["mentions.weights"].tolist(), strict=True)),
        float(manifest["mentions"]["intercept"]),
        frozenset(manifest["mentions"]["learned"]),
    )
    stance_features, stances = _read_stances(manifest["stances"], arrays) if "stances" in manifest else (None, None)
    return Model(features, topics, mentions, stance_features, stances, dict(manifest["metadata"]))


def _read_topics(head: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> tuple[ParagraphFeatures, TopicClassifier]:
    vectorizer = None
    if head["vectorizer"] is not None:
        parameters = dict(head["vectorizer"]["parameters"])
        if parameters["char_ngrams"]:
            parameters["char_ngrams"] = tuple(parameters["char_ngrams"])
        vectorizer = ParagraphVectorizer(**parameters)
        sublinear = bool(parameters["sublinear_tf"])
        vectorizer.tables_ = {block: _get_table(arrays, f"topics.{block}", sublinear) for block in head["vectorizer"]["blocks"]}
    lexicon = scaler = None
    if head["lexicon"]:
        lexicon = _get_lexicon(arrays, "topics.lexicon", head["classes"])
        scaler = _get_scaler(arrays, "topics.lexicon")
    classifier = TopicClassifier(exclusive=bool(head["exclusive"]))
    classifier.classes_ = tuple(head["classes"])
    classifier.coef_ = arrays["topics.coef"].astype(np.float64)
    classifier.intercept_ = arrays["topics.intercept"].astype(np.float64)
    classifier.thresholds_ = np.array(head["thresholds"], np.float64)
    classifier.C_ = float("nan") if head["C"] is None else float(head["C"])
    headline_scaler = _get_scaler(arrays, "topics.headline") if head["headlines"] else None
    features = ParagraphFeatures(vectorizer, lexicon, scaler, headline_scaler)
    width = features.n_features
    k = len(classifier.classes_)
    if classifier.coef_.shape != (width, k) or classifier.intercept_.shape != (k,) or classifier.thresholds_.shape != (k,):
        raise BundleError(f"topic weights of shape {classifier.coef_.shape} for {width} features and {k} topics")
    return features, classifier


def _read_stances(head: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> tuple[StanceFeatures, StanceClassifier]:
    tables = {block: _get_table(arrays, f"stances.{block}", True) for block in head["blocks"]}
    lexicon = scaler = None
    if head["lexicon"]:
        lexicon = _get_lexicon(arrays, "stances.lexicon", STANCES)
        scaler = _get_scaler(arrays, "stances.lexicon")
    features = StanceFeatures(tables, lexicon, scaler, _get_scaler(arrays, "stances.surface"), tuple(head["targets"]))
    classifier = StanceClassifier()
    classifier.coef_ = arrays["stances.coef"].astype(np.float64)
    classifier.intercept_ = arrays["stances.intercept"].astype(np.float64)
    classifier.decision_weights_ = np.array(head["decision_weights"], np.float64)
    width = sum(features.widths())
    if classifier.coef_.shape != (width, 3) or classifier.intercept_.shape != (3,):
        raise BundleError(f"stance weights of shape {classifier.coef_.shape} for {width} features")
    return features, classifier


READERS: Final[Mapping[int, Callable[[Bundle], Model]]] = {1: _read_version_1}
