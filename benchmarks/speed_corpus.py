"""Paragraphs by the million for benchmarks/speed.py: sentences of the labels, recombined within their language."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from sahel_classify.labels.records import LabelledParagraph
from sahel_classify.text import split_sentences

FEWEST, MOST = 3, 5


class Corpus:
    """A source of distinct paragraphs of three to five sentences, with the labels' share of each language.

    Parameters
    ----------
    paragraphs : sequence of LabelledParagraph
        Those without a language are left out.
    """

    def __init__(self, paragraphs: Sequence[LabelledParagraph]) -> None:
        sentences: dict[str, dict[str, None]] = {}
        self.numbers: dict[str, int] = {}
        for paragraph in paragraphs:
            if paragraph.lang:
                found = sentences.setdefault(paragraph.lang, {})
                found.update(dict.fromkeys(" ".join(paragraph.text[a:b].split()) for a, b in split_sentences(paragraph.text)))
                self.numbers[paragraph.lang] = self.numbers.get(paragraph.lang, 0) + 1
        self.sentences = {language: list(found) for language, found in sentences.items()}

    def stream(self, seed: int) -> Iterator[str]:
        """Paragraphs without end and without a duplicate; one seed always gives the same."""
        draw = random.Random(seed)
        pools = [self.sentences[language] for language in self.numbers]
        shares = list(self.numbers.values())
        seen: set[int] = set()
        while True:
            pool = draw.choices(pools, shares)[0]
            text = " ".join(draw.sample(pool, draw.randint(FEWEST, MOST)))
            key = hash(text)
            if key not in seen:
                seen.add(key)
                yield text
