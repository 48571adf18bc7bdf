"""The features of a paragraph: TF-IDF and, beside it, what the lexicon says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sahel_classify.analysis import AnalyzedText
from sahel_classify.lexicon import Lexicon
from sahel_classify.sparse import FloatArray, SparseRows, hstack
from sahel_classify.vectorizer import ParagraphVectorizer

__all__ = ["DenseScaler", "ParagraphFeatures", "dense_rows"]


@dataclass(frozen=True)
class DenseScaler:
    """Centre and scale of dense features, so that they weigh little beside a unit-length TF-IDF row.

    Attributes
    ----------
    center, scale : ndarray of shape (n_features,), float64
    """

    center: FloatArray
    scale: FloatArray

    @classmethod
    def fit(cls, values: FloatArray, weight: float) -> DenseScaler:
        """Standardise to mean 0 and standard deviation `weight`; a constant feature is left at 0."""
        deviation = values.std(axis=0)
        return cls(values.mean(axis=0), np.divide(weight, deviation, out=np.zeros_like(deviation), where=deviation > 1e-12))

    def transform(self, values: FloatArray) -> FloatArray:
        """Standardised values."""
        return (values - self.center) * self.scale


def dense_rows(values: FloatArray) -> SparseRows:
    """A dense matrix in the sparse form of the other blocks."""
    n, k = values.shape
    return SparseRows(np.arange(n + 1, dtype=np.int64) * k, np.tile(np.arange(k, dtype=np.int64), n), values.ravel().astype(np.float64), k)


@dataclass(frozen=True)
class ParagraphFeatures:
    """What the topic classifier reads of a paragraph.

    Attributes
    ----------
    vectorizer : ParagraphVectorizer or None
        None for a scheme made of word lists alone.
    lexicon : Lexicon or None
        None where no term has a topic label.
    scaler : DenseScaler or None
        Of the lexicon's features.
    headline_scaler : DenseScaler or None
        Of the lexicon's features of the article's headline; None where the labels have too few headlines to learn from.
    """

    vectorizer: ParagraphVectorizer | None
    lexicon: Lexicon | None
    scaler: DenseScaler | None
    headline_scaler: DenseScaler | None = None

    @property
    def n_features(self) -> int:
        """Number of columns."""
        words = self.vectorizer.n_features if self.vectorizer is not None else 0
        scalers = [scaler for scaler in (self.scaler, self.headline_scaler) if scaler is not None]
        return words + sum(len(scaler.center) for scaler in scalers)

    def rows(self, texts: Sequence[AnalyzedText], headlines: Sequence[AnalyzedText | None] | None = None) -> SparseRows:
        """Feature rows of paragraphs.

        Parameters
        ----------
        texts : sequence of AnalyzedText
        headlines : sequence of (AnalyzedText or None), or None
            Headline of each paragraph's article; without one its features are 0.
        """
        blocks: list[SparseRows] = []
        if self.vectorizer is not None:
            blocks.append(self.vectorizer.rows([text.forms for text in texts]))
        if self.lexicon is not None and self.scaler is not None:
            blocks.append(dense_rows(self.scaler.transform(lexicon_matrix(self.lexicon, texts))))
        if self.lexicon is not None and self.headline_scaler is not None:
            values = np.zeros((len(texts), self.lexicon.n_features))
            for i, headline in enumerate(headlines or ()):
                if headline is not None:
                    values[i] = self.headline_scaler.transform(self.lexicon.features(headline))
            blocks.append(dense_rows(values))
        return hstack(blocks)


def lexicon_matrix(lexicon: Lexicon, texts: Sequence[AnalyzedText]) -> FloatArray:
    """Unscaled lexicon features of shape (n_texts, n_lexicon_features)."""
    return np.array([lexicon.features(text) for text in texts]).reshape(len(texts), lexicon.n_features)
