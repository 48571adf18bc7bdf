"""Shares: laws that hold for any archive, coverage of the intervals, equality with QuaPy and ppi-python, and the command."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import ran, records, sahel, write
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import RECORDS

from sahel_classify import (
    InputError,
    LabelError,
    Model,
    ParameterError,
    Prevalence,
    adjusted_count,
    classify_and_count,
    emq,
    prediction_powered,
)
from sahel_classify.prevalence.expectation import _em
from sahel_classify.prevalence.powered import _estimate, _tuned

TRAINED = 0.2


def drawn(n: int, share: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Truth, and probabilities that are calibrated where the share is `TRAINED`."""
    true = rng.random(n) < share
    score = rng.normal(np.where(true, 1.0, -1.0))
    return true, 1 / (1 + np.exp(-2 * score) * (1 - TRAINED) / TRAINED)


@st.composite
def archives(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Truth, probabilities, labelled rows and clusters; of any size, all of one class among them."""
    n = draw(st.integers(1, 120))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    true, p = drawn(n, draw(st.sampled_from([0.0, 0.02, 0.3, 1.0])), rng)
    rows = rng.choice(n, draw(st.integers(1, n)), replace=False)
    return true, p, rows, rng.integers(0, draw(st.integers(1, n)), n)


VALIDATION = drawn(200, 0.3, np.random.default_rng(5))


def every_method(p: np.ndarray, labels: np.ndarray, rows: np.ndarray, **shared: Any) -> list[Prevalence]:
    given = {**shared, "draws": 100}
    return [
        *classify_and_count(p >= 0.5, **given),
        *adjusted_count(p >= 0.5, validation=(VALIDATION[0], VALIDATION[1] >= 0.5), **given),
        *emq(p, prior=TRAINED, **given),
        *emq(p, validation=VALIDATION[0], **given),
        *prediction_powered(p, labels, rows, **shared),
    ]


class TestLaws:
    @settings(max_examples=20)
    @given(archives())
    def test_shares_are_shares_and_lie_in_their_intervals(self, archive: tuple[np.ndarray, ...]) -> None:
        true, p, rows, clusters = archive
        weights = 0.5 + np.arange(len(p)) % 3
        for share in every_method(p, true[rows], rows, clusters=clusters.tolist(), weights=weights):
            assert 0 <= share.low <= share.estimate <= share.high <= 1
            assert share.low < share.high
            assert share.n == len(p)

    @settings(max_examples=10)
    @given(archives(), st.integers(0, 2**32 - 1))
    def test_the_order_of_the_paragraphs_changes_nothing(self, archive: tuple[np.ndarray, ...], seed: int) -> None:
        true, p, rows, _ = archive
        order = np.random.default_rng(seed).permutation(len(p))
        place = np.argsort(order)
        column = np.array(["a", "b"])[(p > 0.3).astype(int)]
        first = every_method(p, true[rows], rows, by={"part": column})
        second = every_method(p[order], true[rows], place[rows], by={"part": column[order]})
        for a, b in zip(first, second, strict=True):
            assert (a.estimate, a.low, a.high) == pytest.approx((b.estimate, b.low, b.high), abs=1e-5)
            assert (a.group, a.n, a.n_labelled, a.method) == (b.group, b.n, b.n_labelled, b.method)

    @given(archives())
    def test_emq_of_the_prior_that_matches_is_the_mean_probability(self, archive: tuple[np.ndarray, ...]) -> None:
        p = archive[1]
        assert emq(p, prior=p.mean(), draws=100)[0].estimate == pytest.approx(p.mean(), abs=1e-6)

    @given(st.integers(2, 4), st.integers(0, 2**32 - 1))
    def test_emq_is_the_share_of_greatest_likelihood(self, k: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        p, prior = rng.dirichlet(np.ones(k), 60), rng.dirichlet(np.full(k, 5.0))
        shares = emq(p, prior=prior, draws=100)
        best = np.array([s.estimate for s in shares])
        assert best.sum() == pytest.approx(1)
        assert [s.group for s in shares] == [{"class": str(j)} for j in range(k)]

        def likelihood(share: np.ndarray) -> float:
            return float(np.log(p @ (share / prior)).sum())

        assert all(likelihood(best) >= likelihood(0.99 * best + 0.01 * other) - 1e-4 for other in [*np.eye(k), prior])

    @given(archives())
    def test_two_classes_are_one_and_the_rest(self, archive: tuple[np.ndarray, ...]) -> None:
        p = archive[1]
        one, both = emq(p, prior=0.3, draws=100)[0], emq(np.stack([1 - p, p], axis=1), prior=[0.7, 0.3], classes=["no", "yes"], draws=100)
        assert both[1] == Prevalence(one.estimate, one.low, one.high, "emq", len(p), 0, {"class": "yes"})

    @given(archives())
    def test_ppi_of_a_whole_archive_labelled_is_the_share_of_the_labels(self, archive: tuple[np.ndarray, ...]) -> None:
        true, p, _, _ = archive
        share = prediction_powered(p, true, np.arange(len(p)))[0]
        assert share.estimate == pytest.approx(true.mean())
        assert share.n_labelled == len(p)

    def test_ppi_of_no_power_is_the_share_of_the_labels(self) -> None:
        true, p = drawn(1000, 0.3, np.random.default_rng(0))
        rows = np.arange(0, 1000, 5)
        assert prediction_powered(p, true[rows], rows, power=0)[0].estimate == pytest.approx(true[rows].mean())

    def test_adjusted_counts_undo_known_rates(self) -> None:
        validation = [True] * 100 + [False] * 100, [True] * 80 + [False] * 20 + [True] * 10 + [False] * 90
        for true_share, counted in ((0.0, 0.1), (0.3, 0.31), (1.0, 0.8)):
            said = np.arange(1000) < 1000 * counted
            assert adjusted_count(said, validation=validation, draws=100)[0].estimate == pytest.approx(true_share)

    def test_adjusted_counts_by_probabilities_are_the_mean_probability(self) -> None:
        _, p = drawn(500, 0.3, np.random.default_rng(0))
        assert adjusted_count(p >= 0.5, probabilities=p, draws=100)[0].estimate == pytest.approx(p.mean())

    def test_clusters_of_the_same_paragraph_widen_every_interval(self) -> None:
        true, p = drawn(400, 0.3, np.random.default_rng(0))
        p, true, clusters = np.repeat(p, 5), np.repeat(true, 5), np.repeat(np.arange(400), 5)
        rows = np.random.default_rng(1).choice(2000, 600, replace=False)
        alone, together = every_method(p, true[rows], rows), every_method(p, true[rows], rows, clusters=clusters.tolist())
        for a, b in zip(alone, together, strict=True):
            assert a.estimate == pytest.approx(b.estimate)
            assert b.high - b.low > 1.05 * (a.high - a.low)

    def test_equal_seeds_give_equal_intervals(self) -> None:
        _, p = drawn(300, 0.3, np.random.default_rng(0))
        assert emq(p, prior=0.2, draws=100, seed=3) == emq(p, prior=0.2, draws=100, seed=3)

    def test_parts_are_named_by_their_columns_in_order(self) -> None:
        by = {"month": ["2024-02", "2024-01", "2024-02"], "source": ["rfi", "rfi", "afp"]}
        assert [(s.group, s.n) for s in classify_and_count([True, False, True], by=by)] == [
            ({"month": "2024-01", "source": "rfi"}, 1),
            ({"month": "2024-02", "source": "afp"}, 1),
            ({"month": "2024-02", "source": "rfi"}, 1),
        ]


class TestCoverage:
    """Bounds four standard errors below what benchmarks/prevalence.py finds with 1,000 draws."""

    @pytest.mark.parametrize("share", [0.02, 0.6])
    def test_intervals_hold_the_share_and_emq_has_less_bias_than_counting(self, share: float) -> None:
        rng = np.random.default_rng(20)
        error: dict[str, list[float]] = {}
        held: dict[str, list[bool]] = {}
        for _ in range(200):
            (true, p), (labels, said) = drawn(1000, share, rng), drawn(400, TRAINED, rng)
            rows = rng.choice(1000, 300, replace=False)
            for found in (
                *classify_and_count(p >= 0.5, draws=100),
                *adjusted_count(p >= 0.5, validation=(labels, said >= 0.5), draws=100),
                *emq(p, validation=labels, draws=100, tolerance=1e-5),
                *prediction_powered(p, true[rows], rows),
            ):
                error.setdefault(found.method, []).append(found.estimate - share)
                held.setdefault(found.method, []).append(found.low <= share <= found.high)
        assert np.mean(held["ppi"]) >= 0.88
        assert np.mean(held["ac"]) >= 0.85
        assert np.mean(held["emq"]) >= 0.85
        assert abs(np.mean(error["ppi"])) < 0.01
        assert abs(np.mean(error["emq"])) <= abs(np.mean(error["cc"])) / 3
        assert np.mean(held["cc"]) < 0.5


class TestOthers:
    def test_em_equals_quapy(self) -> None:
        quantifier = pytest.importorskip("quapy.method.aggregative").EMQ
        rng = np.random.default_rng(0)
        for k in (2, 3):
            p, prior = rng.dirichlet(np.ones(k), 500), rng.dirichlet(np.full(k, 5.0))
            expected = quantifier.EM(prior, p, epsilon=1e-9)[0]
            assert _em(p, np.ones((1, 500)), prior[None], prior[None], 1e-9, 100_000)[0][0] == pytest.approx(expected, abs=1e-6)

    def test_adjusted_count_equals_quapy(self) -> None:
        solve = pytest.importorskip("quapy.functional").solve_adjustment_binary
        validation = [True] * 50 + [False] * 50, [True] * 40 + [False] * 10 + [True] * 5 + [False] * 45
        share = adjusted_count([True] * 24 + [False] * 76, validation=validation, draws=100)[0]
        assert share.estimate == pytest.approx(np.ravel(solve(np.array([0.76, 0.24]), tpr=0.8, fpr=0.1))[1])

    def test_prediction_powered_equals_ppi_python(self) -> None:
        ppi = pytest.importorskip("ppi_py")
        true, p = drawn(20_000, 0.3, np.random.default_rng(0))
        known = np.arange(20_000) < 2000
        gold = np.where(known, true, np.nan)
        data = true[known].astype(float), p[known], p[~known]
        for power in (0.0, 0.5, 1.0):
            estimate, variance = _estimate(p, gold, np.ones(20_000), np.arange(20_000), power)
            assert estimate == pytest.approx(ppi.ppi_mean_pointestimate(*data, lam=power).item())
            low, high = (bound.item() for bound in ppi.ppi_mean_ci(*data, alpha=0.05, lam=power))
            assert 1.959964 * variance**0.5 == pytest.approx((high - low) / 2, rel=1e-3)
        share = prediction_powered(p, true[known], np.flatnonzero(known))[0]
        assert _tuned(p, known, true[known].astype(float)) > 0.5
        assert share.estimate == pytest.approx(ppi.ppi_mean_pointestimate(*data).item(), abs=1e-3)
        low, high = (bound.item() for bound in ppi.ppi_mean_ci(*data, alpha=0.05))
        assert (share.low, share.high) == pytest.approx((low, high), abs=1e-3)


class TestLittleData:
    """Where there is little to go by, the interval says so."""

    def test_a_part_of_one_paragraph(self) -> None:
        for share in every_method(np.array([0.9]), np.array([True]), np.array([0])):
            assert share.high - share.low > 0.7

    @pytest.mark.parametrize("value", [0.0, 1.0])
    def test_archives_of_one_class(self, value: float) -> None:
        p, rows = np.full(200, value), np.arange(50)
        for share in every_method(p, np.full(50, value), rows):
            assert share.estimate == pytest.approx(value, abs=0.01)
            assert share.high - share.low > 0.005

    def test_a_part_without_labels_may_be_anything(self) -> None:
        by = {"source": ["rfi"] * 50 + ["afp"] * 50}
        afp, rfi = prediction_powered(np.full(100, 0.4), np.arange(40) < 20, np.arange(40), by=by)
        assert (afp.estimate, afp.low, afp.high, afp.n_labelled) == (pytest.approx(0.4), 0, 1, 0)
        assert rfi.n_labelled == 40
        assert 0.3 < rfi.low < 0.5 < rfi.high < 0.7

    def test_one_label(self) -> None:
        share = prediction_powered(np.full(100, 0.4), [True], [7])[0]
        assert (share.estimate, share.high) == (1, 1)
        assert share.low == pytest.approx(0.025)

    def test_no_labels_of_the_class_give_the_exact_interval(self) -> None:
        share = prediction_powered(np.full(1000, 0.1), [False] * 100, range(100))[0]
        assert (share.estimate, share.low) == (0, 0)
        assert share.high == pytest.approx(1 - 0.025 ** (1 / 100))

    def test_rates_that_the_sample_hardly_tells_apart_allow_any_share(self) -> None:
        validation = [True] * 10 + [False] * 10, [True] * 6 + [False] * 4 + [True] * 5 + [False] * 5
        share = adjusted_count([True] * 50 + [False] * 50, validation=validation)[0]
        assert (share.low, share.high) == (0, 1)


P = [0.1, 0.6, 0.9]


class TestRefusals:
    @pytest.mark.parametrize(
        ("call", "error", "told"),
        [
            (lambda: classify_and_count([]), InputError, "at least one"),
            (lambda: classify_and_count(["a"]), InputError, "predicted: not numbers"),
            (lambda: classify_and_count([0.1, float("nan")]), InputError, "predicted: nan in row 1"),
            (lambda: classify_and_count([0.1, 1.5]), InputError, "predicted: 1.5 in row 1"),
            (lambda: classify_and_count(P, weights=[1, float("nan"), 1]), InputError, "weights: nan in row 1"),
            (lambda: classify_and_count(P, weights=[1, 0, 1]), InputError, "weights: 0.0 in row 1"),
            (lambda: classify_and_count(P, weights=[1]), InputError, "for 3 paragraphs"),
            (lambda: classify_and_count(P, clusters=["a"]), InputError, "clusters: 1 for 3 paragraphs"),
            (lambda: classify_and_count(P, by={"month": ["a"]}), InputError, "column 'month' has 1 values for 3"),
            (lambda: classify_and_count(P, by={"n": ["a"] * 3}), InputError, "column 'n' has the name of a figure"),
            (lambda: classify_and_count(P, draws=10), ParameterError, "at least 100"),
            (lambda: adjusted_count(P), LabelError, "give a labelled validation sample"),
            (lambda: adjusted_count(P, validation=([True], [True])), LabelError, "none of the 1 labelled paragraphs is outside the class"),
            (lambda: adjusted_count(P, validation=([0, 0], [0, 1])), LabelError, "none of the 2 labelled paragraphs is of the class"),
            (lambda: adjusted_count(P, validation=([0, 1], [1, 0])), LabelError, "predictions say nothing"),
            (lambda: adjusted_count(P, validation=([0, 1], [1])), InputError, "1 values for 2 paragraphs"),
            (lambda: adjusted_count(P, probabilities=[0.1, float("nan"), 1]), InputError, "probabilities: nan in row 1"),
            (lambda: emq(P), ParameterError, "either prior"),
            (lambda: emq(P, prior=0), ParameterError, "above 0 and below 1"),
            (lambda: emq(P, prior=1), ParameterError, "above 0 and below 1"),
            (lambda: emq(P, prior=float("nan")), ParameterError, "above 0 and below 1"),
            (lambda: emq(P, prior=[0.2, 0.3, 0.5]), ParameterError, "give one number"),
            (lambda: emq([*P, float("nan")], prior=0.2), InputError, "probabilities: nan in row 3"),
            (lambda: emq([[0.5, 0.4]], prior=[0.5, 0.5]), InputError, "row 0 sums to 0.9"),
            (lambda: emq([[1.0]], prior=[1.0]), InputError, "two classes or more"),
            (lambda: emq([[0.5, 0.5]], prior=[0.5, 0.5], classes=["a"]), ParameterError, "name each"),
            (lambda: emq(P, validation=[True, True]), LabelError, "is of class 0"),
            (lambda: emq(P, validation=[7]), LabelError, "from 0 to 1"),
            (lambda: emq(P, prior=0.2, max_iterations=1), ParameterError, "EM has not converged in max_iterations=1"),
            (lambda: prediction_powered(P, [], []), InputError, "no labelled sample"),
            (lambda: prediction_powered(P, [True], [3]), InputError, "labelled row 3 is not in the archive, which has 3 rows"),
            (lambda: prediction_powered(P, [True], [-1]), InputError, "labelled row -1 is not in the archive"),
            (lambda: prediction_powered(P, [True, True], [1, 1]), InputError, "stands twice"),
            (lambda: prediction_powered(P, [True], [0.5]), InputError, "give whole numbers"),
            (lambda: prediction_powered(P, [0.5], [1]), LabelError, "neither true nor false"),
            (lambda: prediction_powered(P, [True, False], [1]), InputError, "2 values for 1 paragraphs"),
            (lambda: prediction_powered(P, [True], [1], power=2), ParameterError, "power=2"),
        ],
    )
    def test_bad_data_are_named(self, call: Any, error: type[Exception], told: str) -> None:
        with pytest.raises(error) as raised:
            call()
        assert told in str(raised.value)


@pytest.fixture(scope="module")
def small(small_model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small model in a file."""
    path = tmp_path_factory.mktemp("prevalence") / "small.model"
    small_model.save(path)
    return path


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The labelled paragraphs without their labels, three times, with dates and sources."""
    paragraphs = [
        {"id": f"{record['id']}-{i}", "text": record["text"], "date": f"2024-0{i + 1}-15T08:00", "source": ("rfi", "afp")[j % 2]}
        for i in range(3)
        for j, record in enumerate(RECORDS)
    ]
    return write(tmp_path_factory.mktemp("prevalence") / "archive.jsonl", paragraphs)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    labelled = [{**record, "id": f"{record['id']}-{i}"} for i in range(3) for record in RECORDS[i::2]]
    return write(tmp_path_factory.mktemp("prevalence") / "sample.jsonl", labelled)


class TestCommand:
    KEYS = ("estimate", "low", "high", "n", "n_labelled", "method")

    @pytest.mark.parametrize("asked", [("--topic", "mines"), ("--stance", "turkey=favor")], ids=" ".join)
    def test_a_labelled_sample_gives_prediction_powered_shares(
        self, small: Path, archive: Path, sample: Path, asked: tuple[str, str]
    ) -> None:
        (found,) = records(ran("prevalence", archive, *asked, "--labelled", sample, "--model", small))
        assert tuple(found) == self.KEYS
        assert (found["method"], found["n"]) == ("ppi", 3 * len(RECORDS))
        assert found["n_labelled"] == len(sample.read_text(encoding="utf-8").splitlines())
        share = np.mean(
            ["mines" in record["topics"] if asked[0] == "--topic" else record["stances"].get("turkey") == "favor" for record in RECORDS]
        )
        assert found["low"] < share < found["high"]

    @pytest.mark.parametrize("given", [("cc",), ("ac",), ("emq", "--prior", "0.3"), ("ppi",)], ids=" ".join)
    def test_every_method_by_month_and_source(self, small: Path, archive: Path, sample: Path, given: tuple[str, ...]) -> None:
        found = records(
            ran(
                "prevalence",
                archive,
                "--topic",
                "mines",
                "--by",
                "month,source",
                "--method",
                *given,
                "--labelled",
                sample,
                "--model",
                small,
            )
        )
        assert [(r["month"], r["source"]) for r in found] == [(f"2024-0{i}", source) for i in (1, 2, 3) for source in ("afp", "rfi")]
        assert all(0 <= r["low"] <= r["estimate"] <= r["high"] <= 1 and r["method"] == given[0] for r in found)

    def test_without_labels_it_warns(self, small: Path, archive: Path) -> None:
        done = sahel("prevalence", archive, "--topic", "mines", "--by", "year", "--model", small)
        assert done.returncode == 0
        assert done.stderr.startswith("sahel-classify: warning: no labelled sample")
        assert [(r["year"], r["method"]) for r in records(done.stdout)] == [("2024", "ac")]

    def test_formats_and_csv_archives(self, small: Path, tmp_path: Path) -> None:
        lines = "".join(f'{r["id"]},{"rfi" if i % 2 else ""},2024-05,"{r["text"]}"\n' for i, r in enumerate(RECORDS))
        given = write(tmp_path / "a.csv", "id,source,date,text\n" + lines)
        arguments = ["prevalence", given, "--topic", "mines", "--method", "cc", "--by", "source,month", "--model", small]
        table = list(csv.DictReader(io.StringIO(ran(*arguments, "--format", "csv"))))
        assert [(row["source"], row["month"], row["n"]) for row in table] == [("(none)", "2024-05", "17"), ("rfi", "2024-05", "17")]
        shown = ran(*arguments, "--format", "table").splitlines()
        assert shown[0].split() == ["source", "month", *self.KEYS]
        assert len({len(line) for line in shown}) == 1
        assert ran(*arguments, "-o", tmp_path / "out.jsonl") == ""
        assert (tmp_path / "out.jsonl").read_text(encoding="utf-8") == ran(*arguments)

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (["--topic", "sport"], "no topic 'sport' in this model"),
            (["--stance", "turkey"], "write TARGET=STANCE"),
            (["--stance", "mars=favor"], "no target 'mars' in this model"),
            (["--topic", "mines", "--method", "ppi"], "--method ppi needs --labelled"),
            (["--topic", "mines", "--method", "emq"], "--method emq needs --prior"),
            (["--topic", "mines", "--prior", "0"], "prior=0.0; give shares above 0"),
            (["--topic", "mines", "--by", "author"], "no paragraph has a column named 'author'"),
            (["--topic", "mines", "--by", "month,"], "has an empty name"),
            ([], "one of the arguments --topic --stance is required"),
        ],
    )
    def test_bad_usage_is_one_line(self, small: Path, archive: Path, arguments: list[str], told: str) -> None:
        done = sahel("prevalence", archive, *arguments, "--model", small)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert told in done.stderr

    @pytest.mark.parametrize(
        ("record", "told"),
        [
            ({"id": "z", "text": "La mine.", "topics": []}, "z is not in the archive; label paragraphs drawn from it"),
            ({"id": "twice", "text": "La mine.", "topics": []}, "twice stands 2 times in the archive"),
            ({"id": "a", "text": "La dune.", "topics": []}, "the text of a is not that of the archive"),
            ({"id": "a", "text": "La mine.", "stances": {}}, "a is not annotated for what is asked"),
        ],
    )
    def test_a_sample_that_does_not_fit_is_named(self, small: Path, tmp_path: Path, record: dict[str, Any], told: str) -> None:
        given = write(tmp_path / "a.jsonl", [{"id": i, "text": "La mine."} for i in ("a", "twice", "twice")])
        done = sahel("prevalence", given, "--topic", "mines", "--labelled", write(tmp_path / "s.jsonl", [record]), "--model", small)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert told in done.stderr

    def test_a_date_that_is_none_is_named(self, small: Path, tmp_path: Path) -> None:
        given = write(tmp_path / "a.jsonl", [{"id": "a", "text": "La mine.", "date": "mai 2024"}])
        done = sahel("prevalence", given, "--topic", "mines", "--method", "cc", "--by", "month", "--model", small)
        assert (done.returncode, done.stdout) == (2, "")
        assert "a: date 'mai 2024' is no ISO date" in done.stderr
