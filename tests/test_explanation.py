"""Explanations: contributions that sum to the decision value, and their places in the text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import RECORDS
from strategies import any_texts, composed_texts

from sahel_classify import Explanation, Model, ParagraphVectorizer, ParameterError, Target, TopicClassifier, train
from sahel_classify.analysis import analyze
from sahel_classify.features import DenseScaler, ParagraphFeatures, lexicon_matrix
from sahel_classify.lexicon import Lexicon, LexiconEntry
from sahel_classify.mentions import MentionFinder

TOPICS = ("diplomacy", "health", "mines")
STANCE_TEXT = "Le ministre a salué l'aide de la Turquie, mais il ne dénonce pas le pillage."


@pytest.fixture(scope="module")
def letters_model() -> Model:
    """A model of all blocks of the vectoriser, the lexicon, and headlines."""
    texts = [analyze(record["text"], "fr") for record in RECORDS]
    entries = [LexiconEntry("mine d'or", "fr", "mines", 3), LexiconEntry("or", "fr", "mines", 1), LexiconEntry("or", "fr", "health", -1)]
    lexicon = Lexicon(entries, TOPICS)
    vectorizer = ParagraphVectorizer(char_ngrams=(2, 4), min_df=1).fit([text.text for text in texts])
    raw = lexicon_matrix(lexicon, texts)
    features = ParagraphFeatures(vectorizer, lexicon, DenseScaler.fit(raw, 0.1), DenseScaler.fit(raw, 0.05))
    topics = [record["topics"] for record in RECORDS]
    classifier = TopicClassifier(C=1.0).fit(features.rows(texts, texts), topics, classes=TOPICS)
    return Model(features, classifier, MentionFinder(()), None, None)


def assert_adds_up(explanation: Explanation, text: str) -> None:
    """The contributions sum to the decision value, each feature stands once, and each place lies in the text."""
    total = sum(contribution.value for contribution in explanation.contributions)
    assert total == pytest.approx(explanation.decision, abs=1e-6)
    features = [contribution.feature for contribution in explanation.contributions]
    assert len(features) == len(set(features))
    assert "(baseline)" in features
    sizes = [abs(contribution.value) for contribution in explanation.contributions]
    assert sizes == sorted(sizes, reverse=True)
    for contribution in explanation.contributions:
        assert all(0 <= start < end <= len(text) for start, end in contribution.spans)


class TestTopics:
    @settings(max_examples=50)
    @given(composed_texts() | any_texts(), st.none() | composed_texts(), st.data())
    def test_contributions_sum_to_the_decision_value(
        self, shipped_model: Model, text: str, headline: str | None, data: st.DataObject
    ) -> None:
        topic = data.draw(st.sampled_from(shipped_model.topic_ids))
        explanation = shipped_model.explain(text, topic=topic, headline=headline)
        assert_adds_up(explanation, text)
        prediction = shipped_model.predict(text, headlines=headline)
        assert explanation.probability == pytest.approx(prediction.topic_probabilities[topic], abs=1e-9)
        assert explanation.probability == pytest.approx(1 / (1 + np.exp(-explanation.decision)), abs=1e-9)
        if prediction.abstained is None:
            assert (topic in prediction.topics) == (explanation.probability >= explanation.threshold)

    @given(composed_texts() | any_texts(), st.none() | st.just("La mine d'or"), st.sampled_from(TOPICS))
    def test_of_letters_lexicon_and_headline_too(self, letters_model: Model, text: str, headline: str | None, topic: str) -> None:
        assert_adds_up(letters_model.explain(text, topic=topic, headline=headline), text)

    @given(composed_texts())
    def test_of_exclusive_topics_too(self, letters_model: Model, text: str) -> None:
        topics = letters_model.topics
        assert topics is not None
        exclusive = TopicClassifier(exclusive=True)
        exclusive.classes_, exclusive.coef_, exclusive.intercept_ = topics.classes_, topics.coef_, topics.intercept_
        exclusive.thresholds_ = np.zeros(3)
        explanation = Model(letters_model.features, exclusive, letters_model.mentions, None, None).explain(text, topic="mines")
        assert_adds_up(explanation, text)
        assert 0 <= explanation.probability <= 1
        assert np.isnan(explanation.threshold)

    @pytest.mark.parametrize("exclusive", [False, True])
    def test_a_threshold_is_told_where_one_decides(self, lexicon_file: Path, exclusive: bool) -> None:
        explanation = train(lexicon=lexicon_file, exclusive=exclusive).explain("La mine d'or rouvre.", topic="mines")
        assert explanation.threshold == pytest.approx(float("nan") if exclusive else 0.5, nan_ok=True)

    def test_a_place_is_where_the_feature_stands(self, letters_model: Model) -> None:
        text = "L'Or ! La mine d’or, les mineurs et l'or."
        spans = {c.feature: c.spans for c in letters_model.explain(text, topic="mines").contributions}
        cut = {feature: [text[start:end] for start, end in places] for feature, places in spans.items()}
        assert cut["or"] == ["Or", "or", "or"]
        assert cut["d or"] == ["d’or"]
        assert cut['lexicon "mine d or"'] == ["mine d’or"]
        assert cut['lexicon "or"'] == ["Or", "or"]
        assert cut["letters of mineurs"] == ["mineurs"]
        assert cut["(baseline)"] == []

    def test_a_headline_has_no_place_in_the_text(self, letters_model: Model) -> None:
        told = letters_model.explain("La mine d'or ferme.", topic="mines", headline="Une mine d'or")
        assert [c.spans for c in told.contributions if c.feature == 'headline "mine d or"'] == [()]

    def test_an_expert_term_speaks_for_its_topic(self, letters_model: Model) -> None:
        values = {c.feature: c.value for c in letters_model.explain("La mine d'or est fermée.", topic="mines").contributions}
        assert values['lexicon "mine d or"'] > 0
        against = {c.feature: c.value for c in letters_model.explain("Voici de l'or pur.", topic="health").contributions}
        assert against['lexicon "or"'] < 0

    def test_a_text_without_a_known_word_is_its_baseline(self, letters_model: Model) -> None:
        explanation = letters_model.explain("… !", topic="mines")
        assert [(c.feature, c.value) for c in explanation.contributions] == [("(baseline)", pytest.approx(explanation.decision))]


class TestStances:
    @settings(max_examples=50)
    @given(composed_texts() | any_texts(), st.data())
    def test_contributions_sum_to_the_decision_value(self, shipped_model: Model, text: str, data: st.DataObject) -> None:
        target = data.draw(st.sampled_from(shipped_model.target_ids))
        explanation = shipped_model.explain(text, stance=target)
        assert_adds_up(explanation, text)
        prediction = shipped_model.predict(text, asked=[target])
        if prediction.abstained is None:
            said = prediction.stances[target]
            assert explanation.label == f"{target}={said.stance}"
            assert explanation.probability == pytest.approx(said.probabilities[said.stance], abs=1e-9)

    @settings(max_examples=50)
    @given(
        st.lists(st.sampled_from(["salué", "dénonce", "le pillage", "ne", "Ankara", "fiable", "la Turquie", "."]), max_size=14).map(
            " ".join
        )
    )
    def test_of_repeated_and_negated_terms_too(self, small_model: Model, text: str) -> None:
        assert_adds_up(small_model.explain(text, stance="turkey"), text)

    def test_lexicon_terms_are_named_with_the_stance_they_speak_for(self, small_model: Model) -> None:
        contributions = small_model.explain(STANCE_TEXT, stance="turkey").contributions
        cut = {c.feature: [STANCE_TEXT[start:end] for start, end in c.spans] for c in contributions}
        assert cut['lexicon favor "salue"'] == ["salué"]
        # "ne … pas" turns both terms round.
        assert cut['lexicon favor "denonce"'] == ["dénonce"]
        assert cut['lexicon favor "pillage"'] == ["pillage"]
        assert cut["target turkey"] == []

    def test_of_a_new_target(self, small_model: Model) -> None:
        text = "Le ministre a salué l'aide de la Chine."
        explanation = small_model.explain(text, stance="china", targets=[Target("china", aliases=("Chine",))])
        assert_adds_up(explanation, text)
        assert explanation.label.startswith("china=")
        assert np.isnan(explanation.threshold)
        assert "target turkey" not in [c.feature for c in explanation.contributions]


class TestRefusals:
    def test_exactly_one_of_topic_and_stance_is_asked_for(self, small_model: Model) -> None:
        for both in ({}, {"topic": "mines", "stance": "turkey"}):
            with pytest.raises(ParameterError, match="give either topic=… or stance=…"):
                small_model.explain("La mine ferme.", **both)

    def test_what_the_model_does_not_know_is_told_with_what_it_knows(self, small_model: Model, letters_model: Model) -> None:
        with pytest.raises(ParameterError, match="no topic 'gold' in this model; it has mines, health, diplomacy"):
            small_model.explain("La mine ferme.", topic="gold")
        with pytest.raises(ParameterError, match="no target 'china' in this model; it has turkey; add others with targets="):
            small_model.explain("La mine ferme.", stance="china")
        with pytest.raises(ParameterError, match="this model has no stances"):
            letters_model.explain("La mine ferme.", stance="turkey", targets=["turkey=Ankara"])
        stances_alone = Model(None, None, small_model.mentions, small_model.stance_features, small_model.stances)
        with pytest.raises(ParameterError, match="this model has no topics"):
            stances_alone.explain("La mine ferme.", topic="mines")
