"""Training on few labels without lexicon or scheme, against the plain scikit-learn pipeline.

    python benchmarks/small_data.py                    every shape
    python benchmarks/small_data.py --only articles    shapes whose name begins so
    python benchmarks/small_data.py --seeds 16

No public corpus comes with the project, so labels/ is cut to the shapes that such corpora have: articles of one topic, articles
of several frames, posts with a stance, paragraphs. A seed draws the training groups; all that do not share a group with them
test. The interval is that of the mean difference over the seeds (Student's t), training sets paired.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_union

from sahel_classify.evaluation import f1_scores
from sahel_classify.labels.reading import read_labels
from sahel_classify.labels.records import LabelledParagraph
from sahel_classify.lexicon import STANCES
from sahel_classify.training.calibration import best_threshold
from sahel_classify.training.train import train

ROOT = Path(__file__).resolve().parent.parent
EXCLUSIVE = ("armed_conflict", "security_cooperation", "political_governance", "diplomacy", "society_culture")
POST_WORDS = 60
ARTICLE_PARAGRAPHS = 3
BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Item:
    """A text with its labels: topics or frames, or a stance towards a target."""

    text: str
    group: str
    labels: tuple[str, ...]
    target: str = ""


@dataclass(frozen=True)
class Shape:
    """A kind of data set: all items, how many of them train."""

    name: str
    items: Sequence[Item]
    n: int
    kind: str  # "exclusive", "multi" or "stance"
    per_class: bool = False
    test: int = 1000
    classes: tuple[str, ...] = field(default=())


def articles(paragraphs: Sequence[LabelledParagraph]) -> list[list[LabelledParagraph]]:
    members: dict[str, list[LabelledParagraph]] = defaultdict(list)
    for paragraph in paragraphs:
        if paragraph.topics is not None and paragraph.group is not None:
            members[paragraph.group].append(paragraph)
    return [members[group] for group in sorted(members) if len(members[group]) >= ARTICLE_PARAGRAPHS]


def one_topic(whole: Sequence[Sequence[LabelledParagraph]]) -> list[Item]:
    """Articles with a single most frequent topic, one of five."""
    found: list[Item] = []
    for article in whole:
        ranked = Counter(topic for p in article for topic in p.topics or ()).most_common(2)
        clear = ranked and (len(ranked) == 1 or ranked[0][1] > ranked[1][1])
        if clear and ranked[0][0] in EXCLUSIVE:
            found.append(Item("\n\n".join(p.text for p in article), str(article[0].group), (ranked[0][0],)))
    return found


def frames(whole: Sequence[Sequence[LabelledParagraph]]) -> list[Item]:
    """Articles with the topics of a quarter of their paragraphs and three frames of manner, language and time."""
    found: list[Item] = []
    for article in whole:
        counts = Counter(topic for p in article for topic in p.topics or ())
        labels = sorted(topic for topic, n in counts.items() if n >= len(article) / 4)
        first = article[0]
        labels += ["opinion"] * (first.genre in {"oped", "analysis", "comment"})
        labels += ["english"] * (first.lang == "en")
        labels += ["recent"] * ((first.year or 0) >= 2024)
        found.append(Item("\n\n".join(p.text for p in article), str(first.group), tuple(labels)))
    return found


def posts(paragraphs: Sequence[LabelledParagraph], targets: Sequence[str]) -> list[Item]:
    return [
        Item(p.text, p.group or p.id, (p.stances[target],), target)
        for p in paragraphs
        for target in targets
        if p.stances and target in p.stances and len(p.text.split()) <= POST_WORDS
    ]


def topic_and_actor(paragraphs: Sequence[LabelledParagraph], n: int = 60) -> list[Item]:
    """Paragraphs with topics, and topics split by the actors named: the most frequent `n` labels."""
    raw = [
        (p, [*(p.topics or ()), *(f"{topic}/{actor}" for topic in p.topics or () for actor in p.stances or ())])
        for p in paragraphs
        if p.topics is not None
    ]
    kept = {label for label, _ in Counter(label for _, labels in raw for label in labels).most_common(n)}
    return [Item(p.text, p.group or p.id, tuple(label for label in labels if label in kept)) for p, labels in raw]


def shapes() -> list[Shape]:
    paragraphs = read_labels(ROOT / "labels").paragraphs
    whole = articles(paragraphs)
    single = [Item(p.text, p.group or p.id, p.topics) for p in paragraphs if p.topics is not None]
    five = one_topic(whole)
    found = [Shape(f"articles, 5 topics, {k} each", five, k, "exclusive", per_class=True) for k in (5, 10, 20, 50)]
    found.append(Shape("articles, 14 frames, 160", frames(whole), 160, "multi"))
    for target in ("france", "aes"):
        found.append(Shape(f"posts on {target}, 600", posts(paragraphs, [target]), 600, "stance"))
    found.append(Shape("posts on 3 targets, 1200", posts(paragraphs, ["france", "russia", "un"]), 1200, "stance"))
    found += [Shape(f"paragraphs, 11 topics, {n}", single, n, "multi") for n in (25, 50, 100, 300, 1000)]
    found.append(Shape("paragraphs, 60 topics, 3000", topic_and_actor(paragraphs), 3000, "multi"))
    return found


def draw(shape: Shape, seed: int) -> tuple[list[Item], list[Item]]:
    """Training and test items, no group on both sides."""
    rng = np.random.default_rng(seed)
    order = [shape.items[i] for i in rng.permutation(len(shape.items))]
    taken: Counter[str] = Counter()
    chosen: list[Item] = []
    for item in order:
        if shape.per_class:
            if taken[item.labels[0]] < shape.n:
                taken[item.labels[0]] += 1
                chosen.append(item)
        elif len(chosen) < shape.n:
            chosen.append(item)
    groups = {item.group for item in chosen}
    return chosen, [item for item in order if item.group not in groups][: shape.test]


def ours(shape: Shape, training: Sequence[Item], test: Sequence[Item], seed: int) -> BoolArray:
    stance = shape.kind == "stance"
    records: list[dict[str, Any]] = [
        {"id": str(i), "text": item.text, "group": item.group}
        | ({"stances": {f"t-{item.target}": item.labels[0]}} if stance else {"topics": list(item.labels)})
        for i, item in enumerate(training)
    ]
    model = train(records, exclusive=shape.kind == "exclusive", seed=seed)
    texts = [item.text for item in test]
    said: list[Any]
    if stance:
        asked = [[f"t-{item.target}"] for item in test]
        given = [next(iter(p.stances.values()), None) for p in model.predict(texts, asked=asked)]
        said = [(towards.stance,) if towards is not None else () for towards in given]
    else:
        said = [p.topics for p in model.predict(texts)]
    return indicator(said, classes_of(shape))


def words_and_pairs() -> Any:
    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)


def with_letters() -> Any:
    return make_union(words_and_pairs(), TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True))


def plain(features: Callable[[], Any], C: float, *, tuned: bool = False) -> Callable[[Shape, Sequence[Item], Sequence[Item]], BoolArray]:
    """The plain pipeline: logistic regression, one a label from 0.5 on or the most probable class; one model a target.

    Tuned, it weighs classes evenly where one label holds, else it takes the threshold of the best cross-validated micro-F1.
    """

    def predict(shape: Shape, training: Sequence[Item], test: Sequence[Item]) -> BoolArray:
        said = np.zeros((len(test), len(classes_of(shape))), bool)
        for target in sorted({item.target for item in training}):
            rows = np.array([i for i, item in enumerate(test) if item.target == target], np.int64)
            known = [item for item in training if item.target == target]
            Y = indicator([item.labels for item in known], classes_of(shape))
            texts, asked = [item.text for item in known], [test[i].text for i in rows]
            if shape.kind == "multi":
                threshold = _threshold(features, C, known, Y) if tuned else 0.5
                said[rows] = _probabilities(features(), C, texts, Y, asked) >= threshold
            else:
                vectorizer = features()
                model = LogisticRegression(C=C, class_weight="balanced" if tuned else None, max_iter=2000)
                model.fit(vectorizer.fit_transform(texts), Y.argmax(axis=1))
                said[rows, model.predict(vectorizer.transform(asked))] = True
        return said

    return predict


def _probabilities(vectorizer: Any, C: float, texts: Sequence[str], Y: BoolArray, asked: Sequence[str]) -> FloatArray:
    X, Z = vectorizer.fit_transform(texts), vectorizer.transform(asked)
    found = np.tile(Y.mean(axis=0), (len(asked), 1))
    for j in np.flatnonzero(Y.any(axis=0) & ~Y.all(axis=0)):
        found[:, j] = LogisticRegression(C=C, max_iter=2000).fit(X, Y[:, j]).predict_proba(Z)[:, 1]
    return found


def _threshold(features: Callable[[], Any], C: float, items: Sequence[Item], Y: BoolArray) -> float:
    held = np.zeros(Y.shape)
    for known, asked in GroupKFold(3).split(items, groups=[item.group for item in items]):
        held[asked] = _probabilities(features(), C, [items[i].text for i in known], Y[known], [items[i].text for i in asked])
    return best_threshold(held.ravel(), Y.ravel())


PEERS = {
    "words and pairs, C=10": plain(words_and_pairs, 10),
    "and letters, C=1": plain(with_letters, 1),
    "and letters, C=10, tuned": plain(with_letters, 10, tuned=True),
}


def classes_of(shape: Shape) -> tuple[str, ...]:
    return STANCES if shape.kind == "stance" else tuple(sorted({label for item in shape.items for label in item.labels}))


def indicator(labels: Sequence[Sequence[str]], classes: Sequence[str]) -> BoolArray:
    return np.array([[name in given for name in classes] for given in labels], bool).reshape(len(labels), len(classes))


def scores(shape: Shape, said: BoolArray, test: Sequence[Item]) -> dict[str, float]:
    """Macro-F1, micro-F1 (accuracy where one label holds), F_avg of stances: mean over the targets."""
    parts: dict[str, list[int]] = defaultdict(list)
    for i, item in enumerate(test):
        parts[item.target].append(i)
    found: dict[str, list[float]] = defaultdict(list)
    for rows in parts.values():
        true = indicator([test[i].labels for i in rows], classes_of(shape))
        each = f1_scores(true, said[rows])
        found["macro-F1"].append(float(each[true.any(axis=0)].mean()))
        found["micro-F1"].append(float(f1_scores(true.reshape(-1, 1), said[rows].reshape(-1, 1))[0]))
        if shape.kind == "stance":
            found["F_avg"].append(float(each[:2].mean()))
    return {name: float(np.mean(values)) for name, values in found.items()}


def interval(differences: Sequence[float]) -> tuple[float, float]:
    """95 % interval of the mean of paired differences (Student's t)."""
    values = np.asarray(differences, np.float64)
    half = float(student.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    return float(values.mean()) - half, float(values.mean()) + half


def compare(shape: Shape, seeds: int) -> dict[str, Any]:
    """Scores of each seed by method; seconds of training and prediction with this package."""
    results: dict[str, Any] = {"seconds": [], "ours": []} | {name: [] for name in PEERS}
    for seed in range(seeds):
        training, test = draw(shape, seed)
        start = time.perf_counter()
        results["ours"].append(scores(shape, ours(shape, training, test, seed), test))
        results["seconds"].append(time.perf_counter() - start)
        for name, peer in PEERS.items():
            results[name].append(scores(shape, peer(shape, training, test), test))
    return results


def lines(shape: Shape, results: dict[str, Any]) -> list[str]:
    """A row a score: ours, and ours less each peer's with its interval; ``-`` marks a loss."""
    found: list[str] = []
    for score in results["ours"][0]:
        own = np.array([r[score] for r in results["ours"]])
        cells = [f"{shape.name:<28} {score:<8} {own.mean():.3f}"]
        for name in PEERS:
            differences = own - np.array([r[score] for r in results[name]])
            low, high = interval(differences.tolist())
            mark = "-" if high < 0 else "+" if low > 0 else " "
            cells.append(f"{differences.mean():+.3f} [{low:+.3f}, {high:+.3f}] {mark}")
        found.append(" | ".join(cells))
    found[0] += f" | {np.mean(results['seconds']):.1f} s"
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="shapes whose name begins so")
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--json", type=Path, help="write all results to this file")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", message="no contrast to learn from")
    print(f"{'shape':<28} {'score':<8} ours  | " + " | ".join(f"less {name}" for name in PEERS))
    everything: dict[str, Any] = {}
    for shape in shapes():
        if shape.name.startswith(options.only):
            everything[shape.name] = compare(shape, options.seeds)
            print("\n".join(lines(shape, everything[shape.name])), flush=True)
    if options.json:
        options.json.write_text(json.dumps(everything, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
