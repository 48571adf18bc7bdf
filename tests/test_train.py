"""Training: from every kind of source, with few labels, and what it refuses."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import LEXICON, RECORDS

from sahel_classify import LabelError, LabelledParagraph, Model, ParameterError, read_labels, train
from sahel_classify.labels.folds import groups_of
from sahel_classify.sparse import SparseRows
from sahel_classify.training.linear import C_GRID, choose_C, fit_one_vs_rest, to_csr

MINE = "La société minière exporte l'or de la mine de Kadiolo."
PRAISE = "Le ministre a salué l'aide généreuse de la Turquie."
CLINIC = "Les infirmières de l'hôpital régional manquent de vaccins contre la rougeole."


# Terms of one topic, by weight.
GRADED = {"mild1": 1, "mild2": 1, "mild3": 1, "mild4": 1, "strong1": 2, "strong2": 2, "decisive": 3, "against1": -1, "contrary": -2}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Trained from the word list `GRADED` alone."""
    path = tmp_path_factory.mktemp("graded") / "terms.tsv"
    path.write_text("".join(f"{term}\tboth\tmines\t{weight}\n" for term, weight in GRADED.items()), encoding="utf-8")
    return train(lexicon=path)


@pytest.fixture(scope="module")
def from_records() -> Model:
    """Trained from dictionaries, without a lexicon."""
    return train(RECORDS)


def assert_learned(model: Model) -> None:
    assert [model.predict(text).topics for text in (MINE, CLINIC)] == [("mines",), ("health",)]


class TestSources:
    def test_dictionaries(self, from_records: Model) -> None:
        assert from_records.topic_ids == ("diplomacy", "health", "mines")
        assert from_records.target_ids == ("turkey",)
        assert from_records.metadata["paragraphs"] == 34
        assert from_records.metadata["languages"] == {"en": 7, "fr": 27}
        assert_learned(from_records)

    def test_paragraphs_and_generators(self, from_records: Model) -> None:
        model = train(LabelledParagraph.from_dict(record) for record in RECORDS)
        assert model.metadata == from_records.metadata
        assert_learned(model)

    def test_pandas(self, from_records: Model) -> None:
        pandas = pytest.importorskip("pandas")
        model = train(pandas.DataFrame(RECORDS))
        assert model.metadata["fingerprint"] == from_records.metadata["fingerprint"]
        assert_learned(model)

    def test_polars(self, from_records: Model) -> None:
        polars = pytest.importorskip("polars")
        model = train(polars.DataFrame(RECORDS))
        assert model.metadata["fingerprint"] == from_records.metadata["fingerprint"]
        assert_learned(model)

    def test_folder(self, small_model: Model, small_labels: Path) -> None:
        assert small_model.topic_ids == ("mines", "health", "diplomacy")
        assert small_model.metadata["fingerprint"] == read_labels(small_labels).fingerprint()
        assert small_model.metadata["lexicon_entries"] == len(LEXICON.splitlines())
        assert_learned(small_model)

    def test_records_with_a_lexicon_beside_them(self, lexicon_file: Path) -> None:
        model = train(RECORDS, lexicon=lexicon_file)
        assert model.features is not None
        assert model.features.lexicon is not None
        assert model.topic_ids == ("diplomacy", "health", "mines")
        assert_learned(model)

    def test_several_sources_are_joined(self, from_records: Model) -> None:
        assert train(RECORDS[:20], RECORDS[20:]).metadata["fingerprint"] == from_records.metadata["fingerprint"]


