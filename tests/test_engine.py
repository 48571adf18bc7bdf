"""The whole-batch engine gives what the plain road gives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from samples import RECORDS
from strategies import any_texts, composed_texts, lexicon_entries

import sahel_classify as sc
from sahel_classify import Model, Prediction, Target
from sahel_classify.engine.characters import read_characters
from sahel_classify.engine.engine import Engine
from sahel_classify.engine.hashing import HashTable, hash_spans, hash_string, hash_strings
from sahel_classify.engine.lexicon import LexiconTable
from sahel_classify.engine.phrases import without_overlaps
from sahel_classify.engine.terms import column_of_number, tfidf
from sahel_classify.engine.words import Vocabulary, read_words
from sahel_classify.lexicon import STANCES, Lexicon, LexiconEntry
from sahel_classify.terms import TermTable
from sahel_classify.text import split_sentences, word_spans, words

# What the rules of words, sentences and names turn on, in all orders.
_PIECES = (
    "M. Diallo", "Mme", "No. 5", "J. Ba", "etc.", "…", " ", "  ", "\u00a0", ". ", "! ", "?", '." ', " » ", "« Oui", "(Gao)", "1.5",
    "Un", "UN", "un", "ONU", "œuvre", "Œ", "aujourd'hui", "AUJOURD’HUI", "prud'hommes", "l’armée", "Le gouvernement", "l'État",
    "du Cameroun", "au Mali", "Bamako,", "Paris", "accuse", "n'a pas", "salue", "les autorités", "la junte", "président",
    "Burkina Faso", "the government", "Niger", "Russia", "\n", "\0", "é", "e\u0301", "½", "🙂", "ß", "Щ", "𝔐", "The army said",
    "et", "la", "le", ",", ";", ":",
)  # fmt: skip


def joined_pieces() -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(_PIECES), max_size=40).flatmap(lambda p: st.sampled_from([" ".join(p), "".join(p)]))


def batches() -> st.SearchStrategy[list[tuple[str, str | None]]]:
    headline = st.none() | st.sampled_from(["", "À Bamako, le gouvernement", "Le Cameroun élit son président", "Sommet de l'AES"])
    return st.lists(st.tuples(any_texts() | composed_texts() | joined_pieces(), headline), min_size=1, max_size=6)


def same(fast: Prediction, plain: Prediction) -> None:
    assert (fast.topics, fast.language, fast.abstained) == (plain.topics, plain.language, plain.abstained)
    assert dict(fast.topic_probabilities) == pytest.approx(dict(plain.topic_probabilities), abs=1e-9)
    assert list(fast.stances) == list(plain.stances)
    for target, towards in plain.stances.items():
        assert (fast.stances[target].stance, fast.stances[target].mentions) == (towards.stance, towards.mentions)
        assert dict(fast.stances[target].probabilities) == pytest.approx(dict(towards.probabilities), abs=1e-9)


def both(
    model: Model, engine: Engine, texts: Sequence[str], headlines: Sequence[str | None], asked: Sequence[Sequence[str]] | None = None
) -> tuple[list[Prediction], list[Prediction]]:
    finder, wanted = engine.finder, asked or [()] * len(texts)
    fast = model._answer_batch(engine, texts, headlines, wanted)
    readings = [model._read(*one) for one in zip(texts, [finder] * len(texts), headlines, wanted, strict=True)]
    return fast, model._answer(readings)


@pytest.fixture(scope="session")
def shipped_engine(shipped_model: Model) -> Engine:
    return Engine(shipped_model, shipped_model.mentions)


class TestPredictions:
    @settings(max_examples=150)
    @given(batches())
    @example([("", None), ("Le Mali.", ""), ("œ" * 3 + " aujourd'hui l'ONU, à Bamako, œuvre.", "Mali : l'armée")])
    def test_are_those_of_the_plain_road(self, shipped_model: Model, shipped_engine: Engine, batch: list[tuple[str, str | None]]) -> None:
        texts, headlines = zip(*batch, strict=True)
        for fast, plain in zip(*both(shipped_model, shipped_engine, texts, headlines), strict=True):
            same(fast, plain)

    def test_of_asked_targets_and_targets_of_the_caller(self, shipped_model: Model) -> None:
        finder = shipped_model.mentions.with_targets([Target("turkey", aliases=("Turquie", "Ankara")), Target("un", aliases=("Onusiens",))])
        texts = ["Ankara salue Bamako et les Onusiens de Gao.", "L'ONU se tait ce matin.", "Il pleut sur le marché de Mopti."]
        fast, plain = both(shipped_model, Engine(shipped_model, finder), texts, [None] * 3, [(), ("turkey",), ("un",)])
        assert [list(p.stances) for p in fast] == [["turkey", "aes", "un"], ["turkey"], ["un"]]
        for one, other in zip(fast, plain, strict=True):
            same(one, other)

    @pytest.mark.parametrize("kind", ["topics", "stances", "exclusive", "lexicon", "words"])
    def test_of_models_of_every_kind(self, kind: str, lexicon_file: object) -> None:
        records = [dict(record) for record in RECORDS]
        if kind == "lexicon":
            model = sc.train(lexicon=lexicon_file)
        else:
            for record in records:
                if kind == "topics":
                    record.pop("stances", None)
                if kind in {"stances", "words"}:
                    record.pop("topics", None)
                if kind == "exclusive":
                    record["topics"] = (record.get("topics") or ["none"])[:1]
            model = sc.train(records, exclusive=kind == "exclusive")
        if not Engine.supports(model):
            pytest.skip("a kind of feature that takes the plain road")
        texts = [*(record["text"] for record in records), "", "Bamako accuse Paris."]
        for fast, plain in zip(*both(model, Engine(model, model.mentions), texts, [None] * len(texts)), strict=True):
            same(fast, plain)

    def test_long_lists_take_the_engine_and_keep_their_order(self, shipped_model: Model) -> None:
        texts = ["Bamako accuse Paris de soutenir les groupes armés.", "La mine d'or de Kayes rouvre.", "مالي", "Trop court"] * 80
        together = shipped_model.predict(texts)
        alone = [shipped_model.predict(text) for text in texts[:4]]
        for i, prediction in enumerate(together):
            same(prediction, alone[i % 4])


PLAIN = (any_texts() | composed_texts() | joined_pieces()).filter(lambda text: bool(read_characters([text]).plain[0]))


class TestWords:
    @given(st.lists(PLAIN, min_size=1, max_size=4))
    def test_are_those_of_each_text(self, texts: list[str]) -> None:
        characters = read_characters(texts)
        vocabulary = Vocabulary([form for text in texts[:1] for form in words(text)], ["armee"])
        found = read_words(characters, vocabulary)
        offset = 0
        for i, text in enumerate(texts):
            begin, end = found.bounds[i : i + 2]
            spans = word_spans(text)
            assert found.hashes[begin:end].tolist() == [hash_string(word.form) for word in spans]
            assert (characters.original(found.starts[begin:end]) - offset).tolist() == [word.start for word in spans]
            assert (characters.original(found.ends[begin:end] - 1) + 1 - offset).tolist() == [word.end for word in spans]
            starts = [start for start, _ in split_sentences(text)]
            expected = [max(0, sum(start <= word.start for start in starts) - 1) for word in spans]
            assert (found.sentence[begin:end] - found.sentence_bounds[i]).tolist() == expected
            known = [vocabulary.words[number] for number in found.number[begin:end]]
            assert known == [word.form if word.form in vocabulary.number else "" for word in spans]
            offset += len(text) + 1

    @given(any_texts() | joined_pieces())
    def test_characters_that_fold_to_several_are_left_to_the_plain_road(self, text: str) -> None:
        characters = read_characters([text])
        if characters.plain[0]:
            assert characters.folded.tobytes().decode("utf-16-le").replace("\0", " ").split() == words(text)
        else:
            assert not text.isascii()


class TestHashes:
    @given(st.lists(st.text("abcdefghijklmnopqrstuvwxyz0123456789", max_size=12), max_size=8))
    def test_of_spans_are_those_of_strings(self, strings: list[str]) -> None:
        assert hash_strings(strings).tolist() == [hash_string(string) for string in strings]

    @given(st.sets(st.integers(1, 2**64 - 1), max_size=60), st.lists(st.integers(1, 2**64 - 1), max_size=20))
    def test_table_knows_its_keys_and_no_others(self, keys: set[int], others: list[int]) -> None:
        listed = sorted(keys)
        table = HashTable(np.array(listed, np.uint64))
        assert table.rows(np.array(listed, np.uint64)).tolist() == list(range(1, len(listed) + 1))
        expected = [listed.index(other) + 1 if other in keys else 0 for other in others]
        assert table.rows(np.array(others, np.uint64)).tolist() == expected

    def test_table_resolves_keys_that_share_a_slot(self) -> None:
        keys = np.arange(1, 200, dtype=np.uint64)  # all in the first slot: their high bits are 0
        table = HashTable(keys)
        assert table.rows(np.append(keys, np.uint64(777))).tolist() == [*range(1, 200), 0]

    def test_spans_of_an_array(self) -> None:
        codes = np.frombuffer("maligao".encode("utf-16-le"), np.uint16)
        assert hash_spans(codes, np.array([0, 4]), np.array([4, 7])).tolist() == [hash_string("mali"), hash_string("gao")]


class TestParts:
    @given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=9), min_size=1, max_size=6), st.booleans())
    def test_tfidf_is_that_of_the_table(self, documents: list[list[str]], sublinear: bool) -> None:
        table = TermTable.fit([["a", "b"], ["b", "c", "d"], ["a"]], min_df=1, sublinear_tf=sublinear)
        rows = np.array([i for i, terms in enumerate(documents) for _ in terms], np.int64)
        columns = column_of_number(table, [term for terms in documents for term in terms])
        indptr, indices, data = tfidf(rows, columns, len(documents), table)
        expected = table.rows(documents)
        assert (indptr.tolist(), indices.tolist()) == (expected.indptr.tolist(), expected.indices.tolist())
        assert data == pytest.approx(expected.data)

    @given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 5)), max_size=20))
    def test_matches_hide_those_that_begin_within_them(self, steps: list[tuple[int, int]]) -> None:
        place, length = np.cumsum([step for step, _ in steps], dtype=np.int64), np.array([n for _, n in steps], np.int64)
        expected, reached = [], 0
        for start, n in zip(place.tolist(), length.tolist(), strict=True):
            expected.append(start >= reached)
            reached = start + n if start >= reached else reached
        assert without_overlaps(place, length).tolist() == expected

    @given(st.lists(lexicon_entries(STANCES), max_size=12), st.lists(composed_texts(), min_size=1, max_size=3), st.booleans())
    def test_hits_are_the_lexicon_s_matches(self, entries: list[LexiconEntry], texts: list[str], english: bool) -> None:
        lexicon = Lexicon(
            [*entries, LexiconEntry("Bamako accuse", "fr", "against", 2), LexiconEntry("accuse Paris", "both", "favor", 1)], STANCES
        )
        vocabulary = Vocabulary([word for entry in lexicon.entries for word in entry.phrase], [])
        found = read_words(read_characters(texts), vocabulary)
        hits = LexiconTable(lexicon, vocabulary).hits(found.number, found.bounds[1:][found.text], np.full(len(found.number), english))
        expected = [
            (found.bounds[i] + first, label, weight)
            for i, text in enumerate(texts)
            for first, _, by_label in lexicon.matches(words(text), "en" if english else "fr")
            for label, weight in sorted(by_label.items())
        ]
        assert list(zip(hits.first.tolist(), hits.label.tolist(), hits.weight.tolist(), strict=True)) == expected


def test_asked_texts_take_the_plain_road_within_a_long_list(shipped_model: Model) -> None:
    texts = ["Il pleut sur le marché de Mopti ce matin."] * 300
    asked: list[list[str]] = [["russia"] if i == 7 else [] for i in range(300)]
    found = shipped_model.predict(texts, asked=asked)
    assert [i for i, prediction in enumerate(found) if "russia" in prediction.stances] == [7]
    same(found[7], shipped_model.predict(texts[7], asked=["russia"]))


def test_a_model_with_other_features_is_not_for_the_engine() -> None:
    records = [
        {"id": str(i), "text": t, "topics": [c]}
        for i, (t, c) in enumerate([("La mine d'or rouvre.", "m"), ("Le stade est plein.", "s")] * 10)
    ]
    model = sc.train(records)
    assert Engine.supports(model)
    assert model.features is not None
    assert model.features.vectorizer is not None
    model.features.vectorizer.char_ngrams = (3, 5)
    assert not Engine.supports(model)
