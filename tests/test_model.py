"""The model: what it takes, what it answers, when it abstains, articles, new targets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from samples import FOREIGN
from strategies import any_texts, composed_texts

from sahel_classify import InputError, Model, ParameterError, Prediction, StancePrediction, Target
from sahel_classify.lexicon import STANCES
from sahel_classify.model import aggregate

TEXT = "Le ministre a salué l'aide généreuse de la Turquie à la mine d'or de Kadiolo."
OTHER = "Une campagne de vaccination contre le choléra commence lundi à l'hôpital régional."
CHINESE = "Le ministre a salué l'aide généreuse de la Chine à l'hôpital régional, dit Pékin."


def assert_alike(one: Prediction, other: Prediction) -> None:
    """Equal but for the last digits, which the place of a row in a batch may change."""
    assert one.topic_probabilities == pytest.approx(other.topic_probabilities, abs=1e-12)
    assert list(one.stances) == list(other.stances)
    for target, stance in one.stances.items():
        assert stance.probabilities == pytest.approx(other.stances[target].probabilities, abs=1e-12)
    assert replace(one, topic_probabilities={}, stances={}) == replace(other, topic_probabilities={}, stances={})


class TestInput:
    def test_a_string_gives_one_prediction_and_several_a_list(self, small_model: Model) -> None:
        one, other = small_model.predict(TEXT), small_model.predict(OTHER)
        assert isinstance(one, Prediction)
        for texts in ([TEXT, OTHER], (TEXT, OTHER), (text for text in (TEXT, OTHER)), np.array([TEXT, OTHER]), {TEXT: 1, OTHER: 2}):
            found = small_model.predict(texts)
            assert isinstance(found, list)
            assert len(found) == 2
            assert_alike(found[0], one)
            assert_alike(found[1], other)

    def test_none_given_gives_none_back(self, small_model: Model) -> None:
        for texts in ([], (), iter([])):
            assert small_model.predict(texts) == []

    @pytest.mark.parametrize(
        ("wrong", "told"), [(None, "NoneType"), (b"texte", "decode"), (3, "int"), (float("nan"), "float"), (["a"], "list")]
    )
    def test_what_is_no_text_is_refused_with_its_number(self, small_model: Model, wrong: Any, told: str) -> None:
        with pytest.raises(InputError, match=rf"^text 2 of 4: .*{told}"):
            small_model.predict([TEXT, OTHER, wrong, TEXT])
        if not isinstance(wrong, list):
            with pytest.raises(InputError, match=told):
                small_model.predict(wrong)
        with pytest.raises(InputError, match=told):
            small_model.predict_article(wrong)
        with pytest.raises(InputError, match=told):
            small_model.explain(wrong, topic="mines")

    def test_a_text_of_more_than_a_million_characters_is_refused(self, small_model: Model) -> None:
        with pytest.raises(InputError, match=r"text 1 of 2: 1,000,001 characters, more than a paragraph has .*; split it into paragraphs"):
            small_model.predict([TEXT, "a" * 1_000_001])
        assert small_model.predict("a" * 1_000_000).abstained == "too_short"

    @pytest.mark.parametrize("name", ["headlines", "asked"])
    @pytest.mark.parametrize("n", [0, 1, 3])
    @pytest.mark.parametrize("kind", [list, tuple, iter, lambda entries: (entry for entry in entries)])
    def test_headlines_and_asked_need_one_entry_a_text(self, small_model: Model, name: str, n: int, kind: Any) -> None:
        with pytest.raises(ParameterError, match=f"^{name} and texts differ in number: {n} and 2; give one entry a text$"):
            small_model.predict([TEXT, OTHER], **{name: kind([()] * n)})

    @pytest.mark.parametrize("name", ["headlines", "asked"])
    @pytest.mark.parametrize(("wrong", "told"), [("xy", "str"), (b"xy", "bytes"), (2, "int")])
    def test_headlines_and_asked_of_several_texts_are_listed(self, small_model: Model, name: str, wrong: Any, told: str) -> None:
        with pytest.raises(ParameterError, match=f"^{name} is {told} where several texts were given; give a list with one entry a text$"):
            small_model.predict([TEXT, OTHER], **{name: wrong})

    @given(st.lists(st.tuples(composed_texts(), st.none() | composed_texts(), st.sets(st.sampled_from(["russia", "france"]))), max_size=4))
    def test_headlines_and_asked_may_be_any_iterable(self, shipped_model: Model, rows: list[tuple[str, str | None, set[str]]]) -> None:
        texts, headlines, asked = ([row[column] for row in rows] for column in range(3))
        listed = shipped_model.predict(texts, headlines=headlines, asked=asked)
        given_once = shipped_model.predict(iter(texts), headlines=(headline for headline in headlines), asked=map(iter, asked))
        assert given_once == listed
        assert shipped_model.predict(texts, headlines=dict(enumerate(headlines)).values(), asked=tuple(map(tuple, asked))) == listed

    @given(any_texts())
    @example("\ud800\udfff Bamako accuse Paris \x00\x07\x1b de mentir.")
    @example("\u202e" * 9 + "a\u0301" * 9)
    def test_any_text_is_answered(self, shipped_model: Model, text: str) -> None:
        prediction = shipped_model.predict(text)
        assert all(0 <= p <= 1 for p in prediction.topic_probabilities.values())
        assert tuple(prediction.topic_probabilities) == shipped_model.topic_ids
        assert set(prediction.topics) <= set(shipped_model.topic_ids)
        falling = [prediction.topic_probabilities[topic] for topic in prediction.topics]
        assert falling == sorted(falling, reverse=True)
        for said in prediction.stances.values():
            assert sum(said.probabilities.values()) == pytest.approx(1.0)
            assert said.stance in said.probabilities
            assert all(0 <= start < end <= len(text) for start, end in said.mentions)

    @settings(max_examples=30)
    @given(composed_texts(), st.lists(composed_texts() | any_texts(), max_size=4), st.lists(any_texts() | composed_texts(), max_size=4))
    def test_neighbours_change_nothing(self, shipped_model: Model, text: str, before: list[str], after: list[str]) -> None:
        assert_alike(shipped_model.predict([*before, text, *after])[len(before)], shipped_model.predict(text))

    def test_a_long_list_is_answered_in_order(self, small_model: Model) -> None:
        texts = [TEXT, OTHER, "Oui."] * 400
        found = small_model.predict(texts, asked=[["turkey"], (), ()] * 400)
        assert [p.abstained for p in found] == [None, None, "too_short"] * 400
        assert [list(p.stances) for p in found] == [["turkey"], [], []] * 400
        assert_alike(found[900], found[0])

    def test_a_headline_counts_for_its_own_text(self, shipped_model: Model) -> None:
        text = "Les discussions ont porté sur ce dossier et doivent reprendre la semaine prochaine."
        with_headline, without = shipped_model.predict([text, text], headlines=["La mine d'uranium d'Arlit ferme ses portes", None])
        topic = "natural_resources"
        assert with_headline.topic_probabilities[topic] > without.topic_probabilities[topic]
        assert_alike(shipped_model.predict(text), without)


class TestAbstention:
    @pytest.mark.parametrize("text", ["", " \n", "…", "Oui.", "Deux mots", "l'or"])
    def test_fewer_than_three_words_are_too_short(self, shipped_model: Model, text: str) -> None:
        assert shipped_model.predict(text).abstained == "too_short"

    @pytest.mark.parametrize("language", FOREIGN)
    def test_other_languages_are_not_answered(self, shipped_model: Model, language: str) -> None:
        prediction = shipped_model.predict(FOREIGN[language], asked=["russia"])
        assert prediction.abstained == "language_unsupported"
        assert prediction.language == ("und" if language == "ar" else language)
        assert (prediction.topics, prediction.stances) == ((), {})

    def test_spanish_with_its_articles_is_not_answered(self, shipped_model: Model) -> None:
        text = "El presidente de la junta militar ha anunciado que las elecciones se celebrarán en el mes de marzo."
        assert shipped_model.predict(text).abstained == "language_unsupported"

    def test_invented_words_are_not_answered(self, shipped_model: Model) -> None:
        prediction = shipped_model.predict("Zblorg kvantrel ufopsi brindaxo wuzzik plimdor.", asked=["russia"])
        assert (prediction.abstained, prediction.topics, prediction.stances, prediction.language) == ("no_known_words", (), {}, None)

    def test_an_abstained_record_still_tells_every_probability(self, small_model: Model) -> None:
        record = small_model.predict("Oui.").to_dict()
        assert list(record) == ["language", "topics", "topic_probabilities", "stances", "abstained"]
        assert list(record["topic_probabilities"]) == ["mines", "health", "diplomacy"]
        assert (record["topics"], record["stances"], record["abstained"]) == ([], {}, "too_short")


class TestTargets:
    def test_a_mention_gives_a_stance_with_its_places(self, small_model: Model) -> None:
        towards = small_model.predict(TEXT).stances
        assert list(towards) == ["turkey"]
        assert [TEXT[start:end] for start, end in towards["turkey"].mentions] == ["Turquie"]
        assert towards["turkey"].stance == "favor"

    def test_a_stance_asked_for_is_given_without_a_mention(self, small_model: Model) -> None:
        first, second = small_model.predict([OTHER, OTHER], asked=[["turkey"], []])
        assert first.stances["turkey"].mentions == ()
        assert sum(first.stances["turkey"].probabilities.values()) == pytest.approx(1.0)
        assert second.stances == {}
        assert list(small_model.predict(OTHER, asked={"turkey"}).stances) == ["turkey"]
        assert small_model.predict(TEXT, asked=["turkey"]) == small_model.predict(TEXT)

    @pytest.mark.parametrize(("texts", "asked"), [(OTHER, "turkey"), ([OTHER], ["turkey"]), ([OTHER], [3])])
    def test_a_string_is_no_collection_of_targets(self, small_model: Model, texts: Any, asked: Any) -> None:
        with pytest.raises(InputError):
            small_model.predict(texts, asked=asked)

    @pytest.mark.parametrize(
        ("texts", "options", "told"),
        [
            ([OTHER], {"asked": [["china"]]}, "text 0 of 1: no target 'china' in this model; it has turkey; add others with targets="),
            (OTHER, {"asked": ["turkey", "china"]}, "text 0 of 1: no target 'china' in this model; it has turkey; add others .*"),
            ([TEXT, OTHER, ""], {"asked": [["turkey"], [], {"a": 1, "b": 2}]}, "text 2 of 3: no target 'a', 'b' in this model; .*"),
            ([OTHER], {"asked": [["Turkey"]], "targets": ["china=Chine"]}, "text 0 of 1: no target 'Turkey' .*; it has china, turkey; .*"),
            ([OTHER], {"asked": [[3, ["turkey"]]]}, r"text 0 of 1: no target 3, \['turkey'\] in this model; it has turkey; .*"),
        ],
    )
    def test_an_unknown_target_is_told_with_its_text_and_those_that_are_known(
        self, small_model: Model, texts: Any, options: dict[str, Any], told: str
    ) -> None:
        with pytest.raises(ParameterError, match=f"^{told}$"):
            small_model.predict(texts, **options)

    def test_a_new_target_may_be_asked_for_with_or_without_aliases(self, small_model: Model) -> None:
        for target in ("china=Chine", Target("china")):
            towards = small_model.predict([OTHER, OTHER], targets=[target], asked=[["china"], []])
            assert [list(p.stances) for p in towards] == [["china"], []]
        assert list(small_model.predict(OTHER, asked=np.array(["turkey"])).stances) == ["turkey"]

    @given(st.sets(st.sampled_from(["turkey", "china"]) | st.text(max_size=3)))
    def test_what_is_asked_for_is_answered_or_refused(self, small_model: Model, ids: set[str]) -> None:
        if ids <= {"turkey", "china"}:
            assert set(small_model.predict(OTHER, asked=ids, targets=["china=Chine"]).stances) == ids
        else:
            with pytest.raises(ParameterError) as raised:
                small_model.predict(OTHER, asked=ids, targets=["china=Chine"])
            assert all(repr(unknown) in str(raised.value) for unknown in ids - {"turkey", "china"})

    def test_new_targets_are_found_by_their_aliases(self, small_model: Model) -> None:
        target = Target("china", aliases=("Chine", "Pékin"))
        for given_targets in ([target], ["china=Chine,Pékin"], iter([target])):
            towards = small_model.predict(CHINESE, targets=given_targets).stances
            assert list(towards) == ["china"]
            assert [CHINESE[start:end] for start, end in towards["china"].mentions] == ["Chine", "Pékin"]
        assert small_model.predict(CHINESE).stances == {}
        assert small_model.target_ids == ("turkey",)

    def test_a_new_target_of_a_known_id_replaces_it(self, small_model: Model) -> None:
        assert list(small_model.predict(TEXT, targets=["turkey=Chine"]).stances) == []

    def test_a_bad_definition_is_refused(self, small_model: Model) -> None:
        with pytest.raises(ParameterError, match="is not of the form id=Alias,Alias"):
            small_model.predict(TEXT, targets=["Chine"])


class TestArticles:
    @settings(max_examples=30)
    @given(st.lists(composed_texts(), max_size=5).map("\n\n".join))
    def test_paragraphs_are_predicted_one_by_one(self, shipped_model: Model, article: str) -> None:
        found = shipped_model.predict_article(article)
        assert len(found.texts) == len(found.offsets) == len(found.paragraphs)
        for text, offset, prediction in zip(found.texts, found.offsets, found.paragraphs, strict=True):
            assert article[offset:].split()[: len(text.split())] == text.split()
            assert_alike(prediction, shipped_model.predict(text))
        assert list(found.topic_shares) == list(shipped_model.topic_ids)

    def test_headline_and_targets_serve_every_paragraph(self, small_model: Model) -> None:
        found = small_model.predict_article(f"{CHINESE}\n\n{CHINESE}", headline="Aide", targets=["china=Chine"])
        assert [list(p.stances) for p in found.paragraphs] == [["china"], ["china"]]
        assert found.stances["china"] == {**dict.fromkeys(STANCES, 0), found.paragraphs[0].stances["china"].stance: 2}

    def test_an_empty_article_has_no_paragraphs(self, small_model: Model) -> None:
        found = small_model.predict_article(" \n\n")
        assert (found.texts, found.paragraphs, found.topics, found.stances) == ((), (), (), {})
        assert set(found.topic_shares.values()) == {0.0}

    def test_answered_paragraphs_are_counted(self) -> None:
        def said(*topics: str, **stances: str) -> Prediction:
            return Prediction(topics, {}, {target: StancePrediction(stance, {}) for target, stance in stances.items()})

        silent = Prediction((), {}, {}, None, "too_short")
        predictions = [
            said("a", "b", x="favor"),
            said("a", x="against", y="neutral"),
            said("a", x="favor"),
            said("a"),
            said("a", "c"),
            silent,
        ]
        found = aggregate(["…"] * 6, range(6), predictions, ["a", "b", "c", "d"])
        assert found.topic_shares == {"a": 1.0, "b": 0.2, "c": 0.2, "d": 0.0}
        assert found.topics == ("a",)
        assert found.stances == {"x": {"favor": 2, "against": 1, "neutral": 0}, "y": {"favor": 0, "against": 0, "neutral": 1}}

    def test_without_a_topic_in_a_quarter_the_most_frequent_is_the_articles(self) -> None:
        predictions = [Prediction((topic,) if topic else (), {}) for topic in ("a", "b", "b", *[""] * 9)]
        assert aggregate(["…"] * 12, range(12), predictions, ["a", "b"]).topics == ("b",)
        assert aggregate(["…"], [0], [Prediction((), {})], ["a"]).topics == ()
