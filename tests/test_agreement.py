"""Agreement of annotators: the examples of the textbooks, equal to other packages, and laws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from sahel_classify import LabelError, LabelledParagraph, ParameterError
from sahel_classify.evaluation import agreement, agreement_lines, cohen_kappa, krippendorff_alpha, pair_agreement

values = st.sampled_from("abc")
missing = st.sampled_from(["a", "b", "c", None])
pairs = st.lists(st.tuples(values, values), min_size=1, max_size=30)


def column(text: str) -> list[str | None]:
    return [None if value == "." else value for value in text.split()]


class TestAlpha:
    def test_krippendorff_2011(self) -> None:
        """Computing Krippendorff's alpha-reliability, examples A, B and C."""
        meg, owen = column("0 1 0 0 0 0 0 0 1 0"), column("1 1 1 0 0 1 0 0 0 0")
        assert krippendorff_alpha([meg, owen]) == pytest.approx(0.095, abs=5e-4)
        ben, gerry = column("a a b b d c c c e d d a"), column("b a b b b c c c e d d d")
        assert krippendorff_alpha([ben, gerry]) == pytest.approx(0.692, abs=5e-4)
        four = [
            column("1 2 3 3 2 1 4 1 2 . . ."),
            column("1 2 3 3 2 2 4 1 2 5 . 3"),
            column(". 3 3 3 2 3 4 2 2 5 1 ."),
            column("1 2 3 3 2 4 4 1 2 5 1 ."),
        ]
        assert krippendorff_alpha(four) == pytest.approx(0.743, abs=5e-4)

    @given(st.integers(2, 4).flatmap(lambda m: st.lists(st.tuples(*[missing] * m), min_size=2, max_size=20)))
    def test_equals_the_package(self, units: list[tuple[str | None, ...]]) -> None:
        package = pytest.importorskip("krippendorff")
        paired = {v for unit in units if sum(v is not None for v in unit) > 1 for v in unit if v is not None}
        assume(len(paired) > 1)
        numbers = [[np.nan if v is None else float(ord(v)) for v in rated] for rated in zip(*units, strict=True)]
        expected = package.alpha(reliability_data=np.array(numbers), level_of_measurement="nominal")
        assert krippendorff_alpha(list(zip(*units, strict=True))) == pytest.approx(expected)

    @given(st.lists(values, min_size=1, max_size=20))
    def test_equal_annotations_agree_wholly(self, rated: list[str]) -> None:
        found = krippendorff_alpha([rated, rated, rated])
        assert found == 1.0 if len(set(rated)) > 1 else np.isnan(found)

    def test_nothing_to_compare(self) -> None:
        assert np.isnan(krippendorff_alpha([]))
        assert np.isnan(krippendorff_alpha([["a", None], [None, "b"]]))


class TestKappa:
    def test_by_hand(self) -> None:
        """Both yes 20, both no 15, first only 5, second only 10: observed 0.7, by chance 0.5."""
        first, second = [1] * 25 + [0] * 25, [1] * 20 + [0] * 5 + [1] * 10 + [0] * 15
        assert cohen_kappa(first, second) == pytest.approx(0.4)

    @given(pairs)
    def test_equals_scikit_learn_and_is_symmetric(self, rated: list[tuple[str, str]]) -> None:
        first, second = map(list, zip(*rated, strict=True))
        found = cohen_kappa(first, second)
        assert cohen_kappa(second, first) == pytest.approx(found, nan_ok=True)
        if len({*first, *second}) == 1:
            assert np.isnan(found)
        else:
            assert found == pytest.approx(cohen_kappa_score(first, second))

    @given(st.lists(st.tuples(missing, missing), max_size=30))
    def test_units_without_both_values_do_not_count(self, rated: list[tuple[Any, Any]]) -> None:
        both = [(a, b) for a, b in rated if a is not None and b is not None]
        whole = cohen_kappa([a for a, _ in rated], [b for _, b in rated])
        assert whole == pytest.approx(cohen_kappa([a for a, _ in both], [b for _, b in both]), nan_ok=True)


