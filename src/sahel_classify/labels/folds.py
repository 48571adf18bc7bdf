"""Splitting labelled paragraphs so that a group never stands on both sides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from sahel_classify.labels.records import LabelledParagraph

__all__ = ["grouped_folds", "groups_of"]


def groups_of(paragraphs: Iterable[LabelledParagraph]) -> list[str]:
    """Group names; a paragraph without one is a group of its own."""
    return [f"group {p.group}" if p.group is not None else f"paragraph {p.id}" for p in paragraphs]


def grouped_folds(labels: npt.NDArray[np.bool_], groups: Sequence[str], n_folds: int, seed: int) -> npt.NDArray[np.int64]:
    """Fold number of each paragraph: groups kept whole, labels spread evenly.

    Groups are dealt out, those with the rarest labels and the largest first, each to the fold that lacks its labels most
    (iterative stratification, Sechidis et al. 2011, https://doi.org/10.1007/978-3-642-23808-6_10, over groups).

    Parameters
    ----------
    labels : ndarray of shape (n, n_labels), bool
    groups : sequence of str, length n
    n_folds : int
        Lowered to the number of groups where there are fewer.
    seed : int
        Breaks ties.

    Returns
    -------
    ndarray of shape (n,), int64
        Values from 0 to the number of folds - 1.

    Examples
    --------
    >>> grouped_folds(np.array([[True], [True], [False], [True]]), ["a", "a", "b", "c"], 2, seed=0).tolist() in (
    ...     [0, 0, 1, 1], [1, 1, 0, 0])
    True
    """
    names, member = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    n_folds = min(n_folds, len(names))
    counts = np.zeros((len(names), labels.shape[1] + 1))
    np.add.at(counts[:, :-1], member, labels)
    counts[:, -1] = np.bincount(member, minlength=len(names))
    totals = counts.sum(axis=0)
    weight = 1 / np.maximum(totals, 1)
    rarity = (counts * weight).sum(axis=1)
    order = np.lexsort((np.random.default_rng(seed).random(len(names)), -rarity))
    held = np.zeros((n_folds, counts.shape[1]))
    fold_of_group = np.zeros(len(names), np.int64)
    for group in order:
        lack = ((totals / n_folds - held) * counts[group] * weight).sum(axis=1)
        fold = int(np.argmax(lack))
        fold_of_group[group] = fold
        held[fold] += counts[group]
    return fold_of_group[member]
