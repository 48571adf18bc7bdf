"""The vectoriser: equal to scikit-learn's on any text, and a scikit-learn estimator in its manners."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.utils.validation import check_is_fitted
from strategies import any_texts, composed_texts

from sahel_classify import InputError, NotTrainedError, ParagraphVectorizer, ParameterError, TopicClassifier
from sahel_classify.text import normalize, words
from sahel_classify.vectorizer import character_ngrams, stems, word_ngrams

# Few distinct words, so that terms recur within and across paragraphs.
_REPEATING = st.lists(st.sampled_from(["l'or", "mine", "Mine", "à", "aujourd'hui", "gisements", "or", "…"]), max_size=12).map(" ".join)
_CORPORA = st.lists(any_texts() | composed_texts() | _REPEATING, min_size=1, max_size=8)
_OPTIONS = st.fixed_dictionaries({"min_df": st.integers(1, 3), "sublinear_tf": st.booleans()})

TEXTS = ["La mine d'or rouvre ses portes.", "La mine d'uranium ferme.", "Le sommet s'ouvre à Accra.", "Le sommet de l'or."] * 3


def ours(**blocks: Any) -> ParagraphVectorizer:
    """A vectoriser of the blocks given and no other."""
    return ParagraphVectorizer(**({"words": False, "pairs": False, "stem_length": None} | blocks))


def theirs(**parameters: Any) -> TfidfVectorizer:
    return TfidfVectorizer(preprocessor=normalize, token_pattern=r"\S+", lowercase=False, **parameters)


def assert_equal(vectorizer: ParagraphVectorizer, reference: Any, corpus: Sequence[str], prefixes: Sequence[str] = ()) -> None:
    """The same names and the same matrix, or no term in either."""
    try:
        expected = reference.fit_transform(corpus)
    except ValueError:  # its word for an empty vocabulary
        with pytest.raises(InputError, match="no term occurs"):
            vectorizer.fit(corpus)
        return
    names = reference.get_feature_names_out().tolist()
    for prefix in prefixes:
        names = [name.removeprefix(f"{prefix}__") for name in names]
    matrix = vectorizer.fit_transform(corpus)
    assert vectorizer.get_feature_names_out().tolist() == names
    assert matrix.shape == expected.shape
    assert abs(matrix - expected).max() <= 1e-6
    assert abs(vectorizer.transform(corpus[::-1]) - expected[::-1]).max() <= 1e-6


class TestEqualsScikitLearn:
    @given(_CORPORA, _OPTIONS)
    def test_words(self, corpus: list[str], options: dict[str, Any]) -> None:
        assert_equal(ours(words=True, **options), theirs(**options), corpus)

    @given(_CORPORA, _OPTIONS)
    def test_pairs(self, corpus: list[str], options: dict[str, Any]) -> None:
        assert_equal(ours(pairs=True, **options), theirs(ngram_range=(2, 2), **options), corpus)

    @given(_CORPORA, _OPTIONS)
    def test_words_and_pairs(self, corpus: list[str], options: dict[str, Any]) -> None:
        assert_equal(ours(words=True, pairs=True, **options), theirs(ngram_range=(1, 2), **options), corpus)

    @given(_CORPORA, _OPTIONS, st.integers(1, 7))
    def test_stems(self, corpus: list[str], options: dict[str, Any], length: int) -> None:
        reference = TfidfVectorizer(analyzer=lambda text: stems(words(text), length), **options)
        assert_equal(ours(stem_length=length, **options), reference, corpus)

    @given(_CORPORA, _OPTIONS, st.integers(1, 5), st.integers(0, 3))
    def test_character_ngrams(self, corpus: list[str], options: dict[str, Any], shortest: int, more: int) -> None:
        lengths = (shortest, shortest + more)
        reference = TfidfVectorizer(preprocessor=normalize, analyzer="char_wb", ngram_range=lengths, lowercase=False, **options)
        assert_equal(ours(char_ngrams=lengths, **options), reference, corpus)

    @given(_CORPORA, st.booleans(), st.booleans())
    def test_blocks_side_by_side(self, corpus: list[str], sublinear_tf: bool, pairs: bool) -> None:
        options = {"min_df": 1, "sublinear_tf": sublinear_tf}
        blocks = {
            "words": theirs(ngram_range=(1, 2) if pairs else (1, 1), **options),
            "stems": TfidfVectorizer(analyzer=lambda text: stems(words(text), 6), **options),
            "chars": TfidfVectorizer(preprocessor=normalize, analyzer="char_wb", ngram_range=(3, 5), lowercase=False, **options),
        }
        vectorizer = ParagraphVectorizer(pairs=pairs, char_ngrams=(3, 5), **options)
        assert_equal(vectorizer, FeatureUnion(list(blocks.items())), corpus, list(blocks))


class TestAnalyzers:
    def test_examples(self) -> None:
        forms = ["accord", "de", "paix"]
        assert word_ngrams(forms, 2, 2) == ["accord de", "de paix"]
        assert word_ngrams(["accord"], 2, 2) == []
        assert stems(forms, 3) == ["acc~", "de", "pai~"]
        assert character_ngrams(["de", ""], 3, 5) == [" de", "de ", " de ", "  "]

    def test_a_stem_and_a_word_of_the_same_letters_stay_apart(self) -> None:
        assert ours(stem_length=3, min_df=1).fit(["mine minerai"]).get_feature_names_out().tolist() == ["min~"]
        assert ours(stem_length=4, min_df=1).fit(["mine minerai"]).get_feature_names_out().tolist() == ["mine", "mine~"]


class TestManners:
    def test_a_row_has_unit_length_in_each_block_or_is_empty(self) -> None:
        matrix = ParagraphVectorizer(min_df=1).fit(TEXTS).transform(["La mine d'or", "zzz yyy", ""])
        assert np.asarray((matrix**2).sum(axis=1)).ravel() == pytest.approx([2.0, 0.0, 0.0])

    def test_clone_copies_parameters_and_forgets_the_fit(self) -> None:
        fitted = ParagraphVectorizer(min_df=1, char_ngrams=(2, 3), stem_length=None).fit(TEXTS)
        copy = clone(fitted)
        assert copy.get_params() == fitted.get_params()
        assert repr(copy) == "ParagraphVectorizer(char_ngrams=(2, 3), min_df=1, stem_length=None)"
        with pytest.raises(NotTrainedError):
            copy.transform(TEXTS)

    def test_parameters_can_be_set_by_name(self) -> None:
        vectorizer = ParagraphVectorizer()
        assert vectorizer.set_params(min_df=3, pairs=False) is vectorizer
        assert vectorizer.get_params() == {
            "char_ngrams": None,
            "min_df": 3,
            "pairs": False,
            "stem_length": 6,
            "sublinear_tf": True,
            "words": True,
        }
        with pytest.raises(ParameterError, match=r"no parameter 'max_df'; it has char_ngrams, min_df"):
            vectorizer.set_params(max_df=3)

    def test_works_in_a_pipeline(self) -> None:
        topics = [["mines"], ["mines"], ["diplomacy"], ["diplomacy", "mines"]] * 3
        pipeline = Pipeline([("vectorizer", ParagraphVectorizer()), ("topics", TopicClassifier(C=1.0))])
        pipeline.set_params(vectorizer__min_df=1, topics__C=10.0).fit(TEXTS, topics)
        check_is_fitted(pipeline)
        assert pipeline.predict(TEXTS[:4]) == [("mines",), ("mines",), ("diplomacy",), ("diplomacy", "mines")]
        assert clone(pipeline).get_params()["topics__C"] == 10.0

    def test_takes_any_iterable(self) -> None:
        expected = ParagraphVectorizer().fit_transform(TEXTS)
        for given_texts in (tuple(TEXTS), np.array(TEXTS), iter(TEXTS)):
            assert abs(ParagraphVectorizer().fit_transform(given_texts) - expected).max() == 0

    @pytest.mark.parametrize("use", [lambda v: v.transform(TEXTS), lambda v: v.get_feature_names_out(), lambda v: v.rows([["or"]])])
    def test_is_not_used_before_it_is_fitted(self, use: Any) -> None:
        with pytest.raises(NotTrainedError, match="ParagraphVectorizer is not fitted yet; call fit first"):
            use(ParagraphVectorizer())

    @pytest.mark.parametrize(
        ("texts", "told"),
        [
            ("La mine.", "put it into a list"),
            (b"La mine.", "put it into a list"),
            (["La mine.", None], "NoneType"),
            (["La mine.", b"x"], "decode"),
            (["La mine.", 3.5], "float"),
            (None, "list"),
        ],
    )
    def test_what_is_no_list_of_texts_is_refused(self, texts: Any, told: str) -> None:
        fitted = ParagraphVectorizer().fit(TEXTS)
        for use in (ParagraphVectorizer().fit, ParagraphVectorizer().fit_transform, fitted.transform):
            with pytest.raises(InputError, match=told):
                use(texts)

    @pytest.mark.parametrize(
        ("parameters", "told"),
        [
            ({"words": False, "pairs": False, "stem_length": None}, "no features are left"),
            ({"stem_length": 0}, "stem_length is 0"),
            ({"char_ngrams": (0, 3)}, r"char_ngrams is \(0, 3\)"),
            ({"char_ngrams": (4, 3)}, r"char_ngrams is \(4, 3\)"),
        ],
    )
    def test_parameters_outside_their_values_are_refused(self, parameters: dict[str, Any], told: str) -> None:
        with pytest.raises(ParameterError, match=told):
            ParagraphVectorizer(**parameters).fit(TEXTS)

    def test_no_term_left_tells_the_remedy(self) -> None:
        with pytest.raises(InputError, match="no term occurs in 9 or more of the 2 paragraphs; give more text or a lower min_df"):
            ParagraphVectorizer(min_df=9).fit(["La mine.", "La mine."])