class TestPairAgreement:
    @given(pairs)
    def test_laws(self, rated: list[tuple[str, str]]) -> None:
        found = pair_agreement([a for a, _ in rated], [b for _, b in rated])
        for key in ("alpha", "kappa"):
            low, high = found[f"{key}_95"]
            assert -1 <= low <= high <= 1
        assert found["equal"] == pytest.approx(np.mean([a == b for a, b in rated]))

    def test_the_interval_holds_the_estimate_and_heeds_groups(self) -> None:
        rng = np.random.default_rng(0)
        first = rng.integers(0, 2, 60)
        second = np.where(rng.random(60) < 0.8, first, 1 - first)
        one, other = np.repeat(first, 5).tolist(), np.repeat(second, 5).tolist()
        alone = pair_agreement(one, other)
        grouped = pair_agreement(one, other, [str(i // 5) for i in range(300)])
        assert alone["kappa_95"][0] < alone["kappa"] < alone["kappa_95"][1]
        width = [found["kappa_95"][1] - found["kappa_95"][0] for found in (alone, grouped)]
        assert width[1] == pytest.approx(width[0] * 5**0.5, rel=0.25)

    def test_where_nothing_is_known_the_interval_is_the_widest(self) -> None:
        for rated, groups in ((["a", "a"], None), ([None, None], None), (["a", "b"], ["g", "g"])):
            found = pair_agreement(rated, rated, groups)
            assert found["alpha_95"] == found["kappa_95"] == (-1.0, 1.0)

    def test_bad_input_is_refused(self) -> None:
        with pytest.raises(ParameterError, match="unit 1 is NaN; write None"):
            pair_agreement(["a", float("nan")], ["a", "b"])
        with pytest.raises(ParameterError, match="annotators have 1, 2 units"):
            cohen_kappa(["a", "b"], ["a"])


class TestAgreement:
    first = (
        LabelledParagraph("1", "…", topics=("mines",), stances={"x": "favor", "y": "against"}),
        LabelledParagraph("2", "…", topics=(), stances={"x": "neutral"}),
        LabelledParagraph("3", "…", topics=("mines", "sport"), stances=None),
        LabelledParagraph("4", "…", topics=("sport",)),
    )
    second = (
        LabelledParagraph("3", "…", topics=("mines",), stances={"x": "favor"}),
        LabelledParagraph("1", "…", topics=("mines",), stances={"x": "favor"}),
        LabelledParagraph("2", "…", topics=(), stances={"x": "against"}),
        LabelledParagraph("5", "…", topics=()),
    )

    def test_joins_by_id(self) -> None:
        found = agreement(self.first, self.second)
        assert (found["paragraphs"], found["only_first"], found["only_second"]) == (3, ["4"], ["5"])
        assert found["topics"]["by_topic"]["mines"]["alpha"] == 1.0
        assert found["topics"]["by_topic"]["sport"]["kappa"] == 0.0
        assert found["topics"]["pooled"]["units"] == 6
        assert found["topics"]["pooled"]["equal"] == pytest.approx(5 / 6)
        assert (found["stances"]["pooled"]["units"], found["stances"]["pooled"]["equal"]) == (2, 0.5)
        assert list(found["stances"]["by_target"]) == ["x"]
        assert found["stances"]["targets_f1"] == pytest.approx(4 / 5)

    def test_what_one_did_not_annotate_is_missing(self) -> None:
        bare = [LabelledParagraph(p.id, "…", topics=p.topics) for p in self.first]
        assert "stances" not in agreement(bare, self.second)
        with pytest.raises(LabelError, match="there is nothing to compare"):
            agreement([LabelledParagraph("1", "…")], self.second)
        with pytest.raises(LabelError, match="no id in common"):
            agreement(self.first[3:], self.second)

    def test_no_topic_and_no_target_anywhere_have_no_figure(self) -> None:
        bare = [LabelledParagraph(str(i), "…", topics=(), stances={}) for i in range(3)]
        found = agreement(bare, bare)
        assert found["topics"]["pooled"]["alpha"] is found["stances"]["pooled"]["kappa"] is found["stances"]["targets_f1"] is None
        assert sum("–" in line for line in agreement_lines(found)) == 2
