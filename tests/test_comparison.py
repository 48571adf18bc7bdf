"""Comparison of two models: p-values equal those of all exchanges, and laws of symmetry."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sahel_classify import LabelError, LabelledParagraph, ParameterError, Prediction, StancePrediction
from sahel_classify.evaluation import compare, score
from sahel_classify.lexicon import STANCES

TOPICS = ("a", "b", "c")


@st.composite
def judged(draw: st.DrawFn) -> tuple[list[LabelledParagraph], list[Prediction], list[Prediction]]:
    """Paragraphs in groups with at least one topic and one stance, and what two models say."""
    sets, stances = st.lists(st.sampled_from(TOPICS), unique=True, max_size=3).map(tuple), st.sampled_from(STANCES)
    n = draw(st.integers(1, 12))
    paragraphs = [
        LabelledParagraph(str(i), "…", topics=draw(sets), stances={"x": draw(stances)}, group=str(draw(st.integers(0, 5))))
        for i in range(n)
    ]
    paragraphs.append(LabelledParagraph("z", "…", topics=("a",), stances={"x": "favor"}))

    def said() -> Prediction:
        given = draw(sets)
        return Prediction(given, {t: 0.9 if t in given else 0.1 for t in TOPICS}, {"x": StancePrediction(draw(stances), {})})

    return paragraphs, [said() for _ in paragraphs], [said() for _ in paragraphs]


def topics_of(true: np.ndarray, first: np.ndarray, second: np.ndarray) -> tuple[list[LabelledParagraph], ...]:
    def predictions(given: np.ndarray) -> list[Prediction]:
        return [Prediction(tuple(t for t, g in zip(TOPICS, row, strict=True) if g), dict.fromkeys(TOPICS, 0.5)) for row in given]

    paragraphs = [LabelledParagraph(str(i), "…", topics=p.topics) for i, p in enumerate(predictions(true))]
    return paragraphs, predictions(first), predictions(second)


class TestCompare:
    @given(judged())
    @settings(max_examples=40)
    def test_a_model_against_itself(self, case: tuple[list[LabelledParagraph], list[Prediction], list[Prediction]]) -> None:
        paragraphs, first, _ = case
        for found in compare(paragraphs, first, first, rounds=50).values():
            assert (found.difference, found.p_value) == (0.0, 1.0)

    @given(judged())
    @settings(max_examples=40)
    def test_exchanging_the_models_turns_the_difference_round(
        self, case: tuple[list[LabelledParagraph], list[Prediction], list[Prediction]]
    ) -> None:
        paragraphs, first, second = case
        there, back = compare(paragraphs, first, second, rounds=200), compare(paragraphs, second, first, rounds=200)
        assert list(there) == list(back) == ["micro_f1", "macro_f1", "f_avg"]
        for name, found in there.items():
            assert 0 < found.p_value <= 1
            assert back[name].p_value == found.p_value
            assert back[name].difference == -found.difference
            assert back[name].difference_95 == pytest.approx((-found.difference_95[1], -found.difference_95[0]))

    @given(judged())
    @settings(max_examples=40)
    def test_the_scores_are_those_of_score(self, case: tuple[list[LabelledParagraph], list[Prediction], list[Prediction]]) -> None:
        paragraphs, first, second = case
        found = compare(paragraphs, first, second, rounds=1)
        for side, predictions in (("first", first), ("second", second)):
            scores = score(paragraphs, predictions, intervals=False)
            assert getattr(found["micro_f1"], side) == pytest.approx(scores["topics"]["micro_f1"])
            assert getattr(found["macro_f1"], side) == pytest.approx(scores["topics"]["macro_f1"])
            assert getattr(found["f_avg"], side) == pytest.approx(scores["stances"]["f_avg"])

    def test_the_p_value_is_that_of_all_exchanges(self) -> None:
        rng = np.random.default_rng(0)
        true, first, second = (rng.random((8, 3)) < share for share in (0.5, 0.6, 0.4))
        first |= true

        def micro(said: np.ndarray) -> float:
            return 2 * (true & said).sum() / (true.sum() + said.sum())

        apart = abs(micro(first) - micro(second))
        exact = np.mean(
            [
                abs(micro(np.where(mask, second, first)) - micro(np.where(mask, first, second))) >= apart - 1e-12
                for mask in (np.array(m)[:, None] for m in product([False, True], repeat=8))
            ]
        )
        assert compare(*topics_of(true, first, second))["micro_f1"].p_value == pytest.approx(exact, abs=0.01)

    def test_p_values_of_equal_models_are_spread_evenly(self) -> None:
        rng = np.random.default_rng(1)
        values = []
        for _ in range(100):
            true = rng.random((60, 3)) < 0.4
            first, second = (true ^ (rng.random((60, 3)) < 0.2) for _ in range(2))
            values.append(compare(*topics_of(true, first, second), rounds=199)["micro_f1"].p_value)
        assert np.mean(np.array(values) <= 0.05) <= 0.12
        assert 0.35 < np.mean(values) < 0.65

    def test_one_group_tells_nothing(self) -> None:
        paragraphs = [LabelledParagraph(str(i), "…", topics=("a",), group="g") for i in range(5)]
        right, wrong = Prediction(("a",), {"a": 0.9}), Prediction((), {"a": 0.1})
        found = compare(paragraphs, [right] * 5, [wrong] * 5)["micro_f1"]
        assert (found.difference, found.p_value, found.difference_95) == (1.0, 1.0, (-1.0, 1.0))

    def test_bad_input_is_refused(self) -> None:
        paragraphs, said = [LabelledParagraph("1", "…", topics=("a",))], [Prediction((), {"a": 0.1})]
        with pytest.raises(ParameterError, match="rounds is 0"):
            compare(paragraphs, said, said, rounds=0)
        with pytest.raises(ParameterError, match="1 paragraphs, but 1 and 0 predictions"):
            compare(paragraphs, said, [])
        with pytest.raises(LabelError, match="nothing to compare"):
            compare([LabelledParagraph("1", "…")], said, said)
        with pytest.raises(LabelError, match="nothing to compare"):
            compare([LabelledParagraph("1", "…", topics=())], said, said)
