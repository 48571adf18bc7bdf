"""Scores: equal to scikit-learn's, 1 for perfect predictions, with intervals that hold the estimate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import RECORDS
from sklearn.calibration import calibration_curve
from sklearn.metrics import average_precision_score, f1_score, precision_score, recall_score

from sahel_classify import LabelError, LabelledParagraph, Model, ParameterError, Prediction, StancePrediction
from sahel_classify.evaluation import (
    average_precision,
    bootstrap_interval,
    evaluate,
    expected_calibration_error,
    f1_scores,
    report_lines,
    score,
    stance_scores,
    topic_scores,
)
from sahel_classify.evaluation.resampling import percentile_interval, share_intervals
from sahel_classify.labels.folds import groups_of
from sahel_classify.lexicon import STANCES

PARAGRAPHS = [LabelledParagraph.from_dict({**record, "lang": "fr", "genre": record["id"][0]}) for record in RECORDS]
TOPICS = ("mines", "health", "diplomacy")


@st.composite
def judged(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth, prediction, and probabilities, all of them different."""
    n, k = draw(st.integers(1, 30)), draw(st.integers(1, 4))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    true = generator.random((n, k)) < draw(st.floats(0, 1))
    predicted = generator.random((n, k)) < draw(st.floats(0, 1))
    return true, predicted, generator.random((n, k))


def perfect(paragraph: LabelledParagraph) -> Prediction:
    topics = paragraph.topics or ()
    stances = {
        target: StancePrediction(stance, {s: float(s == stance) for s in STANCES}) for target, stance in (paragraph.stances or {}).items()
    }
    return Prediction(topics, {topic: float(topic in topics) for topic in TOPICS}, stances)