class TestWordLists:
    def test_alone_give_topics(self, lexicon_file: Path) -> None:
        model = train(lexicon=lexicon_file)
        assert model.topic_ids == ("diplomacy", "health", "mines")
        assert (model.stances, model.metadata["paragraphs"]) == (None, 0)
        found = model.predict(
            ["La mine d'or ferme, le gisement s'épuise.", "La vaccination contre le choléra commence.", "Le ciel est bleu."]
        )
        assert [p.topics for p in found] == [("mines",), ("health",), ()]
        assert train(lexicon_file).predict(MINE) == model.predict(MINE)

    def test_more_evidence_is_more_probable(self, lexicon_file: Path) -> None:
        model = train(lexicon=lexicon_file)
        texts = [
            "Le ciel est bleu.",
            "Un peu d'or, c'est tout.",
            "Une société minière, c'est tout.",
            "Une société minière et son gisement.",
        ]
        values = [p.topic_probabilities["mines"] for p in model.predict(texts)]
        assert values == sorted(set(values))
        assert model.predict("Une société minière.").topic_probabilities["diplomacy"] < 0.05

    @pytest.mark.parametrize(
        ("terms", "least", "most"),
        [
            ("", 0.005, 0.02),
            ("mild1", 0.05, 0.2),
            ("mild1 mild2", 0.2, 0.4),
            ("mild1 mild2 mild3", 0.45, 0.55),
            ("mild1 mild1 mild1", 0.45, 0.55),
            ("mild1 mild2 mild3 mild4", 0.55, 0.8),
            ("strong1", 0.3, 0.45),
            ("strong1 strong2", 0.7, 0.85),
            ("strong1 mild1", 0.5, 0.7),
            ("decisive", 0.65, 0.85),
            ("decisive mild1", 0.8, 0.95),
            ("decisive decisive", 0.9, 0.99),
            ("decisive contrary", 0.1, 0.3),
            ("contrary", 0.0, 0.01),
            ("against1", 0.0, 0.01),
            ("strong1 contrary", 0.0, 0.05),
        ],
    )
    def test_weights_mean_what_they_are_said_to_mean(self, graded: Model, terms: str, least: float, most: float) -> None:
        """3 is nearly decisive, 2 is half of enough, 1 a third; -2 takes a 2 back."""
        prediction = graded.predict(f"Voici le texte : {terms}.")
        assert least <= prediction.topic_probabilities["mines"] <= most
        assert prediction.topics == (("mines",) if prediction.topic_probabilities["mines"] >= 0.5 else ())

    @given(st.lists(st.sampled_from(list(GRADED)), max_size=6), st.lists(st.sampled_from([term for term in GRADED if GRADED[term] > 0])))
    def test_more_terms_for_a_topic_never_make_it_less_probable(self, graded: Model, terms: list[str], more: list[str]) -> None:
        fewer, all_of_them = graded.predict([f"Voici le texte : {' '.join(listed)}." for listed in (terms, terms + more)])
        assert all_of_them.topic_probabilities["mines"] >= fewer.topic_probabilities["mines"] - 1e-12

    @given(st.lists(st.sampled_from([term for term in GRADED if GRADED[term] > 0]), max_size=5))
    def test_a_2_and_a_minus_2_more_change_nothing_where_a_2_stands(self, graded: Model, terms: list[str]) -> None:
        text = " ".join(["Voici le texte : strong1", *terms])
        one, other = graded.predict([text, f"{text} strong2 contrary"])
        assert one.topic_probabilities["mines"] == pytest.approx(other.topic_probabilities["mines"], abs=1e-12)

    def test_exclusive_probabilities_sum_to_1(self, lexicon_file: Path) -> None:
        prediction = train(lexicon=lexicon_file, exclusive=True).predict("La mine d'or rouvre.")
        assert prediction.topics == ("mines",)
        assert sum(prediction.topic_probabilities.values()) == pytest.approx(1.0)

    def test_of_stances_alone_are_not_enough(self, tmp_path: Path) -> None:
        (tmp_path / "a.tsv").write_text("salue\tfr\tfavor\t2\n", encoding="utf-8")
        with pytest.raises(LabelError, match="neither a topic nor a stance"):
            train(lexicon=tmp_path / "a.tsv")


