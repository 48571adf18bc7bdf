"""Normalisation, words with places, paragraphs and sentences."""

from __future__ import annotations

import re
import sys
import timeit
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import any_texts, composed_texts, texts

from sahel_classify.errors import InputError
from sahel_classify.text import _LINE_END, check_text, normalize, split_paragraphs, split_sentences, word_spans, words, words_of_each

# Letters of Europe with their marks; the four long and accented æ have a test of their own below.
_LETTERS = st.text(
    st.characters(max_codepoint=0x24F, categories=["L"], exclude_characters="ǢǣǼǽ") | st.sampled_from("\u0300\u0301\u0302\u0308\u0327 ,-")
)


def composed_characters() -> list[str]:
    """Every character that Unicode decomposes."""
    return [c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.decomposition(c)]


class TestNormalize:
    @given(any_texts())
    def test_is_the_words_parted_by_one_space(self, text: str) -> None:
        assert normalize(text) == " ".join(words(text))
        assert normalize(text).split() == words(text)

    @given(any_texts())
    def test_words_are_letters_and_digits(self, text: str) -> None:
        assert all(form.isalnum() for form in words(text))

    @given(_LETTERS | composed_texts())
    def test_is_idempotent(self, text: str) -> None:
        assert normalize(normalize(text)) == normalize(text)

    def test_is_idempotent_for_every_composed_character(self) -> None:
        assert [c for c in composed_characters() if normalize(normalize(c)) != normalize(c)] == []

    @given(_LETTERS | composed_texts())
    def test_is_the_same_for_composed_and_decomposed_text(self, text: str) -> None:
        assert words(unicodedata.normalize("NFD", text)) == words(unicodedata.normalize("NFC", text)) == words(text)

    def test_is_the_same_for_every_composed_character_and_its_parts(self) -> None:
        assert [c for c in composed_characters() if normalize(unicodedata.normalize("NFD", c)) != normalize(c)] == []

    @given(composed_texts())
    def test_folds_case(self, text: str) -> None:
        assert normalize(text.upper()) == normalize(text) == normalize(text.lower())

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("L'armée et l’État", ["l", "armee", "et", "l", "etat"]),
            ("jusqu'à qu´il d`un", ["jusqu", "a", "qu", "il", "d", "un"]),
            ("Aujourd'hui, AUJOURD’HUI, aujourdʼhui", ["aujourdhui"] * 3),
            ("les prud'hommes", ["les", "prudhommes"]),
            ("cœur ŒUVRE æquo", ["coeur", "oeuvre", "aequo"]),
            ("Noël à Ouahigouya, ça et là", ["noel", "a", "ouahigouya", "ca", "et", "la"]),
            ("a-t-il dit : « F-16 » ?", ["a", "t", "il", "dit", "f", "16"]),
            ("1\u202f200 m², ½ tonne", ["1", "200", "m2", "tonne"]),
            ("l'Alliance\u00a0— AES…", ["l", "alliance", "aes"]),
            ("\ud800oui\udfff \x00non\x07", ["oui", "non"]),
            ("", []),
            ("« … » — !", []),
        ],
    )
    def test_examples(self, text: str, expected: list[str]) -> None:
        assert words(text) == expected

    @pytest.mark.parametrize("apostrophe", "'’‘´`")
    def test_an_apostrophe_parts_an_elision(self, apostrophe: str) -> None:
        assert words(f"l{apostrophe}armée") == ["l", "armee"]

    def test_a_modifier_letter_apostrophe_parts_an_elision(self) -> None:
        assert words("l\u02bcarmée") == ["l", "armee"]

    def test_aujourdhui_is_one_word_in_markdown(self) -> None:
        assert words("_aujourd'hui_") == ["aujourdhui"]


class TestWordSpans:
    @given(any_texts())
    @example("aujourd’hui")
    @example("prud'homme")
    @example("e\u0301 \u0301e \u0301")
    def test_forms_are_the_words(self, text: str) -> None:
        assert [word.form for word in word_spans(text)] == words(text)

    @given(any_texts())
    def test_index_the_text_as_given(self, text: str) -> None:
        spans = word_spans(text)
        # Cut out, a word gives its form alone; aujourd'hui keeps its apostrophe.
        assert all(words(text[word.start : word.end]) == [word.form] for word in spans)
        assert all(0 <= word.start < word.end <= len(text) for word in spans)
        assert all(one.end <= other.start for one, other in pairwise(spans))

    def test_of_a_decomposed_text_count_its_characters(self) -> None:
        text = unicodedata.normalize("NFD", "L'été à Ségou")
        assert [(word.form, text[word.start : word.end]) for word in word_spans(text)] == [
            ("l", "L"),
            ("ete", "e\u0301te\u0301"),
            ("a", "a\u0300"),
            ("segou", "Se\u0301gou"),
        ]