class TestEqualScikitLearn:
    @given(judged())
    def test_f1(self, case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
        true, predicted, _ = case
        expected = (
            f1_score(true, predicted, average=None, zero_division=0)
            if true.shape[1] > 1
            else [f1_score(true[:, 0], predicted[:, 0], zero_division=0)]
        )
        assert f1_scores(true, predicted) == pytest.approx(expected)

    @given(judged())
    def test_average_precision(self, case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
        true, _, p = case
        found = average_precision(true[:, 0], p[:, 0])
        if true[:, 0].any():
            assert found == pytest.approx(average_precision_score(true[:, 0], p[:, 0]))
        else:
            assert np.isnan(found)

    def test_average_precision_of_equal_probabilities(self) -> None:
        true, p = np.array([True, False, True, False]), np.array([0.5, 0.5, 0.2, 0.2])
        assert average_precision(true, p) == average_precision(true[::-1], p[::-1]) == average_precision_score(true, p)

    @given(judged())
    def test_expected_calibration_error(self, case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
        true, _, p = case
        share, mean = calibration_curve(true.ravel(), p.ravel(), n_bins=10)
        sizes = np.histogram(p, np.linspace(0, 1, 11))[0]
        expected = np.abs(share - mean) @ sizes[sizes > 0] / true.size
        assert expected_calibration_error(true, p) == pytest.approx(expected)

    @given(st.lists(st.tuples(st.sampled_from(STANCES), st.sampled_from(STANCES)), min_size=1, max_size=40))
    def test_f_avg(self, pairs: list[tuple[str, str]]) -> None:
        true, said = [t for t, _ in pairs], [p for _, p in pairs]
        scores = stance_scores(true, said)
        f1 = f1_score(true, said, labels=STANCES, average=None, zero_division=0)
        assert scores["f_avg"] == pytest.approx(f1[:2].mean())
        assert scores["macro_f1"] == pytest.approx(f1.mean())
        assert scores["accuracy"] == pytest.approx(np.mean([t == p for t, p in pairs]))
        assert scores["by_stance"] == pytest.approx(dict(zip(STANCES, f1, strict=True)))

    @given(judged())
    def test_topics_over_those_that_occur(self, case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
        true, predicted, p = case
        names = [f"t{j}" for j in range(true.shape[1])]
        scores = topic_scores(true, predicted, p, names)
        occurs = np.flatnonzero(true.any(axis=0))
        assert list(scores["by_topic"]) == [names[j] for j in occurs]
        if not len(occurs):
            assert scores["micro_f1"] is scores["macro_f1"] is scores["mean_average_precision"] is None
            return
        kept = true[:, occurs], predicted[:, occurs]
        assert scores["micro_f1"] == pytest.approx(f1_score(kept[0].ravel(), kept[1].ravel(), zero_division=0))
        assert scores["macro_f1"] == pytest.approx(
            np.mean([f1_score(t, s, zero_division=0) for t, s in zip(kept[0].T, kept[1].T, strict=True)])
        )
        expected = [average_precision_score(true[:, j], p[:, j]) for j in occurs]
        assert scores["mean_average_precision"] == pytest.approx(np.mean(expected))
        for j in occurs:
            by_topic = scores["by_topic"][names[j]]
            assert by_topic["paragraphs"] == true[:, j].sum()
            assert by_topic["recall"] == pytest.approx(recall_score(true[:, j], predicted[:, j]))
            if predicted[:, j].any():
                assert by_topic["precision"] == pytest.approx(precision_score(true[:, j], predicted[:, j]))
            else:
                assert by_topic["precision"] is None


class TestExamples:
    def test_calibration(self) -> None:
        assert expected_calibration_error(np.array([[True], [False]]), np.array([[1.0], [0.0]])) == 0.0
        assert expected_calibration_error(np.array([False, False]), np.array([1.0, 0.95])) == pytest.approx(0.975)

    def test_a_stance_that_was_not_found_is_wrong(self) -> None:
        scores = stance_scores(["favor", "against", "neutral"], ["favor", None, None])
        assert (scores["f_avg"], scores["accuracy"], scores["pairs"]) == (0.5, pytest.approx(1 / 3), 3)
        assert stance_scores([], [])["accuracy"] is None


class TestBootstrap:
    def test_holds_the_estimate(self) -> None:
        values = [float(v) for v in np.random.default_rng(0).normal(5, 1, 200)]
        low, high = bootstrap_interval(values, [str(i) for i in range(200)], np.mean)
        assert low < np.mean(values) < high
        # The normal interval of the mean, with some room.
        half = 1.96 * np.std(values) / np.sqrt(200)
        assert high - low == pytest.approx(2 * half, rel=0.15)

    def test_draws_whole_groups(self) -> None:
        """Ten equal paragraphs of one group tell as much as one."""
        values = [0.0, 1.0] * 10
        alone = bootstrap_interval(values, [str(i) for i in range(20)], np.mean)
        grouped = bootstrap_interval(sorted(values), [str(i // 10) for i in range(20)], np.mean)
        assert grouped == (0.0, 1.0)
        assert 0 < alone[0] < alone[1] < 1

    def test_one_group_tells_nothing_of_the_spread(self) -> None:
        assert bootstrap_interval([1.0, 2.0], ["a", "a"], np.mean) == (-np.inf, np.inf)
        assert bootstrap_interval([1.0, 2.0], ["a", "a"], np.mean, bounds=(0.0, 5.0)) == (0.0, 5.0)

    def test_a_draw_without_a_value_widens_the_interval(self) -> None:
        drawn = np.append(np.full(960, 0.5), np.full(40, np.nan))
        assert percentile_interval(drawn, (-1.0, 1.0)) == (-1.0, 1.0)
        assert percentile_interval(drawn[:970], (-1.0, 1.0)) == (0.5, 0.5)

    def test_no_item_is_refused(self) -> None:
        with pytest.raises(ParameterError, match="groups is empty"):
            bootstrap_interval([], [], np.mean)

    def test_the_whole_arrays_say_what_item_by_item_says(self) -> None:
        """The same draws by both roads, so that published figures stay."""
        said = [perfect(paragraph) for paragraph in PARAGRAPHS[3:] + PARAGRAPHS[:3]]
        topics = score(PARAGRAPHS, said)["topics"]
        names = ("mines", "health", "diplomacy")
        rows = [
            (np.array([t in (a.topics or ()) for t in names]), np.array([t in p.topics for t in names]))
            for a, p in zip(PARAGRAPHS, said, strict=True)
        ]

        def micro(drawn: list[tuple[np.ndarray, np.ndarray]]) -> float:
            return 2 * sum((t & p).sum() for t, p in drawn) / sum(t.sum() + p.sum() for t, p in drawn)

        assert topics["micro_f1_95"] == pytest.approx(bootstrap_interval(rows, groups_of(PARAGRAPHS), micro))


class TestShareIntervals:
    def test_wilson(self) -> None:
        """Newcombe (1998), table I: 81 of 263 and 15 of 148, each a group of its own."""
        for hits, cases, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605)):
            came = np.array([[1.0]] * hits + [[0.0]] * (cases - hits))
            assert share_intervals(came, np.ones((cases, 1)))[0] == pytest.approx((low, high), abs=5e-5)

    def test_equal_cases_of_a_group_count_as_one(self) -> None:
        came = np.array([[1.0], [0.0], [1.0], [1.0]] * 5)
        alone = share_intervals(came, np.ones((20, 1)))[0]
        assert share_intervals(came * 10, np.full((20, 1), 10.0))[0] == pytest.approx(alone, abs=0.01)

    def test_all_alike_are_no_certainty(self) -> None:
        assert share_intervals(np.array([[50.0]]), np.array([[50.0]]))[0][0] < 0.25
        assert share_intervals(np.array([[0.0]]), np.array([[0.0]]))[0] == (0.0, 1.0)

    def test_is_the_same_for_the_same_seed(self) -> None:
        groups = [str(i) for i in range(9)]
        one, other = (bootstrap_interval(range(9), groups, np.mean, seed=3) for _ in range(2))
        assert one == other


class TestScore:
    def test_perfect_predictions_give_1(self) -> None:
        scores = score(PARAGRAPHS, [perfect(paragraph) for paragraph in PARAGRAPHS])
        topics, stances = scores["topics"], scores["stances"]
        assert topics["micro_f1"] == topics["macro_f1"] == topics["mean_average_precision"] == 1.0
        assert topics["expected_calibration_error"] == 0.0
        assert topics["micro_f1_95"] == stances["f_avg_95"] == (1.0, 1.0)
        assert stances["f_avg"] == stances["macro_f1"] == stances["accuracy"] == stances["detection_f1"] == 1.0
        assert stances["by_target"]["turkey"]["pairs"] == stances["pairs"] == 18
        assert (scores["paragraphs"], scores["abstained"]) == (34, 0)

    def test_abstained_are_counted_and_have_no_topics(self) -> None:
        predictions = [perfect(paragraph) for paragraph in PARAGRAPHS]
        for i in range(8):
            predictions[i] = Prediction((), dict.fromkeys(TOPICS, 0.1), abstained="too_short")
        scores = score(PARAGRAPHS, predictions, intervals=False)
        assert scores["abstained"] == 8
        assert scores["topics"]["by_topic"]["mines"]["recall"] == 0.0
        assert scores["topics"]["by_topic"]["health"]["recall"] == 1.0
        assert "micro_f1_95" not in scores["topics"]

    def test_detection_counts_targets_found_and_missed(self) -> None:
        paragraphs = [LabelledParagraph("a", "…", stances={"x": "favor", "y": "against"}), LabelledParagraph("b", "…", stances={})]
        said = {"x": StancePrediction("favor", {}), "z": StancePrediction("favor", {})}
        scores = score(paragraphs, [Prediction((), {}, said), Prediction((), {})], intervals=False)["stances"]
        assert scores["detection_f1"] == pytest.approx(2 * 1 / (2 + 2))
        assert (scores["pairs"], scores["accuracy"]) == (2, 0.5)

    def test_what_is_not_annotated_is_not_scored(self) -> None:
        paragraphs = [LabelledParagraph("a", "…", topics=("mines",)), LabelledParagraph("b", "…", stances={"x": "favor"})]
        said = [Prediction(("mines",), {"mines": 0.9}), Prediction(("mines",), {"mines": 0.9}, {"x": StancePrediction("favor", {})})]
        scores = score(paragraphs, said, intervals=False)
        assert scores["topics"]["by_topic"]["mines"]["precision"] == 1.0
        assert scores["stances"]["detection_f1"] == 1.0
        with pytest.raises(LabelError, match="there is nothing to score"):
            score([LabelledParagraph("c", "…")], said[:1])

    def test_the_interval_is_of_the_same_statistic(self) -> None:
        paragraphs = [LabelledParagraph(str(i), "…", topics=("a",)) for i in range(20)]
        said = [Prediction(("a", "b"), {"a": 0.9, "b": 0.8})] * 20
        topics = score(paragraphs, said)["topics"]
        low, high = topics["micro_f1_95"]
        assert low <= topics["micro_f1"] <= high

    def test_nothing_labelled_true_has_no_figure_and_the_widest_interval(self) -> None:
        paragraphs = [LabelledParagraph(str(i), "…", topics=(), stances={}) for i in range(5)]
        scores = score(paragraphs, [Prediction(("a",), {"a": 0.9})] * 5)
        assert (scores["topics"]["micro_f1"], scores["topics"]["micro_f1_95"]) == (None, (0.0, 1.0))
        assert (scores["stances"]["accuracy"], scores["stances"]["f_avg_95"]) == (None, (0.0, 1.0))
        assert [line.count("–") for line in report_lines({"all": scores, "by_language": {}, "by_genre": {}})[1:]] == [3, 4]

    def test_one_group_has_the_widest_intervals(self) -> None:
        paragraphs = [replace(paragraph, group="one") for paragraph in PARAGRAPHS]
        scores = score(paragraphs, [perfect(paragraph) for paragraph in paragraphs])
        assert scores["groups"] == 1
        assert scores["topics"]["micro_f1_95"] == scores["stances"]["f_avg_95"] == (0.0, 1.0)
        assert scores["topics"]["reliability"]["equal_mass"]["ece_95"] == (0.0, 1.0)

    def test_nan_is_refused_with_the_paragraph(self) -> None:
        said = [perfect(paragraph) for paragraph in PARAGRAPHS]
        said[2] = Prediction(("mines",), {"mines": float("nan"), "health": 0.1, "diplomacy": 0.1})
        with pytest.raises(LabelError, match=r"paragraph 'm2': .* NaN"):
            score(PARAGRAPHS, said)
        said[2] = perfect(PARAGRAPHS[2])
        said[20] = replace(said[20], stances={"turkey": StancePrediction("favor", dict.fromkeys(STANCES, float("nan")))})
        with pytest.raises(LabelError, match=r"paragraph 'favor4': .* NaN"):
            score(PARAGRAPHS, said)


class TestEvaluate:
    def test_scores_all_and_by_language_and_genre(self, small_model: Model) -> None:
        result = evaluate(small_model, PARAGRAPHS)
        predictions = small_model.predict([paragraph.text for paragraph in PARAGRAPHS])
        assert result["all"] == score(PARAGRAPHS, predictions)
        assert result["by_language"]["fr"] == score(PARAGRAPHS, predictions, intervals=False)
        assert sorted(result["by_genre"]) == ["a", "f", "h", "m", "n"]
        assert result["by_genre"]["m"]["paragraphs"] == 8
        low, high = result["all"]["topics"]["micro_f1_95"]
        assert low <= result["all"]["topics"]["micro_f1"] <= high

    def test_the_report_has_a_line_for_each_part(self, small_model: Model) -> None:
        lines = report_lines(evaluate(small_model, PARAGRAPHS))
        assert lines[0] == "34 paragraphs, 0 without an answer"
        starts = [line.split()[0] for line in lines[1:]]
        assert starts == ["topics", "stances", "language", *["genre"] * 5, *["topic"] * 3, "target"]

    def test_labels_without_stances_have_a_report_too(self, small_model: Model) -> None:
        paragraphs = [LabelledParagraph(p.id, p.text, topics=p.topics) for p in PARAGRAPHS]
        lines = report_lines(evaluate(small_model, paragraphs))
        assert [line.split()[0] for line in lines[1:]] == ["topics", "topic", "topic", "topic"]
