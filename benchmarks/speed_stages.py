"""Where the time of the whole-batch road goes, stage by stage, and how far that is from one pass over the text's bytes.

    OMP_NUM_THREADS=1 python benchmarks/speed_stages.py [--paragraphs 1024] [--rounds 9]

Paragraphs are those of the labels; seconds are those of all threads together, the least of the rounds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

import sahel_classify as sc
from sahel_classify.engine.characters import read_characters
from sahel_classify.engine.engine import Engine
from sahel_classify.engine.words import read_words, sentence_starts
from sahel_classify.labels.reading import read_labels

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--paragraphs", type=int, default=1024, help="paragraphs worked on at once (default: 1024)")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    texts = [p.text for p in read_labels(ROOT / "labels").paragraphs]
    batches = [texts[i : i + options.paragraphs] for i in range(0, min(len(texts), 8192), options.paragraphs)]
    n, n_bytes = sum(map(len, batches)), sum(len(text.encode()) for batch in batches for text in batch)
    model = sc.load()
    engine = Engine(model, model.mentions)
    raw = [np.frombuffer("\0".join(batch).encode(), np.uint8) for batch in batches]
    lines: list[tuple[str, float]] = []

    def timed(stage: str, work: Callable[[int], T]) -> list[T]:
        best = float("inf")
        for _ in range(options.rounds):
            start = time.process_time()
            found = [work(i) for i in range(len(batches))]
            best = min(best, time.process_time() - start)
        lines.append((stage, best))
        return found

    timed("one pass over the bytes (a copy)", lambda i: raw[i].copy())
    characters = timed("characters: folded, classed, summed", lambda i: read_characters(batches[i]))
    timed("sentences", lambda i: sentence_starts(characters[i]))
    words = timed("words, sentences among them", lambda i: read_words(characters[i], engine._vocabulary))  # noqa: SLF001
    counts = [np.diff(w.bounds) for w in words]
    languages = timed("languages", lambda i: engine._languages(words[i], counts[i]))  # noqa: SLF001
    english = [np.array([guess == "en" for guess in guesses]) for guesses in languages]
    nothing = [[None] * len(batch) for batch in batches]
    timed("topics", lambda i: engine._topic_scores(words[i], counts[i], english[i], nothing[i]))  # noqa: SLF001
    mentions = engine._mentions  # noqa: SLF001
    if mentions is not None:
        timed("mentions", lambda i: mentions.find(words[i], characters[i], nothing[i]))
    answers = timed("all of the above, and stances", lambda i: engine.answer(batches[i], nothing[i]))
    timed("Prediction objects", lambda i: model._predictions(answers[i], engine.targets))  # noqa: SLF001
    seconds = dict(lines)
    known = sum(s for stage, s in lines if stage.startswith(("characters", "words", "languages", "topics", "mentions")))
    lines.insert(-2, ("stances (by subtraction)", max(0.0, seconds["all of the above, and stances"] - known)))
    whole = seconds["all of the above, and stances"] + seconds["Prediction objects"]
    lines.append(("everything", whole))
    print(f"{n:,} paragraphs, {n_bytes / n:.0f} bytes each, {options.paragraphs} at once")
    print(f"{'stage':<38}{'µs a paragraph':>16}{'share':>8}{'MB/s':>10}")
    for stage, s in lines:
        print(f"{stage:<38}{1e6 * s / n:>16.2f}{s / whole:>8.1%}{n_bytes / 1e6 / max(s, 1e-9):>10.1f}")
    print(f"one pass over the bytes takes 1/{whole / max(lines[0][1], 1e-9):,.0f} of everything")


if __name__ == "__main__":
    main()
