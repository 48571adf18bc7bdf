"""Whether to keep accents or fold them: grouped cross-validation of plain TF-IDF either way.

python benchmarks/accents.py
"""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from sahel_classify.evaluation import f1_scores
from sahel_classify.labels import read_labels
from sahel_classify.labels.folds import grouped_folds, groups_of
from sahel_classify.text import normalize
from sahel_classify.training.calibration import best_threshold
from sahel_classify.training.linear import out_of_fold


def accented(text: str) -> str:
    """Words as `normalize` gives them, but with their accents."""
    text = unicodedata.normalize("NFC", text).lower().replace("’", "'")
    return " ".join("".join(c if c.isalnum() else " " for c in text).split())


def main() -> None:
    labels = read_labels(Path(__file__).resolve().parents[1] / "labels")
    true = np.array([[t in (p.topics or ()) for t in labels.topics] for p in labels.paragraphs], bool)
    folds = grouped_folds(true, groups_of(labels.paragraphs), 5, 0)
    for name, prepare in (("folded", normalize), ("kept", accented)):
        vectorizer = TfidfVectorizer(preprocessor=prepare, token_pattern=r"\S+", lowercase=False, sublinear_tf=True, min_df=2)
        X = vectorizer.fit_transform([p.text for p in labels.paragraphs])
        decision = out_of_fold(X.tocsr(), true, folds, 0.3, 0)
        threshold = best_threshold(decision.ravel(), true.ravel())
        said = decision >= threshold
        print(f"accents {name:<7} {X.shape[1]:>7} words  micro-F1 {f1_scores(true.reshape(-1, 1), said.reshape(-1, 1))[0]:.4f}")


if __name__ == "__main__":
    main()
