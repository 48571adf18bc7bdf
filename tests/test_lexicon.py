"""The lexicon: reading, longest match, folding, languages, features."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import any_texts, composed_texts, lexicon_entries

from sahel_classify.analysis import analyze
from sahel_classify.errors import LabelError
from sahel_classify.lexicon import LEXICON_FEATURES, Lexicon, LexiconEntry, parse_lexicon_line, read_lexicon
from sahel_classify.phrases import PhraseIndex
from sahel_classify.text import words

LABELS = ("mines", "diplomacy", "favor", "against", "neutral")
ENTRIES = [
    LexiconEntry("force", "both", "mines", 1),
    LexiconEntry("force conjointe", "fr", "diplomacy", 3),
    LexiconEntry("Force conjointe du G5", "fr", "diplomacy", 2),
    LexiconEntry("l’État-major", "fr", "mines", -1),
    LexiconEntry("pain", "fr", "mines", 2),
    LexiconEntry("pain", "en", "diplomacy", -2),
]


def found(text: str, lang: str = "fr", entries: list[LexiconEntry] | None = None) -> list[tuple[str, dict[int, float]]]:
    """Matched phrases and their weights by label column."""
    forms = words(text)
    lexicon = Lexicon(ENTRIES if entries is None else entries, LABELS)
    return [(" ".join(forms[start:end]), dict(weights)) for start, end, weights in lexicon.matches(forms, lang)]


class TestMatches:
    def test_the_longest_phrase_at_a_place_counts_alone(self) -> None:
        assert found("La force conjointe du G5 et la force conjointe, une force.") == [
            ("force conjointe du g5", {1: 2.0}),
            ("force conjointe", {1: 3.0}),
            ("force", {0: 1.0}),
        ]

    def test_a_phrase_broken_off_gives_the_shorter_one(self) -> None:
        assert found("la force conjointe du G6") == [("force conjointe", {1: 3.0})]
        assert found("la force") == [("force", {0: 1.0})]

    @pytest.mark.parametrize("text", ["L'ÉTAT-MAJOR", "l’état major", "L`Etat-Major", "l'e\u0301tat-major"])
    def test_case_accents_apostrophes_and_hyphens_are_folded(self, text: str) -> None:
        assert found(f"Devant {text} !") == [("l etat major", {0: -1.0})]

    def test_only_whole_words_match(self) -> None:
        assert found("Les forces renforcent, la forceuse aussi.") == []

    def test_a_term_counts_in_its_language_alone(self) -> None:
        assert found("pain", "fr") == [("pain", {0: 2.0})]
        assert found("pain", "en") == [("pain", {1: -2.0})]
        assert found("force", "en") == [("force", {0: 1.0})]
        assert found("force conjointe", "en") == [("force", {0: 1.0})]

    def test_an_entry_of_the_language_goes_before_one_for_both(self) -> None:
        for order in (1, -1):
            entries = [LexiconEntry("or", "fr", "mines", 3), LexiconEntry("or", "both", "mines", 1)][::order]
            assert found("or", "fr", entries) == [("or", {0: 3.0})]
            assert found("or", "en", entries) == [("or", {0: 1.0})]

    def test_the_later_of_two_weights_holds(self) -> None:
        entries = [LexiconEntry("or", "fr", "mines", 3), LexiconEntry("OR", "fr", "mines", 1)]
        assert found("or", "fr", entries) == [("or", {0: 1.0})]

    def test_a_phrase_may_speak_for_several_labels(self) -> None:
        entries = [LexiconEntry("or", "fr", "mines", 3), LexiconEntry("or", "fr", "favor", -1), LexiconEntry("or", "fr", "unknown", 1)]
        assert found("or", "fr", entries) == [("or", {0: 3.0, 2: -1.0})]
        assert len(Lexicon(entries, LABELS)) == 2

    @given(st.lists(lexicon_entries(), max_size=12), st.lists(lexicon_entries(), max_size=6), any_texts())
    def test_are_phrases_of_the_lexicon_in_order_without_overlap(
        self, entries: list[LexiconEntry], used: list[LexiconEntry], text: str
    ) -> None:
        forms = words(" ".join([entry.term for entry in used] + [text]))
        lexicon = Lexicon(entries, LABELS)
        phrases = {entry.phrase for entry in entries if entry.lang != "en"}
        end_before = 0
        for start, end, weights in lexicon.matches(forms, "fr"):
            assert end_before <= start
            assert tuple(forms[start:end]) in phrases
            assert weights
            # Nothing longer begins there, and nothing begins between two matches.
            assert not any(tuple(forms[start:longer]) in phrases for longer in range(end + 1, len(forms) + 1))
            assert not any(
                tuple(forms[i:j]) in phrases for i in range(end_before, start) for j in range(i + 1, min(i + 13, len(forms)) + 1)
            )
            end_before = end

    def test_phrase_index_gives_the_longest_first(self) -> None:
        index = PhraseIndex({("a",): 1, ("a", "b", "c"): 3, ("a", "b"): 2, ("a", "x"): 4})
        assert list(index.longest_at(["a", "b", "c"], 0)) == [(3, 3), (2, 2), (1, 1)]
        assert list(index.longest_at(["b"], 0)) == []


class TestFeatures:
    def test_are_told_by_kind_and_label(self) -> None:
        text = analyze("La force conjointe et l'état-major, force force. Pain et eau du puits.", "fr")
        values = Lexicon(ENTRIES, LABELS[:2]).features(text).reshape(-1, 2).tolist()
        # mines: 1 + 1 - 1 in the first sentence, 2 in the second; diplomacy: 3 in the first; 14 words.
        assert dict(zip(LEXICON_FEATURES, values, strict=True)) == {
            "sum": pytest.approx([math.log(4), math.log(4)]),
            "density": pytest.approx([3 / 14, 3 / 14]),
            "strongest": [2.0, 3.0],
            "best sentence": pytest.approx([math.log(3), math.log(4)]),
            "sentences won": pytest.approx([1.0, 1.0]),
            "share": pytest.approx([4 / (7 + 3), 3 / (7 + 3)]),
        }

    def test_a_scrap_of_text_counts_as_eight_words(self) -> None:
        assert Lexicon(ENTRIES, ["mines"]).features(analyze("Pain"))[1] == pytest.approx(2 / 8)

    def test_evidence_against_is_negative_and_never_the_strongest(self) -> None:
        values = Lexicon(ENTRIES, ["mines"]).features(analyze("L'état-major"))
        assert values.tolist() == pytest.approx([-math.log(2), -1 / 8, 0.0, 0.0, 0.0, 0.0])

    @given(st.integers(1, 200))
    def test_repetition_saturates(self, times: int) -> None:
        lexicon = Lexicon(ENTRIES, ["mines"])
        once, again = (lexicon.features(analyze("force " * n)) for n in (times, times + 1))
        assert once[0] == pytest.approx(math.log1p(times))
        assert 0 < again[0] - once[0] <= 1 / (1 + times)
        assert once[2] == again[2] == 1.0
        assert once[5] < again[5] < 1

    @given(st.lists(lexicon_entries(), max_size=8), any_texts() | composed_texts(), st.sampled_from(["fr", "en"]))
    def test_are_the_sums_of_the_parts_of_matches(self, entries: list[LexiconEntry], text: str, lang: str) -> None:
        lexicon = Lexicon(entries, LABELS)
        read = analyze(" ".join([*(entry.term for entry in entries[:3]), text]), lang)
        places, parts = lexicon.parts(read)
        assert places == [(start, end) for start, end, _ in lexicon.matches(read.forms, lang)]
        assert parts.shape == (len(places), lexicon.n_features)
        values = lexicon.features(read)
        assert values == pytest.approx(parts.sum(axis=0))
        assert np.isfinite(values).all()
        # Without a match all are zero; a match without weight for a label gives it nothing.
        assert values.any() or not places
        assert (values.reshape(-1, len(LABELS))[2:] >= 0).all()


class TestReading:
    def test_passes_over_comments_and_blank_lines(self, tmp_path: Path) -> None:
        file = tmp_path / "terms.tsv"
        file.write_bytes("\ufeff# commentaire\n\nmine d’or\tfr\tmines\t3\r\n   \n coup \ten\tagainst\t-2\n".encode())
        assert read_lexicon(file) == [LexiconEntry("mine d’or", "fr", "mines", 3.0), LexiconEntry("coup", "en", "against", -2.0)]

    @pytest.mark.parametrize(
        ("line", "told"),
        [
            ("mine fr mines 3", "1 columns; write term, lang, label and weight with one tab between them"),
            ("mine\tfr\tmines\t3\tnote", "5 columns"),
            ("\tfr\tmines\t3", "term '' holds no word; give 1 to 4"),
            ("la mine d'or du nord\tfr\tmines\t3", "has 5 words; give 1 to 4"),
            ("mine\tbm\tmines\t3", "lang 'bm' is not one of fr, en, both"),
            ("mine\tfr\t\t3", "the label is empty; give a topic id or one of favor, against, neutral"),
            ("mine\tfr\tmines\t0", "weight '0' is not one of -2, -1, 1, 2, 3"),
            ("mine\tfr\tmines\t1,5", "weight '1,5' is not one of"),
            ("mine\tfr\tmines\tnan", "weight 'nan' is not one of"),
        ],
    )
    def test_a_bad_line_is_named_with_its_remedy(self, tmp_path: Path, line: str, told: str) -> None:
        file = tmp_path / "terms.tsv"
        file.write_text(f"# commentaire\nor\tfr\tmines\t1\n{line}\n", encoding="utf-8")
        with pytest.raises(LabelError) as raised:
            read_lexicon(file)
        assert str(raised.value).startswith(f"{file}:3: ")
        assert told in str(raised.value)

    def test_a_term_of_signs_alone_is_told_to_have_no_word(self) -> None:
        with pytest.raises(LabelError, match="holds no word"):
            parse_lexicon_line("…\tfr\tmines\t3", "terms.tsv:1")

    def test_a_file_that_cannot_be_read_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(LabelError, match=r"none\.tsv: .*expected tab-separated lines in UTF-8"):
            read_lexicon(tmp_path / "none.tsv")
        (tmp_path / "latin.tsv").write_bytes("minière\tfr\tmines\t1\n".encode("latin-1"))
        with pytest.raises(LabelError, match=r"latin\.tsv: .*UTF-8"):
            read_lexicon(tmp_path / "latin.tsv")
