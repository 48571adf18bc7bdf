"""Reliability and risk-coverage: the laws of the Brier score and of calibration errors, and examples counted by hand."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sahel_classify import MissingDependencyError, ParameterError
from sahel_classify.evaluation import (
    expected_calibration_error,
    plot_reliability,
    reliability,
    reliability_diagram,
    risk_coverage,
    stance_confusion,
    topic_confusion,
)
from sahel_classify.evaluation.calibration import BINNINGS
from sahel_classify.evaluation.resampling import resample

cases = st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=40)
binnings = st.sampled_from(BINNINGS)


def arrays(pairs: list[tuple[bool, float]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([t for t, _ in pairs]), np.array([p for _, p in pairs])


class TestReliability:
    @given(cases, binnings, st.integers(1, 12), st.integers(1, 5))
    def test_laws(self, pairs: list[tuple[bool, float]], binning: str, bins: int, groups: int) -> None:
        true, p = arrays(pairs)
        found = reliability(true, p, [str(i % groups) for i in range(len(p))], bins=bins, binning=binning)
        assert 0 <= found.ece_95[0] <= found.ece <= found.ece_95[1] <= 1
        assert 0 <= found.brier_95[0] <= found.brier_95[1] <= 1
        assert found.brier == pytest.approx(np.mean((p - true) ** 2))
        assert found.brier == pytest.approx(found.reliability - found.resolution + found.uncertainty + found.within)
        assert min(found.reliability, found.resolution, found.uncertainty) >= 0
        assert len(found.counts) <= bins
        assert min(found.counts) > 0
        assert sum(found.counts) == len(p)
        assert all(low <= o <= high for o, (low, high) in zip(found.observed, found.observed_95, strict=True))
        assert np.average(found.observed, weights=found.counts) == pytest.approx(true.mean())

    @given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=1, max_size=40))
    def test_brier_score_of_binned_probabilities_is_reliability_less_resolution_and_uncertainty(
        self, pairs: list[tuple[bool, int]]
    ) -> None:
        found = reliability(np.array([t for t, _ in pairs]), np.array([k / 10 + 0.05 for _, k in pairs]), binning="equal_width")
        assert found.within == pytest.approx(0, abs=1e-12)
        assert found.brier == pytest.approx(found.reliability - found.resolution + found.uncertainty)

    @given(cases)
    def test_equal_width_is_the_expected_calibration_error(self, pairs: list[tuple[bool, float]]) -> None:
        true, p = arrays(pairs)
        assert reliability(true, p, binning="equal_width").ece == pytest.approx(expected_calibration_error(true, p))

    def test_by_hand(self) -> None:
        """Ten cases at 0.2, of which 3 came true, ten at 0.8, of which 6: base rate 0.45."""
        true = np.array([True] * 3 + [False] * 7 + [True] * 6 + [False] * 4)
        p = np.repeat([0.2, 0.8], 10)
        for binning in BINNINGS:
            found = reliability(true, p, binning=binning)
            assert found.ece == pytest.approx((0.1 + 0.2) / 2)
            assert found.reliability == pytest.approx((0.01 + 0.04) / 2)
            assert found.resolution == pytest.approx(0.15**2)
            assert found.uncertainty == pytest.approx(0.45 * 0.55)
            assert found.brier == pytest.approx((3 * 0.64 + 7 * 0.04 + 6 * 0.04 + 4 * 0.64) / 20)

    def test_bins_of_equal_mass_have_equal_mass(self) -> None:
        p = np.random.default_rng(0).beta(0.3, 2, 1000)
        assert reliability(p > 0.5, p).counts == (100,) * 10
        assert len(set(reliability(p > 0.5, p, binning="equal_width").counts)) > 5

    def test_equal_probabilities_stay_together(self) -> None:
        found = reliability(np.array([True, False] * 10), np.array([0.1] * 15 + [0.9] * 5))
        assert found.counts == (15, 5)

    def test_columns_are_pooled_and_a_paragraph_stays_whole(self) -> None:
        rng = np.random.default_rng(1)
        p = rng.random((50, 4))
        true = rng.random((50, 4)) < p
        groups = [str(i // 5) for i in range(50)]
        pooled = reliability(true, p, groups)
        assert pooled == reliability(true.ravel(), p.ravel(), [g for g in groups for _ in range(4)])
        assert pooled.groups == 10

    @pytest.mark.parametrize("slope", [0.0, 0.15])
    def test_the_interval_of_the_calibration_error_holds_the_true_one_as_often_as_it_says(self, slope: float) -> None:
        """Equal to 0, where a percentile interval never holds it, and to slope / 2."""
        rng, held = np.random.default_rng(2), 0
        for _ in range(100):
            p = rng.random(400)
            low, high = reliability(rng.random(400) < p + slope * (1 - 2 * p), p, binning="equal_width").ece_95
            held += low <= slope / 2 <= high
        assert held >= 88

    def test_the_interval_of_the_brier_score_holds_the_true_one_as_often_as_it_says(self) -> None:
        rng, held = np.random.default_rng(3), 0
        for _ in range(100):
            p = rng.random(200)
            low, high = reliability(rng.random(200) < p, p).brier_95
            held += low <= 1 / 6 <= high
        assert held >= 88

    def test_one_group_and_one_class(self) -> None:
        found = reliability(np.array([True] * 5), np.array([0.9] * 5), ["a"] * 5)
        assert (found.ece_95, found.brier_95, found.uncertainty) == ((0.0, 1.0), (0.0, 1.0), 0.0)
        assert found.observed_95[0][0] < 0.25

    @pytest.mark.parametrize(
        ("true", "p", "options", "message"),
        [
            ([True, False], [0.5, np.nan], {}, "probabilities holds nan in row 1"),
            ([True, False], [1.5, 0.5], {}, "probabilities holds 1.5 in row 0"),
            ([True], [0.5, 0.5], {}, "give one probability a case"),
            ([], [], {}, "true is empty"),
            ([True], [0.5], {"bins": 0}, "bins is 0"),
            ([True], [0.5], {"binning": "wide"}, "binning is 'wide'; give one of equal_mass, equal_width"),
        ],
    )
    def test_bad_input_is_refused(self, true: list[bool], p: list[float], options: dict[str, object], message: str) -> None:
        with pytest.raises(ParameterError, match=message):
            reliability(np.array(true, bool), np.array(p), **options)

    def test_groups_of_another_number_are_refused(self) -> None:
        with pytest.raises(ParameterError, match="groups names 1 paragraphs, true has 2"):
            reliability(np.array([True, False]), np.array([0.5, 0.5]), resample(["a"]))

    def test_the_diagram_has_a_row_a_bin(self) -> None:
        p = np.random.default_rng(0).random(100)
        lines = reliability_diagram(reliability(p > 0.5, p, bins=5)).splitlines()
        assert len(lines) == 7
        assert all("o" in line for line in lines[1:6])

    def test_the_plot_has_a_point_a_bin(self) -> None:
        pytest.importorskip("matplotlib")
        found = reliability(np.array([True, False, True]), np.array([0.2, 0.3, 0.9]), bins=3)
        axes = plot_reliability(found)
        assert axes.get_xlabel() == "predicted probability"
        assert axes.containers[0].lines[0].get_xdata().tolist() == list(found.predicted)
        assert plot_reliability(found, axes) is axes

    def test_without_matplotlib_the_remedy_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
        found = reliability(np.array([True]), np.array([0.2]))
        with pytest.raises(MissingDependencyError, match="pip install matplotlib"):
            plot_reliability(found)


class TestRiskCoverage:
    @given(cases)
    @settings(max_examples=20)
    def test_laws(self, pairs: list[tuple[bool, float]]) -> None:
        right, confidence = arrays(pairs)
        found = risk_coverage(right, confidence)
        assert found.precisions[0] == pytest.approx(right.mean())
        assert all(-1e-9 <= p <= 1 + 1e-9 for p in found.precisions)
        assert -1e-9 <= found.area <= 1 + 1e-9
        assert risk_coverage(right[::-1], confidence[::-1]).precisions == pytest.approx(found.precisions)

    def test_by_hand(self) -> None:
        """Errors among the first 1, 2, 3, 4: none, none, 1/3, 2/4."""
        found = risk_coverage(np.array([True, True, False, False]), np.array([0.9, 0.8, 0.7, 0.6]), coverages=[1.0, 0.75, 0.5])
        assert found.precisions == pytest.approx((0.5, 2 / 3, 1.0))
        assert found.area == pytest.approx((1 / 3 + 1 / 2) / 4)

    def test_a_confidence_that_tells_nothing_changes_nothing(self) -> None:
        found = risk_coverage(np.array([True, False, True, True]), np.full(4, 0.5))
        assert found.precisions == pytest.approx((0.75,) * 6)
        assert found.area == pytest.approx(0.25)

    def test_one_group_has_the_widest_interval(self) -> None:
        found = risk_coverage(np.array([True, False]), np.array([0.5, 0.6]), ["a", "a"])
        assert found.area_95 == found.precisions_95[0] == (0.0, 1.0)

    def test_bad_input_is_refused(self) -> None:
        with pytest.raises(ParameterError, match="one or more"):
            risk_coverage(np.array([], bool), np.array([]))
        with pytest.raises(ParameterError, match="answer 0 is NaN"):
            risk_coverage(np.array([True]), np.array([np.nan]))
        with pytest.raises(ParameterError, match="above 0 and at most 1"):
            risk_coverage(np.array([True]), np.array([0.5]), coverages=[0.0])


class TestConfusion:
    def test_stances(self) -> None:
        found = stance_confusion(["favor", "against", "against"], ["against", "against", None])
        assert found["against"] == {"favor": 0, "against": 1, "neutral": 0, "not found": 1}
        assert sum(sum(row.values()) for row in found.values()) == 3
        with pytest.raises(ParameterError, match="'for'"):
            stance_confusion(["for"], ["favor"])

    def test_topics(self) -> None:
        true = np.array([[1, 0, 0], [1, 0, 1], [1, 0, 0], [0, 1, 0]], bool)
        said = np.array([[0, 1, 0], [0, 1, 0], [0, 0, 0], [0, 1, 1]], bool)
        found = topic_confusion(true, said, ["a", "b", "c"])
        assert found["missed"] == {"a": 3, "b": 0, "c": 1}
        assert found["added"] == {"a": 0, "b": 2, "c": 1}
        assert found["missed_alone"] == {"a": 1, "b": 0, "c": 0}
        assert found["added_where_missed"] == {"a": {"b": 2}, "c": {"b": 1}}
