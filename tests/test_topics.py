"""The topic classifier: probabilities, thresholds, groups, calibration."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, csr_matrix
from sklearn.base import clone

from sahel_classify import InputError, NotTrainedError, ParameterError, TopicClassifier
from sahel_classify.sparse import SparseRows
from sahel_classify.topics import as_rows, column_of
from sahel_classify.training.calibration import best_threshold, platt, sigmoid, softmax, thresholds, vector_scaling

X = np.array([[1.0, 0.0, 0.2], [0.9, 0.1, 0.0], [0.0, 1.0, 0.1], [0.1, 0.9, 0.0]] * 6)
Y = [["gold"], ["gold"], ["vote"], ["vote"]] * 6


@st.composite
def problems(draw: st.DrawFn, *, exclusive: bool = False) -> tuple[np.ndarray, np.ndarray, list[str] | None]:
    """Small feature and indicator matrices, with groups or without."""
    n, d, k = draw(st.integers(1, 12)), draw(st.integers(1, 4)), draw(st.integers(1, 3))
    generator = np.random.default_rng(draw(st.integers(0, 2**16)))
    features = generator.random((n, d)) * (generator.random((n, d)) < draw(st.floats(0, 1)))
    labels = generator.random((n, k)) < draw(st.floats(0, 1))
    if exclusive:
        labels = np.eye(k, dtype=bool)[generator.integers(0, k, n)]
    groups = draw(st.none() | st.just([str(g) for g in generator.integers(0, 4, n)]))
    return features, labels, groups


def f1(true: np.ndarray, said: np.ndarray) -> float:
    return 2 * (true & said).sum() / (true.sum() + said.sum())


# Fitting calls a solver: fewer examples than usual keep the suite quick.
few = settings(max_examples=15)


@pytest.mark.filterwarnings("ignore:topic columns")
class TestProbabilities:
    @few
    @given(problems())
    def test_lie_between_0_and_1_and_thresholds_are_applied(self, problem: tuple[Any, Any, Any]) -> None:
        features, labels, groups = problem
        classifier = TopicClassifier(C=1.0).fit(features, labels, groups=groups)
        p = classifier.predict_proba(features)
        assert p.shape == labels.shape == classifier.out_of_fold_.shape
        assert ((p >= 0) & (p <= 1)).all()
        assert ((classifier.out_of_fold_ >= 0) & (classifier.out_of_fold_ <= 1)).all()
        expected = [tuple(str(j) for j in range(p.shape[1]) if row[j] >= classifier.thresholds_[j]) for row in p]
        assert classifier.predict(features) == expected

    @few
    @given(problems(exclusive=True))
    def test_sum_to_1_where_topics_are_exclusive(self, problem: tuple[Any, Any, Any]) -> None:
        features, labels, groups = problem
        classifier = TopicClassifier(exclusive=True, C=1.0).fit(features, labels, groups=groups)
        p = classifier.predict_proba(features)
        assert (p >= 0).all()
        assert p.sum(axis=1) == pytest.approx(1.0)
        assert classifier.predict(features) == [(str(j),) for j in p.argmax(axis=1)]

    @given(st.lists(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3), min_size=1, max_size=5), st.booleans())
    def test_of_any_decision_values_are_probabilities(self, decision: list[list[float]], exclusive: bool) -> None:
        p = TopicClassifier(exclusive=exclusive).probabilities(np.array(decision))
        assert ((p >= 0) & (p <= 1)).all()
        if exclusive:
            assert p.sum(axis=1) == pytest.approx(1.0)

    def test_are_the_logistic_of_the_decision_values(self) -> None:
        classifier = TopicClassifier(C=1.0).fit(X, Y)
        assert classifier.decision_function(X) == pytest.approx(X @ classifier.coef_ + classifier.intercept_)
        assert classifier.predict_proba(X) == pytest.approx(1 / (1 + np.exp(-classifier.decision_function(X))))

    def test_a_threshold_moved_moves_the_prediction(self) -> None:
        classifier = TopicClassifier(C=1.0).fit(X, Y)
        row = X[:1]
        p = classifier.predict_proba(row)[0]
        for limits in ([p[0], 2.0], [2.0, p[1]], [2.0, 2.0], [0.0, 0.0]):
            classifier.thresholds_ = np.array(limits)
            assert classifier.predict(row) == [tuple(t for t, q, limit in zip(("gold", "vote"), p, limits, strict=True) if q >= limit)]


class TestLabels:
    def test_may_be_given_as_lists_strings_or_an_indicator(self) -> None:
        lists = TopicClassifier(C=1.0).fit(X, Y)
        strings = TopicClassifier(C=1.0).fit(X, [topics[0] for topics in Y])
        indicator = np.array([[topics == ["gold"], topics == ["vote"]] for topics in Y])
        arrays = [TopicClassifier(C=1.0).fit(X, form(indicator), classes=["gold", "vote"]) for form in (np.asarray, csr_array)]
        for classifier in (strings, *arrays):
            assert classifier.classes_ == ("gold", "vote")
            assert (classifier.predict_proba(X) == lists.predict_proba(X)).all()

    def test_classes_keep_the_order_given(self) -> None:
        classifier = TopicClassifier(C=1.0).fit(X, Y, classes=["vote", "gold"])
        assert classifier.classes_ == ("vote", "gold")
        assert classifier.predict(X[[0, 2]]) == [("gold",), ("vote",)]

    @pytest.mark.parametrize(("topics", "share"), [([[]] * 24, 0.0), ([["gold"]] * 24, 1.0)])
    def test_the_same_for_all_warn_and_give_a_constant_probability(self, topics: list[list[str]], share: float) -> None:
        labels = [[*one, *other] for one, other in zip(topics, [["vote"], []] * 12, strict=True)]
        with pytest.warns(UserWarning, match=r"topic columns \[0\] are the same for all 24 paragraphs"):
            classifier = TopicClassifier(C=1.0).fit(X, labels, classes=["gold", "vote"])
        constant = classifier.predict_proba(np.vstack([X, 10 * X]))[:, 0]
        assert (constant == constant[0]).all()
        assert abs(constant[0] - share) < 0.05

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            ({"y": Y[:3]}, "X has 24 rows and y 3"),
            ({"y": Y, "groups": ["a"]}, "X has 24 rows and groups 1"),
            ({"y": Y, "classes": ["gold"]}, "topics that classes lacks: vote"),
            ({"y": np.zeros((24, 2)), "classes": ["gold"]}, "y has 2 columns and classes 1 names"),
        ],
    )
    def test_that_do_not_fit_are_refused(self, arguments: dict[str, Any], told: str) -> None:
        with pytest.raises(ParameterError, match=told):
            TopicClassifier(C=1.0).fit(X, **arguments)

    def test_exclusive_needs_one_topic_a_paragraph(self) -> None:
        with pytest.raises(ParameterError, match="exactly one topic a paragraph; paragraph 1 has 2"):
            TopicClassifier(exclusive=True).fit(X, [["gold"], ["gold", "vote"], *Y[2:]])


class TestGroups:
    """Each group has a feature of its own and one label: only a model that saw the group can know it."""

    features = np.repeat(np.eye(20), 4, axis=0)
    labels = np.repeat([[True], [False]] * 10, 4, axis=0)
    groups = tuple(str(i // 4) for i in range(80))

    def test_are_not_split(self) -> None:
        together = TopicClassifier(C=10.0).fit(self.features, self.labels, groups=self.groups).out_of_fold_[:, 0]
        alone = TopicClassifier(C=10.0).fit(self.features, self.labels).out_of_fold_[:, 0]
        assert alone[self.labels[:, 0]].min() > alone[~self.labels[:, 0]].max()
        # One value a fold: the intercept of a model that knows none of the features.
        assert len(np.unique(together.round(9))) <= 5
        assert together[self.labels[:, 0]].min() <= together[~self.labels[:, 0]].max()


class TestManners:
    @pytest.mark.parametrize("form", [csr_array, csr_matrix, as_rows, np.ndarray.tolist])
    def test_takes_sparse_and_dense_features(self, form: Any) -> None:
        classifier = TopicClassifier(C=1.0).fit(form(X), Y)
        assert classifier.predict_proba(form(X)) == pytest.approx(TopicClassifier(C=1.0).fit(X, Y).predict_proba(X))

    def test_the_same_data_and_seed_give_the_same_classifier(self) -> None:
        one, other = (TopicClassifier(seed=3).fit(X, Y) for _ in range(2))
        assert (one.coef_ == other.coef_).all()
        assert (one.thresholds_ == other.thresholds_).all()
        assert one.C_ == other.C_

    def test_clone_forgets_the_fit(self) -> None:
        copy = clone(TopicClassifier(C=2.0, n_folds=3).fit(X, Y))
        assert repr(copy) == "TopicClassifier(C=2.0, n_folds=3)"
        with pytest.raises(NotTrainedError, match="TopicClassifier is not fitted yet"):
            copy.predict(X)

    def test_foreign_features_are_refused(self) -> None:
        with pytest.raises(InputError, match="X has 2 features, the classifier was fitted on 3"):
            TopicClassifier(C=1.0).fit(X, Y).predict(X[:, :2])

    def test_no_row_gives_no_prediction(self) -> None:
        assert TopicClassifier(C=1.0).fit(X, Y).predict(SparseRows(np.zeros(1, int), np.zeros(0, int), np.zeros(0), 3)) == []

    def test_an_unknown_topic_is_told_with_those_there_are(self) -> None:
        assert column_of(("gold", "vote"), "vote") == 1
        with pytest.raises(ParameterError, match="no topic 'mine' in this model; it has gold, vote"):
            column_of(("gold", "vote"), "mine")


class TestCalibration:
    def test_platt_gives_the_share_of_positives_at_each_score(self) -> None:
        decision = np.repeat([-1.0, 1.0], 1000)
        truth = np.concatenate([np.arange(1000) < 200, np.arange(1000) < 700])
        slope, offset = platt(decision, truth)
        assert sigmoid(slope * np.array([-1.0, 1.0]) + offset) == pytest.approx([0.2, 0.7], abs=0.005)

    def test_platt_does_not_turn_a_bad_score_round(self) -> None:
        slope, offset = platt(np.array([-1.0, -1.0, 1.0, 1.0] * 9), np.array([True, True, False, True] * 9))
        assert slope == 0.0
        assert sigmoid(np.array(offset)) == pytest.approx(0.75)

    def test_platt_keeps_scores_of_one_class(self) -> None:
        assert platt(np.array([1.0, 2.0]), np.array([True, True])) == (1.0, 0.0)

    def test_vector_scaling_keeps_the_order_of_a_score(self) -> None:
        scale, offset = vector_scaling(-np.eye(3)[[0, 1, 2] * 5], np.array([0, 1, 2] * 5))
        assert (scale > 0).all()
        assert offset.shape == (3,)

    def test_vector_scaling_of_few_scores_is_not_surer_than_they_allow(self) -> None:
        classes = np.array([0, 1, 2] * 5)
        scale, offset = vector_scaling(np.eye(3)[classes], classes)
        assert softmax(np.eye(3)[classes] * scale + offset).max() < 0.999

    @given(st.lists(st.tuples(st.integers(0, 1000), st.booleans()), min_size=1, max_size=30, unique_by=lambda case: case[0]))
    def test_the_best_threshold_gives_the_highest_f1(self, cases: list[tuple[int, bool]]) -> None:
        p, y = np.array([case[0] / 1000 for case in cases]), np.array([case[1] for case in cases])
        if y.any():
            assert f1(y, p >= best_threshold(p, y)) == pytest.approx(max(f1(y, p >= limit) for limit in p))
        else:
            assert best_threshold(p, y) == 0.5

    def test_the_best_threshold_takes_equal_probabilities_together(self) -> None:
        p, y = np.array([0.1, 0.2, 0.2, 0.2]), np.array([True, True, False, False])
        assert f1(y, p >= best_threshold(p, y)) == pytest.approx(2 / 3)

    def test_a_rare_topic_takes_the_common_threshold(self) -> None:
        p = np.tile(np.linspace(0, 1, 2000)[:, None], (1, 2))
        y = np.stack([p[:, 0] > 0.3, np.arange(2000) == 1800], axis=1)
        own = thresholds(p, y)
        assert own[0] == pytest.approx(0.3, abs=0.05)
        assert own[1] < 0.5
        assert own[0] <= best_threshold(p[:, 1], y[:, 1])