class TestFewLabels:
    def test_exclusive_topics(self) -> None:
        model = train(RECORDS, exclusive=True)
        for text in (MINE, CLINIC, "Le pays de la ville est dans la route."):
            prediction = model.predict(text)
            assert len(prediction.topics) == 1
            assert sum(prediction.topic_probabilities.values()) == pytest.approx(1.0)
        assert_learned(model)

    def test_25_paragraphs_are_enough(self) -> None:
        model = train(RECORDS[:25])
        assert model.topic_ids == ("diplomacy", "health", "mines")
        p = model.predict(MINE).topic_probabilities
        assert max(p, key=p.__getitem__) == "mines"

    @pytest.mark.filterwarnings("ignore:no contrast")
    @pytest.mark.parametrize("n", [1, 2, 3])
    def test_a_handful_of_paragraphs_gives_probabilities(self, n: int) -> None:
        chosen = [RECORDS[i] for i in (0, 8, 16)[:n]]
        model = train([{key: value for key, value in record.items() if key != "stances"} for record in chosen])
        assert all(0 < p < 1 for p in model.predict(MINE).topic_probabilities.values())

    def test_one_group_cannot_be_split_and_gives_probabilities(self) -> None:
        model = train([record | {"group": "one"} for record in RECORDS])
        assert all(0 < p < 1 for p in model.predict(MINE).topic_probabilities.values())

    def test_topics_without_stances(self) -> None:
        model = train([{key: record[key] for key in ("id", "text", "topics")} for record in RECORDS])
        assert (model.stances, model.target_ids) == (None, ())
        assert model.predict(PRAISE).stances == {}
        with pytest.raises(ParameterError, match="text 0 of 1: no target 'turkey' in this model; it has none; train it on stances"):
            model.predict(MINE, asked=["turkey"])

    def test_stances_without_topics(self) -> None:
        model = train([{key: record[key] for key in ("id", "text", "stances")} for record in RECORDS])
        assert (model.topics, model.topic_ids) == (None, ())
        prediction = model.predict("Le ministre a salué la Turquie, un partenaire fiable.", asked=["turkey"])
        assert prediction.topic_probabilities == {}
        assert prediction.stances["turkey"].stance == "favor"

    def test_a_target_without_alias_is_answered_when_asked_for(self, from_records: Model) -> None:
        text = "Honte à ce pays, complice du pillage !"
        assert from_records.predict(text).stances == {}
        towards = from_records.predict(text, asked=["turkey"]).stances["turkey"]
        assert sum(towards.probabilities.values()) == pytest.approx(1.0)
        assert towards.mentions == ()

    def test_a_topic_without_contrast_warns_and_is_constant(self) -> None:
        with pytest.warns(UserWarning, match="no contrast to learn from for all: the labels give it to no or to every paragraph"):
            model = train([record | {"topics": [*record["topics"], "all"]} for record in RECORDS])
        values = [p.topic_probabilities["all"] for p in model.predict([MINE, CLINIC])]
        assert values[0] == values[1] > 0.9

    def test_labels_with_contrast_do_not_warn(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert_learned(train(RECORDS))


class TestRefusals:
    @pytest.mark.parametrize(
        ("sources", "told"),
        [
            ([], "no labelled paragraph and no lexicon line was found"),
            ([[]], "no labelled paragraph and no lexicon line was found"),
            ([[{"id": "a", "text": "La mine."}]], "neither a topic nor a stance; annotate at least one paragraph or give a lexicon"),
            ([[{"id": "a", "text": "La mine.", "topics": []}]], "neither a topic nor a stance"),
            ([RECORDS, RECORDS[:1]], "the id 'm0' stands twice"),
            ([b"labels"], "bytes is no source of labels; give a path, records or a data frame"),
            (["none.jsonl"], "none.jsonl: no such file or folder"),
            ([[{"id": f"{i}", "text": "Ankara.", "stances": {"turkey": "favor"}} for i in range(3)]], "all 3 stances are 'favor'"),
            ([[{"id": "a", "text": "La mine.", "topics": "mines"}]], 'record 1: "topics" of a is no list'),
        ],
    )
    def test_labels_that_teach_nothing(self, sources: list[Any], told: str) -> None:
        with pytest.raises(LabelError, match=told):
            train(*sources)

    @pytest.mark.parametrize("topics", [[], ["mines", "health"]])
    def test_exclusive_with_other_than_one_topic(self, topics: list[str]) -> None:
        labels = [record | {"topics": topics} if record["id"] == "m3" else record for record in RECORDS]
        named = " (mines, health)" if topics else ""
        told = f"exclusive training needs exactly one topic a paragraph; m3 has {len(topics)}{named}; give it one, "
        told += "leave the paragraph out, or train without exclusive"
        with pytest.raises(ParameterError) as raised:
            train(labels, exclusive=True)
        assert str(raised.value) == f"record 4: {told}"
        with pytest.raises(ParameterError) as raised:
            train([LabelledParagraph(r["id"], r["text"], topics=tuple(r["topics"])) for r in labels], exclusive=True)
        assert str(raised.value) == f"labels: {told}"


class TestFitting:
    features = np.random.default_rng(0).random((300, 400))
    labels = np.random.default_rng(1).random((300, 8)) < 0.5

    def rows(self) -> Any:
        n, k = self.features.shape
        return to_csr(SparseRows(np.arange(n + 1) * k, np.tile(np.arange(k), n), self.features.ravel(), k))

    def test_the_same_data_and_seed_give_the_same_weights(self) -> None:
        """Columns are fitted side by side: what one draws must not depend on when the others draw."""
        X = self.rows()
        fits = [fit_one_vs_rest(X, self.labels, 0.03, seed=0)[0] for _ in range(8)]
        assert all((fit == fits[0]).all() for fit in fits)

    def test_a_column_of_one_class_has_no_weights(self) -> None:
        labels = np.array([[True, False, i % 2 == 0] for i in range(300)])
        weights, intercept = fit_one_vs_rest(self.rows(), labels, 0.1, seed=0)
        assert not weights[:, :2].any()
        assert weights[:, 2].any()
        assert intercept[:2] == pytest.approx([np.log(300.5 / 0.5), np.log(0.5 / 300.5)])

    def test_the_penalty_is_chosen_from_the_grid(self) -> None:
        folds = np.arange(300) % 3
        assert choose_C(self.rows(), self.labels[:, :1], folds, seed=0) in C_GRID

    @given(st.lists(st.sampled_from([None, "a", "b"]), min_size=1, max_size=12))
    def test_a_paragraph_without_a_group_is_one_by_itself(self, groups: list[str | None]) -> None:
        names = groups_of([LabelledParagraph(str(i), "…", group=group) for i, group in enumerate(groups)])
        for i, one in enumerate(groups):
            for j, other in enumerate(groups):
                assert (names[i] == names[j]) == (i == j or (one is not None and one == other))
