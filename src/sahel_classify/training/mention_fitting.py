"""Learning from the labels which places that may name a target do.

A paragraph's stances say that a target is mentioned somewhere in it, not where: multiple-instance learning. A candidate of a
paragraph without a stance towards its target is none; of those in a paragraph with one, the model's own best are taken
(mi-SVM, Andrews et al. 2002, https://papers.nips.cc/paper/2232, with logistic regression).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression

from sahel_classify.analysis import AnalyzedText
from sahel_classify.labels.records import LabelledParagraph
from sahel_classify.mentions import MentionFinder
from sahel_classify.targets import Target

__all__ = ["fit_mentions"]

_ROUNDS = 4
_C = 0.3
# Fewer candidates than this teach less than the plain rule that aliases are mentions.
_FEWEST = 200
_MIN_DF = 3
# A candidate counts from this probability on: a false mention adds a wrong stance, a missed one only loses one.
_THRESHOLD = 0.55


def fit_mentions(
    paragraphs: Sequence[LabelledParagraph], texts: Sequence[AnalyzedText], targets: Sequence[Target], seed: int
) -> MentionFinder:
    """A `MentionFinder` for the targets, learned where there are candidates enough."""
    plain = MentionFinder(tuple(targets))
    features: list[list[str]] = []
    bags: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    kinds: list[str] = []
    mentioned: list[bool] = []
    for number, (paragraph, text) in enumerate(zip(paragraphs, texts, strict=True)):
        if paragraph.stances is None:
            continue
        for candidate, names in plain.candidates(text, paragraph.headline):
            bags[number, candidate.target].append(len(features))
            features.append(names)
            kinds.append(candidate.kind)
            mentioned.append(candidate.target in paragraph.stances)
    label = np.array(mentioned, bool)
    if len(features) < _FEWEST or label.all() or not label.any():
        return plain
    vocabulary = _frequent(features)
    X = _matrix(features, vocabulary)
    # Beside a plain name the other candidates of a positive paragraph are unknown: they teach nothing.
    weight = np.ones(len(label))
    for bag in bags.values():
        if any(kinds[i] == "alias" for i in bag):
            weight[[i for i in bag if kinds[i] != "alias"]] = 0.0
    y = label.copy()
    model = LogisticRegression(C=_C, solver="liblinear", random_state=seed)
    for _ in range(_ROUNDS):
        model.fit(X, y, sample_weight=weight)
        probability = model.predict_proba(X)[:, 1]
        y = label.copy()
        for bag in bags.values():
            if label[bag[0]] and len(bag) > 1:
                y[bag] = probability[bag] >= min(0.5, float(probability[bag].max()))
    coefficient = model.coef_[0]
    kept = {name: float(np.float32(coefficient[j])) for name, j in vocabulary.items() if abs(coefficient[j]) >= 0.01}
    intercept = float(model.intercept_[0]) - float(np.log(_THRESHOLD / (1 - _THRESHOLD)))
    learned = frozenset(target.id for target in targets if any(bag_target == target.id for _, bag_target in bags))
    return MentionFinder(tuple(targets), kept, float(np.float32(intercept)), learned)


def _frequent(features: Sequence[Sequence[str]]) -> dict[str, int]:
    count: defaultdict[str, int] = defaultdict(int)
    for names in features:
        for name in names:
            count[name] += 1
    return {name: j for j, name in enumerate(sorted(name for name, n in count.items() if n >= _MIN_DF))}


def _matrix(features: Sequence[Sequence[str]], vocabulary: dict[str, int]) -> csr_array:
    columns = [[vocabulary[name] for name in names if name in vocabulary] for names in features]
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in columns])]).astype(np.int32)
    indices = np.array([j for row in columns for j in row], np.int32)
    matrix = csr_array((np.ones(len(indices)), indices, indptr), shape=(len(columns), len(vocabulary)))
    matrix.sum_duplicates()
    return matrix
