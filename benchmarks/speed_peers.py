"""The peers of benchmarks/speed.py, trained on the labels: each takes a list of texts and gives every topic's probability."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from sahel_classify.labels.reading import LabelSet

Road = Callable[[list[str]], object]
SEED = 0


def _rows(labels: LabelSet, sample: int | None) -> tuple[list[str], list[tuple[str, ...]]]:
    """Texts and topics of the paragraphs annotated for topics, or of a random sample of them."""
    rows = [(" ".join(p.text.split()), p.topics) for p in labels.paragraphs if p.topics is not None]
    if sample is not None and sample < len(rows):
        rows = random.Random(SEED).sample(rows, sample)
    return [text for text, _ in rows], [topics for _, topics in rows]


def fit_sklearn(labels: LabelSet, sample: int | None = None) -> Road:
    """TF-IDF of words, word pairs and subwords of 3 to 5 letters, and one logistic regression a topic."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline, make_union

    texts, topics = _rows(labels, sample)
    true = np.array([[topic in given for topic in labels.topics] for given in topics], int)
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=2)
    pipeline = make_pipeline(make_union(words, letters), OneVsRestClassifier(LogisticRegression(C=10, solver="liblinear")))
    road: Road = pipeline.fit(texts, true).predict_proba
    return road


def fit_fasttext(labels: LabelSet) -> Road:
    """Supervised fastText with word pairs and subwords of 3 to 5 letters; it predicts on one thread.

    It reads the raw text, to spare it the time of a normaliser, and is handed lists, its fastest way in.
    """
    import fasttext

    texts, topics = _rows(labels, None)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "labels.txt"
        lines = [" ".join([*(f"__label__{t}" for t in given), text]) for text, given in zip(texts, topics, strict=True) if given]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        model = fasttext.train_supervised(
            str(file), loss="ova", epoch=30, lr=0.5, dim=100, wordNgrams=2, minn=3, maxn=5, minCount=2, thread=2, verbose=0
        )

    def predict(given: Sequence[str]) -> object:
        return model.predict(list(given), k=-1)

    return predict
