"""What is taken for what: a matrix of stances; for topics, which is added where which is missed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sahel_classify.errors import ParameterError
from sahel_classify.evaluation.resampling import BoolArray
from sahel_classify.lexicon import STANCES

__all__ = ["stance_confusion", "topic_confusion"]


def stance_confusion(true: Sequence[str], predicted: Sequence[str | None]) -> dict[str, dict[str, int]]:
    """Number of pairs by labelled stance and predicted stance; ``"not found"`` where the target was not found.

    Raises
    ------
    ParameterError
        If a stance is none of the three.

    Examples
    --------
    >>> stance_confusion(["favor", "favor", "against"], ["favor", None, "neutral"])["favor"]
    {'favor': 1, 'against': 0, 'neutral': 0, 'not found': 1}
    """
    matrix = {stance: dict.fromkeys((*STANCES, "not found"), 0) for stance in STANCES}
    for labelled, said in zip(true, predicted, strict=True):
        if labelled not in matrix or (said is not None and said not in matrix):
            raise ParameterError(f"the stance pair {labelled!r}, {said!r} holds none of {', '.join(STANCES)}; correct it")
        matrix[labelled]["not found" if said is None else said] += 1
    return matrix


def topic_confusion(true: BoolArray, predicted: BoolArray, names: Sequence[str]) -> dict[str, Any]:
    """How often each topic is missed and added, and which is added in paragraphs where which is missed.

    Several topics may be missed and added in one paragraph: every pair of them counts, so that this is a table of where errors
    meet and not of causes.

    Returns
    -------
    dict
        ``missed`` and ``added`` (topic → paragraphs), ``missed_alone`` (nothing was added instead), and
        ``added_where_missed`` (missed topic → added topic → paragraphs; the most frequent first, none left out but 0).

    Examples
    --------
    >>> import numpy as np
    >>> true, said = np.array([[True, False], [True, True]]), np.array([[False, True], [False, True]])
    >>> found = topic_confusion(true, said, ["mines", "health"])
    >>> found["missed"], found["missed_alone"], found["added_where_missed"]
    ({'mines': 2, 'health': 0}, {'mines': 1, 'health': 0}, {'mines': {'health': 1}})
    """
    missed, added = true & ~predicted, predicted & ~true
    together = missed.T.astype(int) @ added.astype(int)
    alone = (missed & ~added.any(axis=1, keepdims=True)).sum(axis=0)
    return {
        "missed": dict(zip(names, missed.sum(axis=0).tolist(), strict=True)),
        "added": dict(zip(names, added.sum(axis=0).tolist(), strict=True)),
        "missed_alone": dict(zip(names, alone.tolist(), strict=True)),
        "added_where_missed": {
            name: {names[k]: int(row[k]) for k in sorted(range(len(names)), key=lambda k: -row[k]) if row[k]}
            for name, row in zip(names, together.tolist(), strict=True)
            if any(row)
        },
    }
