"""Stance: the view from a target, features of the lexicon with negation, the three-way classifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from strategies import any_texts, composed_texts

from sahel_classify import InputError, NotTrainedError, ParameterError, StanceClassifier, Target
from sahel_classify.analysis import analyze
from sahel_classify.lexicon import STANCES, Lexicon, LexiconEntry
from sahel_classify.mentions import MentionFinder
from sahel_classify.stance_features import lexicon_feature_names, lexicon_features, lexicon_hits, located_terms
from sahel_classify.stance_view import SURFACE, StanceView, stance_view
from sahel_classify.text import words
from sahel_classify.training.calibration import stance_weights
from sahel_classify.training.stance_fitting import fit_stance_features

FINDER = MentionFinder(
    (Target("france", aliases=("Paris", "la France")), Target("aes", aliases=("Bamako",)), Target("x", aliases=("Wagner",)))
)
LEXICON = Lexicon(
    [
        LexiconEntry("salue", "fr", "favor", 2),
        LexiconEntry("praised", "en", "favor", 1),
        LexiconEntry("pillage", "both", "against", 3),
        LexiconEntry("communiqué", "fr", "neutral", 2),
        LexiconEntry("guerre froide", "fr", "favor", -1),
    ],
    STANCES,
)


def view_of(text: str, target: str = "france", language: str = "fr") -> StanceView:
    return stance_view(analyze(text, language), FINDER.find(text), target)


class TestView:
    def test_masks_the_target_and_the_others(self) -> None:
        view = view_of("Bamako accuse la France. Wagner se tait, Paris aussi.")
        assert view.words == ("OTHER", "accuse", "TARGET", "OTHER", "se", "tait", "TARGET", "aussi")
        assert view_of("Bamako accuse la France.", "aes").words == ("TARGET", "accuse", "OTHER")
        assert view_of("Bamako accuse la France.", "unknown").words == ("OTHER", "accuse", "OTHER")

    def test_counts_words_from_the_nearest_mention(self) -> None:
        view = view_of("Bamako accuse Paris de mentir, Paris nie.")
        assert list(zip(view.words, view.distance, strict=True)) == [
            ("OTHER", -2),
            ("accuse", -1),
            ("TARGET", 0),
            ("de", 1),
            ("mentir", -1),
            ("TARGET", 0),
            ("nie", 1),
        ]

    def test_another_sentence_is_far(self) -> None:
        assert view_of("Il pleut. Paris nie. Bamako dort.").distance == (-99, -99, 0, 1, 99, 99)
        assert set(view_of("Il pleut. Bamako dort.").distance) == {99}

    def test_a_sentence_that_mentions_the_target_is_not_far(self) -> None:
        view = view_of("Il faut aller à Paris. Hier encore une lettre de Paris le disait.")
        assert view.distance[5:10] == (-5, -4, -3, -2, -1)

    def test_spans_are_those_of_the_text(self) -> None:
        text = "Hier, la  France\u00a0: « non ! »"
        view = view_of(text)
        assert [text[start:end] for start, end in view.spans] == ["Hier", "la  France", "non"]

    @given(any_texts() | composed_texts(), st.sampled_from(["france", "aes", "x", "none"]))
    def test_keeps_every_word_outside_mentions(self, text: str, target: str) -> None:
        mentions = FINDER.find(text)
        view = view_of(text, target)
        assert len(view.words) == len(view.distance) == len(view.spans)
        assert view.words.count("TARGET") == sum(m.target == target for m in mentions)
        assert view.words.count("OTHER") == sum(m.target != target for m in mentions)
        inside = {i for m in mentions for i in range(m.first_word, m.end_word)}
        assert [w for w in view.words if w not in {"TARGET", "OTHER"}] == [w for i, w in enumerate(words(text)) if i not in inside]
        assert all(word == "TARGET" for word, distance in zip(view.words, view.distance, strict=True) if distance == 0)

    def test_terms_by_side_and_nearness(self) -> None:
        terms = [term for term, _ in located_terms(view_of("Bamako accuse Paris"))["side"]]
        assert terms == ["<OTHER", "<~OTHER", "<near OTHER", "<2 OTHER", "<accuse", "<~accuse", "<near accuse", "<1 accuse"]

    def test_terms_of_the_paragraph_are_words_and_stems(self) -> None:
        located = located_terms(view_of("Bamako accusera Paris"))["paragraph"]
        assert located == [("OTHER", 0), ("~OTHER", 0), ("accusera", 1), ("~accuse", 1), ("TARGET", 2), ("~TARGET", 2)]

    def test_surface_counts_marks_and_words(self) -> None:
        assert dict(zip(SURFACE, view_of("Paris ? « Non ! » Non !").surface, strict=True)) == {
            "exclamation marks a word": 2 / 3,
            "question marks a word": 1 / 3,
            "quotes": 1.0,
            "hundreds of words": 0.03,
        }
        assert view_of("", "x").surface == (0.0, 0.0, 0.0, 0.0)


class TestLexiconFeatures:
    def hits(self, text: str, language: str = "fr") -> list[tuple[str, float]]:
        return [(STANCES[column], weight) for _, _, column, weight in lexicon_hits(view_of(text, language=language), LEXICON)]

    def test_terms_speak_for_their_stance(self) -> None:
        assert self.hits("Le ministre salue Paris") == [("favor", 2.0)]
        assert self.hits("le pillage, dit un communiqué, en guerre froide") == [("against", 3.0), ("neutral", 2.0), ("favor", -1.0)]

    @pytest.mark.parametrize(
        "text", ["Il ne salue pas Paris", "Jamais Bamako ne salue Paris", "sans que nul ne salue Paris", "Il n'en salue rien"]
    )
    def test_negation_turns_favor_and_against_with_half_the_weight(self, text: str) -> None:
        assert self.hits(text) == [("against", 1.0)]

    def test_negation_of_the_other_kinds(self) -> None:
        assert self.hits("aucun pillage") == [("favor", 1.5)]
        assert self.hits("ni guerre froide") == [("against", -0.5)]
        assert self.hits("sans communiqué") == [("neutral", 2.0)]
        assert self.hits("Nobody ever praised it", "en") == [("favor", 1.0)]
        assert self.hits("They never praised it", "en") == [("against", 0.5)]

    def test_negation_reaches_four_words(self) -> None:
        assert self.hits("pas un deux trois salue") == [("against", 1.0)]
        assert self.hits("pas un deux trois quatre salue") == [("favor", 2.0)]

    def test_are_damped_sums_by_side_and_distance(self) -> None:
        names = lexicon_feature_names()
        values = dict(zip(names, lexicon_features(view_of("Il salue Paris. Un pillage."), LEXICON), strict=True))
        present = {name.removeprefix("lexicon "): value for name, value in values.items() if value}
        log3, log4 = np.log1p(2), np.log1p(3)
        distant = np.log1p(2 / 1.2), np.log1p(3 / 7)
        assert present == pytest.approx(
            {
                **dict.fromkeys(["all:favor", "sentence:favor", "before:favor", "near before:favor", "strongest:favor"], log3),
                **dict.fromkeys(["sentence:favor-against", "before:favor-against", "near before:favor-against"], log3),
                **dict.fromkeys(["all:against", "strongest:against"], log4),
                **dict.fromkeys(["all:favor-against", "strongest:favor-against"], log3 - log4),
                "by distance:favor": distant[0],
                "by distance:against": distant[1],
                "by distance:favor-against": distant[0] - distant[1],
            }
        )


class TestFeatures:
    texts = ("Bamako accuse Paris.", "Le ministre salue Paris.", "Paris publie un communiqué.", "Le pillage de Paris.")

    def test_a_target_not_seen_in_training_has_no_column_and_is_answered(self) -> None:
        views = [view_of(text, target) for text in self.texts for target in ("france", "aes")]
        features = fit_stance_features(views, LEXICON, min_df=1)
        assert features.targets == ("aes", "france")
        known, other = view_of("Bamako accuse Paris.", "aes"), view_of("Wagner accuse Paris.", "x")
        rows = features.rows([known, other])
        assert rows.n_columns == len(features.names())
        dense = rows.to_scipy().toarray()
        names = features.names()
        own = [i for i, name in enumerate(names) if name.startswith(("aes: ", "france: ", "target "))]
        assert {names[i] for i in np.flatnonzero(dense[0]) if i in own} == {
            "target aes", "aes: TARGET", "aes: ~TARGET", "aes: accuse", "aes: ~accuse", "aes: OTHER", "aes: ~OTHER"
        }  # fmt: skip
        assert not dense[1, own].any()
        # But for those columns, both see the same words from the same side.
        shared = np.setdiff1d(np.arange(len(names)), own)
        assert dense[0, shared].tolist() == dense[1, shared].tolist()

    def test_no_view_gives_no_row(self) -> None:
        features = fit_stance_features([view_of(text) for text in self.texts], LEXICON, min_df=1)
        rows = features.rows([])
        assert (len(rows), rows.n_columns) == (0, len(features.names()))


X = np.array([[1.0, 0.0, 0.1], [0.0, 1.0, 0.0], [0.2, 0.2, 1.0]] * 8)
Y = list(STANCES) * 8


class TestClassifier:
    @settings(max_examples=15)
    @given(st.integers(1, 12), st.integers(0, 2**16), st.booleans())
    def test_probabilities_sum_to_1_and_the_weighted_largest_is_predicted(self, n: int, seed: int, grouped: bool) -> None:
        generator = np.random.default_rng(seed)
        features = generator.random((n, 3)) * (generator.random((n, 3)) < 0.7)
        stances = [STANCES[i] for i in generator.integers(0, 3, n)]
        groups = [str(g) for g in generator.integers(0, 3, n)] if grouped else None
        classifier = StanceClassifier(C=0.3).fit(features, stances, groups=groups)
        p = classifier.predict_proba(features)
        assert ((p >= 0) & (p <= 1)).all()
        assert p.sum(axis=1) == pytest.approx(1.0)
        assert classifier.out_of_fold_.sum(axis=1) == pytest.approx(1.0)
        assert classifier.predict(features) == [STANCES[i] for i in (p * classifier.decision_weights_).argmax(axis=1)]

    def test_learns_what_tells_the_stances_apart(self) -> None:
        assert StanceClassifier().fit(X, Y).predict(X[:3]) == list(STANCES)

    def test_decision_weights_are_applied(self) -> None:
        classifier = StanceClassifier().fit(X, Y)
        for column, stance in enumerate(STANCES):
            classifier.decision_weights_ = np.eye(3)[column]
            assert classifier.predict(X[:3]) == [stance] * 3

    def test_groups_are_not_split(self) -> None:
        features, stances = np.repeat(np.eye(18), 4, axis=0), [STANCES[i // 4 % 3] for i in range(72)]
        groups = [str(i // 4) for i in range(72)]
        truth = [STANCES.index(s) for s in stances]
        alone = StanceClassifier(C=10.0).fit(features, stances).out_of_fold_
        together = StanceClassifier(C=10.0).fit(features, stances, groups=groups).out_of_fold_
        assert alone.argmax(axis=1).tolist() == truth
        # One row of probabilities a fold: those of a model that knows none of the features.
        assert len(np.unique(together.round(9), axis=0)) <= 5

    def test_clone_forgets_the_fit(self) -> None:
        copy = clone(StanceClassifier(C=1.0).fit(X, Y))
        assert repr(copy) == "StanceClassifier(C=1.0)"
        with pytest.raises(NotTrainedError, match="StanceClassifier is not fitted yet"):
            copy.predict_proba(X)

    @pytest.mark.parametrize(
        ("stances", "told"), [(Y[:2], "X has 24 rows and y 2"), (["pour", *Y[1:]], "stances 'pour' are not among favor")]
    )
    def test_what_is_no_stance_is_refused(self, stances: Sequence[str], told: str) -> None:
        with pytest.raises(ParameterError, match=told):
            StanceClassifier().fit(X, stances)

    def test_foreign_features_are_refused(self) -> None:
        fitted: Any = StanceClassifier().fit(X, Y)
        with pytest.raises(InputError, match="X has 1 features, the classifier was fitted on 3"):
            fitted.predict(X[:, :1])

    def test_weights_of_sure_probabilities_change_no_prediction(self) -> None:
        weights = stance_weights(np.eye(3)[[0, 1, 2] * 4], np.array([0, 1, 2] * 4))
        assert (np.eye(3) * weights).argmax(axis=1).tolist() == [0, 1, 2]
        assert weights[2] == 1.0
