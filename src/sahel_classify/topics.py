"""Topics: one linear classifier each, calibrated, with one threshold each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sahel_classify._estimator import Estimator
from sahel_classify.errors import InputError, ParameterError
from sahel_classify.sparse import FloatArray, SparseRows

if TYPE_CHECKING:
    from typing import Self

__all__ = ["TopicClassifier", "as_rows"]


def as_rows(X: Any) -> SparseRows:
    """`SparseRows` of a scipy sparse matrix, a dense array or `SparseRows`."""
    if isinstance(X, SparseRows):
        return X
    if hasattr(X, "tocsr"):
        matrix = X.tocsr()
        return SparseRows(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), matrix.data.astype(np.float64), matrix.shape[1])
    dense = np.atleast_2d(np.asarray(X, np.float64))
    row, column = np.nonzero(dense)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(dense)))]).astype(np.int64)
    return SparseRows(indptr, column.astype(np.int64), dense[row, column], dense.shape[1])


class TopicClassifier(Estimator):
    """One-vs-rest linear classifier with calibrated probabilities and a threshold a topic.

    Parameters
    ----------
    exclusive : bool, default=False
        Whether every paragraph has exactly one topic: then probabilities sum to 1 and the most probable topic is predicted.
    C : float or None, default=None
        Inverse strength of the L2 penalty of the support vector machines; None chooses it by grouped cross-validation.
    n_folds : int, default=5
        Folds of the out-of-fold scores on which calibration and thresholds are fitted.
    seed : int, default=0

    Attributes
    ----------
    classes_ : tuple of str
        Topics in the order of the columns.
    coef_ : ndarray of shape (n_features, n_topics), float64
        Calibration included: ``X @ coef_ + intercept_`` is the log-odds of each topic (the softmax score if exclusive).
    intercept_ : ndarray of shape (n_topics,), float64
    thresholds_ : ndarray of shape (n_topics,), float64
        Probability from which on a topic is predicted.
    C_ : float
        The penalty used.
    out_of_fold_ : ndarray of shape (n_paragraphs, n_topics), float64
        Calibrated out-of-fold probabilities of the training paragraphs; not stored in a model file.

    Notes
    -----
    Calibration is Platt's (1999), on out-of-fold scores, so that no paragraph is scored by a model that saw its group.

    Examples
    --------
    >>> X = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9]] * 5)
    >>> classifier = TopicClassifier(C=10.0).fit(X, [["gold"], ["gold"], ["vote"], ["vote"]] * 5)
    >>> classifier.predict(np.array([[1.0, 0.0]]))
    [('gold',)]
    """

    def __init__(self, *, exclusive: bool = False, C: float | None = None, n_folds: int = 5, seed: int = 0) -> None:
        self.exclusive = exclusive
        self.C = C
        self.n_folds = n_folds
        self.seed = seed

    def fit(
        self,
        X: Any,
        y: Any,
        *,
        groups: Sequence[str] | None = None,
        natural: npt.NDArray[np.bool_] | None = None,
        classes: Sequence[str] | None = None,
    ) -> Self:
        """Fit weights, calibration and thresholds.

        Parameters
        ----------
        X : SparseRows, sparse matrix or array of shape (n_paragraphs, n_features)
        y : sequence of sequences of str, sequence of str, or indicator array of shape (n_paragraphs, n_topics)
            Topics of each paragraph; a plain sequence of strings is one topic each.
        groups : sequence of str or None
            Paragraphs of one group are never split; None makes each its own group.
        natural : ndarray of shape (n_paragraphs,), bool, or None
            Paragraphs whose mix of topics is that of real text: calibration and thresholds are fitted on these.
        classes : sequence of str or None
            Topics in the order wanted; None sorts those found.

        Raises
        ------
        ParameterError
            If `X`, `y` and `groups` differ in length, or `exclusive` is set and a paragraph has not exactly one topic.
        """
        from sahel_classify.training.topic_fitting import fit_topics  # the training road needs scikit-learn

        rows = as_rows(X)
        labels, names = _indicator(y, classes)
        if len(labels) != len(rows):
            raise ParameterError(f"X has {len(rows)} rows and y {len(labels)}; give one entry of y a row")
        if groups is not None and len(groups) != len(rows):
            raise ParameterError(f"X has {len(rows)} rows and groups {len(groups)}; give one group a row")
        if self.exclusive and not (labels.sum(axis=1) == 1).all():
            row = int(np.flatnonzero(labels.sum(axis=1) != 1)[0])
            raise ParameterError(f"exclusive=True needs exactly one topic a paragraph; paragraph {row} has {int(labels[row].sum())}")
        names_of_groups = [str(i) for i in range(len(rows))] if groups is None else list(groups)
        fitted = fit_topics(
            rows, labels, names_of_groups, natural, exclusive=self.exclusive, C=self.C, n_folds=self.n_folds, seed=self.seed
        )
        self.classes_ = names
        self.coef_, self.intercept_, self.thresholds_ = fitted.coef, fitted.intercept, fitted.thresholds
        self.C_, self.out_of_fold_ = fitted.C, fitted.out_of_fold
        return self

    def decision_function(self, X: Any) -> FloatArray:
        """Calibrated log-odds of each topic (softmax scores if exclusive), of shape (n_paragraphs, n_topics)."""
        self._check_trained()
        rows = as_rows(X)
        if rows.n_columns != self.coef_.shape[0]:
            raise InputError(f"X has {rows.n_columns} features, the classifier was fitted on {self.coef_.shape[0]}; use its own vectoriser")
        return rows.product(self.coef_) + self.intercept_

    def predict_proba(self, X: Any) -> FloatArray:
        """Calibrated probability of every topic, of shape (n_paragraphs, n_topics)."""
        return self.probabilities(self.decision_function(X))

    def probabilities(self, decision: FloatArray) -> FloatArray:
        """Probabilities of decision values."""
        if self.exclusive:
            shifted = np.exp(decision - decision.max(axis=1, keepdims=True))
            return shifted / shifted.sum(axis=1, keepdims=True)
        return 0.5 * (1 + np.tanh(0.5 * decision))

    def chosen(self, probabilities: FloatArray) -> npt.NDArray[np.bool_]:
        """Which topics are predicted, of the shape of `probabilities`."""
        if self.exclusive:
            return np.eye(probabilities.shape[1], dtype=bool)[probabilities.argmax(axis=1)]
        return probabilities >= self.thresholds_

    def predict(self, X: Any) -> list[tuple[str, ...]]:
        """Topics of each paragraph, in the order of the classes."""
        return [tuple(self.classes_[j] for j in np.flatnonzero(row)) for row in self.chosen(self.predict_proba(X))]


def _indicator(y: Any, classes: Sequence[str] | None) -> tuple[npt.NDArray[np.bool_], tuple[str, ...]]:
    if hasattr(y, "shape") and len(y.shape) == 2:
        labels = np.asarray(y.toarray() if hasattr(y, "toarray") else y).astype(bool)
        names = tuple(classes) if classes is not None else tuple(str(j) for j in range(labels.shape[1]))
        if len(names) != labels.shape[1]:
            raise ParameterError(f"y has {labels.shape[1]} columns and classes {len(names)} names; give one name a column")
        return labels, names
    listed = [(item,) if isinstance(item, str) else tuple(item) for item in y]
    found = {topic for topics in listed for topic in topics}
    names = tuple(classes) if classes is not None else tuple(sorted(found))
    if found - set(names):
        raise ParameterError(f"y has topics that classes lacks: {', '.join(sorted(found - set(names)))}")
    column: dict[str, int] = {topic: j for j, topic in enumerate(names)}
    labels = np.zeros((len(listed), len(names)), bool)
    for i, topics in enumerate(listed):
        for topic in topics:
            labels[i, column[topic]] = True
    return labels, names


def column_of(classes: Sequence[str], topic: str) -> int:
    """Column of a topic.

    Raises
    ------
    ParameterError
        If the model has no such topic; the message lists those it has.
    """
    if topic not in classes:
        raise ParameterError(f"no topic {topic!r} in this model; it has {', '.join(classes)}")
    return list(classes).index(topic)