class TestParagraphs:
    @given(any_texts() | st.lists(composed_texts(), max_size=4).map("\n\n".join))
    def test_stand_where_their_offset_says(self, article: str) -> None:
        paragraphs = split_paragraphs(article)
        assert [paragraph.number for paragraph in paragraphs] == list(range(1, len(paragraphs) + 1))
        for paragraph in paragraphs:
            assert article[paragraph.offset] == paragraph.text[0]
            assert "".join(paragraph.text.split()) == "".join(article[paragraph.offset :].split())[: len("".join(paragraph.text.split()))]

    @given(any_texts() | st.lists(composed_texts(), max_size=4).map("\r\n \r\n".join))
    def test_hold_every_word_of_the_article(self, article: str) -> None:
        assert [form for paragraph in split_paragraphs(article) for form in words(paragraph.text)] == words(article)

    @given(
        st.lists(composed_texts().map(lambda text: " ".join(text.split())), max_size=5),
        st.sampled_from(["\n\n", "\r\n\r\n", "\n \t\n", "\u2029"]),
    )
    def test_are_parted_by_blank_lines(self, texts: list[str], blank: str) -> None:
        assert [paragraph.text for paragraph in split_paragraphs(blank.join(texts))] == texts

    def test_join_their_lines(self) -> None:
        article = "\ufeff\n  Un titre\n\nPremière ligne,\n   deuxième ligne.\n\n\n\tFin.  \n"
        assert [(p.text, p.offset) for p in split_paragraphs(article)] == [
            ("Un titre", 4),
            ("Première ligne, deuxième ligne.", 14),
            ("Fin.", article.index("Fin")),
        ]

    @given(st.text(st.sampled_from("ab\u3000 \t\u00a0\n\r\x0b\x0c\x1c\x85\u2028\u2029"), max_size=12) | any_texts())
    @example("a \n\t b \r\n c  d\u3000\x0b")
    def test_join_their_lines_as_the_plain_expression_would(self, text: str) -> None:
        plain = re.compile(r"\s*[\n\r\x0b\x0c\x85\u2028]\s*")
        assert _LINE_END.sub(" ", text) == plain.sub(" ", text)

    @pytest.mark.parametrize("blank", [" ", "\u3000", "\u2003"])
    def test_blanks_eight_times_as_many_take_about_eight_times_as_long(self, blank: str) -> None:
        def seconds(blanks: int) -> float:
            article = f"a{blank * blanks}b"
            assert split_paragraphs(article)[0].text == article
            return min(timeit.repeat(lambda: split_paragraphs(article), number=1, repeat=5))

        # Where each blank is read once for each before it, they take 64 times as long.
        assert seconds(40_000) < 24 * seconds(5_000)

    def test_go_on_over_a_line_end_of_windows(self) -> None:
        assert [p.text for p in split_paragraphs("Première ligne,\r\ndeuxième ligne.")] == ["Première ligne, deuxième ligne."]


class TestSentences:
    @given(any_texts() | composed_texts())
    def test_cover_the_text_without_a_gap(self, text: str) -> None:
        spans = split_sentences(text)
        assert "".join(text[start:end] for start, end in spans) == text
        assert all(start < end for start, end in spans)
        assert [end for _, end in spans[:-1]] == [start for start, _ in spans[1:]]

    @given(st.lists(st.sampled_from(["Il pleut.", "Où va-t-on ?", "Assez !", 'Il a dit : "Non."', "On verra…"]), min_size=1, max_size=6))
    def test_are_those_that_were_joined(self, sentences: list[str]) -> None:
        text = " ".join(sentences)
        assert [text[start:end].rstrip() for start, end in split_sentences(text)] == sentences

    def test_end_after_a_french_quotation(self) -> None:
        text = "Il a dit : « Non. » Puis il est parti."
        assert [text[start:end] for start, end in split_sentences(text)] == ["Il a dit : « Non. » ", "Puis il est parti."]

    @pytest.mark.parametrize(
        "text",
        [
            "M. Traoré, le Dr Keïta et Mme. Sow sont venus.",
            "Le J. A. de mardi en parle.",
            "Il a perdu 3.5 points.",
            "Il a dit oui... puis non.",
        ],
    )
    def test_are_not_ended_by_abbreviations_and_figures(self, text: str) -> None:
        assert split_sentences(text) == [(0, len(text))]


@pytest.mark.parametrize(
    ("text", "told"), [(None, "NoneType"), (b"texte", "decode"), (bytearray(b"x"), "decode"), (3, "int"), (["a"], "list")]
)
def test_what_is_no_text_is_refused(text: object, told: str) -> None:
    for function in (check_text, normalize, words, word_spans, split_paragraphs, split_sentences):
        with pytest.raises(InputError, match=told):
            function(text)  # type: ignore[arg-type]


@given(st.lists(texts(), max_size=6))
def test_words_of_many_texts_are_those_of_each(several: list[str]) -> None:
    assert words_of_each(several) == [words(text) for text in several]
