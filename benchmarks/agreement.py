"""Agreement between the first and the blind second reader of a random sample of the labels.

python benchmarks/agreement.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from sahel_classify.evaluation import cohen_kappa, f1_scores
from sahel_classify.labels.reading import read_topics

LABELS = Path(__file__).resolve().parents[1] / "labels"


def main() -> None:
    sample = LABELS / "second_reading" / "blind_sample.jsonl"
    records = [json.loads(line) for line in sample.read_text(encoding="utf-8").splitlines()]
    topics = list(read_topics(LABELS / "topics.toml"))
    first, second = (np.array([[t in r[reader]["topics"] for t in topics] for r in records], bool) for reader in ("first", "second"))
    micro = f1_scores(first.reshape(-1, 1), second.reshape(-1, 1))[0]
    print(
        f"{len(records)} paragraphs; topics micro-F1 {micro:.3f}; topics a paragraph: "
        f"{first.sum(1).mean():.2f} (first), {second.sum(1).mean():.2f} (second)"
    )
    for j, topic in enumerate(topics):
        f1 = f1_scores(first[:, [j]], second[:, [j]])[0]
        print(f"  {topic:<24} F1 {f1:.3f}  kappa {cohen_kappa(first[:, j].tolist(), second[:, j].tolist()):.3f}")
    both = [
        (r["first"]["stances"][t], r["second"]["stances"][t]) for r in records for t in r["first"]["stances"] if t in r["second"]["stances"]
    ]
    mentions = sum(len(r["first"]["stances"]) + len(r["second"]["stances"]) for r in records)
    same = np.mean([a == b for a, b in both])
    print(f"targets: mention F1 {2 * len(both) / mentions:.3f}; stances of {len(both)} common pairs: {same:.3f} equal")


if __name__ == "__main__":
    main()
