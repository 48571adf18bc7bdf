"""Paragraph → TF-IDF over words, word pairs, stems and character n-grams within words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sahel_classify._estimator import Estimator
from sahel_classify.errors import InputError, ParameterError
from sahel_classify.sparse import SparseRows, hstack
from sahel_classify.terms import TermTable
from sahel_classify.text import words

if TYPE_CHECKING:
    from typing import Self

    import numpy.typing as npt
    from scipy.sparse import csr_array

__all__ = ["ParagraphVectorizer", "character_ngrams", "stems", "word_ngrams"]

# A longer word is cut before its stem is marked as such; the mark is no word character, so that a
# whole word and a stem of the same letters stay apart.
_CUT: Final = "~"


def word_ngrams(forms: Sequence[str], shortest: int, longest: int) -> list[str]:
    """Runs of `shortest` to `longest` words.

    Examples
    --------
    >>> word_ngrams(["accord", "de", "paix"], 1, 2)
    ['accord', 'de', 'paix', 'accord de', 'de paix']
    """
    found: list[str] = []
    for length in range(shortest, longest + 1):
        if length == 1:
            found.extend(forms)
        else:
            found.extend(" ".join(forms[i : i + length]) for i in range(len(forms) - length + 1))
    return found


def stems(forms: Sequence[str], length: int) -> list[str]:
    """The first `length` letters of each word, marked where letters were cut off.

    Examples
    --------
    >>> stems(["diplomatie", "diplomates", "paix"], 6)
    ['diplom~', 'diplom~', 'paix']
    """
    return [form[:length] + _CUT if len(form) > length else form for form in forms]


def character_ngrams(forms: Iterable[str], shortest: int, longest: int) -> list[str]:
    """Character n-grams within words, each word padded by a space on both sides.

    A word shorter than an n-gram gives itself once (as the ``char_wb`` analyser of scikit-learn does).

    Examples
    --------
    >>> character_ngrams(["or", "gao"], 3, 4)
    [' or', 'or ', ' or ', ' ga', 'gao', 'ao ', ' gao', 'gao ']
    """
    found: list[str] = []
    for form in forms:
        padded = f" {form} "
        for length in range(shortest, longest + 1):
            found.extend(padded[i : i + length] for i in range(max(1, len(padded) - length + 1)))
            if len(padded) <= length:
                break
    return found


class ParagraphVectorizer(Estimator):
    r"""TF-IDF of a paragraph, one unit-length block each for words with word pairs, stems and character n-grams.

    Parameters
    ----------
    words : bool, default=True
        Use single words.
    pairs : bool, default=True
        Use pairs of neighbouring words.
    stem_length : int or None, default=6
        Use the first letters of words as stems, this many; None leaves the block out.
    char_ngrams : (int, int) or None, default=None
        Use character n-grams within words, of these shortest and longest lengths; None leaves the block out.
    min_df : int, default=2
        Keep terms that occur in at least this many paragraphs.
    sublinear_tf : bool, default=True
        Replace a term's count by ``1 + ln(count)``.

    Attributes
    ----------
    tables_ : dict of str to TermTable
        By block (``"words"``, ``"stems"``, ``"chars"``): terms in sorted order and their inverse document frequencies.

    Notes
    -----
    Terms come from one normaliser (`sahel_classify.text.normalize`). With it as `preprocessor`, each block
    equals scikit-learn's ``TfidfVectorizer(token_pattern=r"\S+", lowercase=False, ...)`` with ``ngram_range=(1, 2)``
    or ``analyzer="char_wb"`` to floating-point accuracy; blocks are set side by side as ``FeatureUnion`` does.
    Weighting: Salton and Buckley (1988), https://doi.org/10.1016/0306-4573(88)90021-0.

    Examples
    --------
    >>> vectorizer = ParagraphVectorizer(pairs=False, stem_length=None, min_df=1)
    >>> X = vectorizer.fit_transform(["L'armée avance.", "L'armée se replie."])
    >>> vectorizer.get_feature_names_out().tolist()
    ['armee', 'avance', 'l', 'replie', 'se']
    >>> X.shape
    (2, 5)
    """

    def __init__(
        self,
        *,
        words: bool = True,
        pairs: bool = True,
        stem_length: int | None = 6,
        char_ngrams: tuple[int, int] | None = None,
        min_df: int = 2,
        sublinear_tf: bool = True,
    ) -> None:
        self.words = words
        self.pairs = pairs
        self.stem_length = stem_length
        self.char_ngrams = char_ngrams
        self.min_df = min_df
        self.sublinear_tf = sublinear_tf

    def _analyzers(self) -> dict[str, Callable[[Sequence[str]], list[str]]]:
        found: dict[str, Callable[[Sequence[str]], list[str]]] = {}
        if self.words or self.pairs:
            shortest, longest = 1 if self.words else 2, 2 if self.pairs else 1
            found["words"] = lambda forms: word_ngrams(forms, shortest, longest)
        if self.stem_length is not None:
            length = self.stem_length
            if length < 1:
                raise ParameterError(f"stem_length is {length}; give a positive number of letters, or None")
            found["stems"] = lambda forms: stems(forms, length)
        if self.char_ngrams is not None:
            low, high = self.char_ngrams
            if not 1 <= low <= high:
                raise ParameterError(f"char_ngrams is {self.char_ngrams!r}; give (shortest, longest) with 1 <= shortest <= longest")
            found["chars"] = lambda forms: character_ngrams(forms, low, high)
        if not found:
            raise ParameterError("no features are left: set at least one of words, pairs, stem_length, char_ngrams")
        return found

    def fit(self, X: Iterable[str], y: object = None) -> Self:
        """Learn vocabulary and document frequencies.

        Parameters
        ----------
        X : iterable of str
            Paragraphs.
        y : ignored

        Raises
        ------
        InputError
            If an item is not a string, or no term occurs in `min_df` paragraphs.
        ParameterError
            If a parameter is outside its values.
        """
        del y
        analyzers = self._analyzers()
        frequencies: dict[str, Counter[str]] = {block: Counter() for block in analyzers}
        n = 0
        for forms in map(words, _texts(X)):
            n += 1
            for block, analyze in analyzers.items():
                frequencies[block].update(set(analyze(forms)))
        tables = {
            block: TermTable.from_frequencies(frequency, n, min_df=self.min_df, sublinear_tf=self.sublinear_tf)
            for block, frequency in frequencies.items()
        }
        if not any(map(len, tables.values())):
            raise InputError(f"no term occurs in {self.min_df} or more of the {n} paragraphs; give more text or a lower min_df")
        self.tables_: dict[str, TermTable] = tables
        return self

    def rows(self, forms: Sequence[Sequence[str]]) -> SparseRows:
        """TF-IDF rows of paragraphs given as lists of folded words."""
        self._check_trained()
        analyzers = self._analyzers()
        return hstack([table.rows(map(analyzers[block], forms)) for block, table in self.tables_.items()])

    def transform(self, X: Iterable[str]) -> csr_array:
        """TF-IDF of paragraphs.

        Parameters
        ----------
        X : iterable of str

        Returns
        -------
        scipy.sparse.csr_array of shape (n_paragraphs, n_features), float64

        Raises
        ------
        InputError
            If an item is not a string.
        NotTrainedError
            If called before `fit`.
        """
        return self.rows([words(text) for text in _texts(X)]).to_scipy()

    def fit_transform(self, X: Iterable[str], y: object = None) -> csr_array:
        """``fit(X)``, then ``transform(X)``."""
        texts = list(_texts(X))
        return self.fit(texts, y).transform(texts)

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """Terms by column: words and pairs, then stems (``~`` marks a cut), then character n-grams."""
        del input_features
        self._check_trained()
        return np.array([term for table in self.tables_.values() for term in table.terms], dtype=object)

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return sum(map(len, self.tables_.values()))


def _texts(texts: Any) -> Iterable[str]:
    if isinstance(texts, (str, bytes)):
        raise InputError("a single text was given where a list of paragraphs is needed; put it into a list")
    if not isinstance(texts, Iterable):
        raise InputError(f"{type(texts).__name__} was given where a list of paragraphs is needed")
    return texts
