"""Pairs of texts that say nearly the same, found without comparing every text with every other."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Final

__all__ = ["NEAR_DUPLICATE", "near_duplicates"]

NEAR_DUPLICATE: Final = 0.7
SHINGLE: Final = 5


def near_duplicates(
    texts: Sequence[Sequence[str]], threshold: float = NEAR_DUPLICATE, shingle: int = SHINGLE
) -> list[tuple[int, int, float]]:
    """For each text that resembles an earlier one: the most similar earlier text.

    Similarity is the Jaccard index of the sets of `shingle` consecutive words (a shorter text is one shingle). The search is
    exact: two sets can only be so similar if they share one of their few rarest shingles (prefix filter, Bayardo et al. 2007,
    https://doi.org/10.1145/1242572.1242591), and only texts that do are compared.

    Parameters
    ----------
    texts : sequence of sequence of str
        Folded words of each text; a text without words resembles none.
    threshold : float
        Least similarity, above 0 and up to 1.
    shingle : int

    Returns
    -------
    list of (int, int, float)
        Position of the earlier text, position of the later, similarity; one entry a later text, in order.

    Examples
    --------
    >>> near_duplicates(["la mine d or rouvre ses portes".split(), "le sommet".split(), "la mine d or rouvre ses portes".split()])
    [(0, 2, 1.0)]
    """
    number: dict[tuple[str, ...], int] = {}
    shingles = [
        frozenset(number.setdefault(tuple(forms[i : i + shingle]), len(number)) for i in range(max(1, len(forms) - shingle + 1)) if forms)
        for forms in texts
    ]
    frequency = Counter(item for items in shingles for item in items)
    first_with: dict[frozenset[int], int] = {}
    postings: dict[int, list[int]] = {}
    pairs: list[tuple[int, int, float]] = []
    for later, items in enumerate(shingles):
        if not items:
            continue
        if items in first_with:
            pairs.append((first_with[items], later, 1.0))
            continue
        first_with[items] = later
        # The small subtraction keeps a product such as 0.7 * 50 = 35.00000000000001 from being rounded up.
        prefix_length = len(items) - math.ceil(threshold * len(items) - 1e-9) + 1
        # A shingle that one text alone holds leads to no other text; it takes its place in the prefix all the same.
        prefix = [item for item in sorted(items, key=lambda item: (frequency[item], item))[:prefix_length] if frequency[item] > 1]
        scored = [(_jaccard(shingles[earlier], items), earlier) for earlier in {e for item in prefix for e in postings.get(item, ())}]
        similarity, earlier = max(scored, key=lambda pair: (pair[0], -pair[1]), default=(0.0, 0))
        if similarity >= threshold:
            pairs.append((earlier, later, similarity))
        for item in prefix:
            postings.setdefault(item, []).append(later)
    return pairs


def _jaccard(one: frozenset[int], other: frozenset[int]) -> float:
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)
