"""The model file: round trip, the same bytes, damage, foreign files, atomic writing."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from samples import RECORDS
from strategies import any_texts, composed_texts

import sahel_classify
from sahel_classify import BundleError, Model, OutputError, ParagraphVectorizer, TopicClassifier
from sahel_classify.analysis import analyze
from sahel_classify.bundle import FORMAT, FORMAT_VERSION, read_bundle, read_manifest, write_bundle
from sahel_classify.features import ParagraphFeatures
from sahel_classify.mentions import MentionFinder

TEXTS = [*(record["text"] for record in RECORDS), "Ankara n'a pas salué la mine d'or, et pourtant la vaccination commence."]
ARRAYS = {"weights": np.arange(6, dtype=np.float32).reshape(2, 3), "codes": np.array([1, 2, 3], np.uint8), "none": np.zeros(0)}


@pytest.fixture(scope="module")
def saved(small_model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "small.model"
    small_model.save(path)
    return path


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file small enough to damage anywhere."""
    path = tmp_path_factory.mktemp("tiny") / "tiny.model"
    write_bundle(path, {"name": "été", "numbers": [1.5, None]}, ARRAYS)
    return path


def same(path: Path, other: Path) -> bool:
    one, two = read_bundle(path), read_bundle(other)
    equal = [np.array_equal(one.arrays[name], two.arrays[name]) and one.arrays[name].dtype == two.arrays[name].dtype for name in one.arrays]
    return one.manifest == two.manifest and one.arrays.keys() == two.arrays.keys() and all(equal)


def harmless(path: Path, unchanged: Callable[[], bool]) -> bool:
    """Whether a damaged file is refused by name, or read as if it were whole."""
    try:
        return unchanged()
    except BundleError as error:
        return str(error).startswith(f"{path}: ")


def forged(path: Path, members: dict[str, bytes], **manifest: Any) -> Path:
    """A file whose checksums are right whatever it holds."""
    checksums = {name: hashlib.sha256(data).hexdigest() for name, data in members.items()}
    text = json.dumps({"format": FORMAT, "format_version": FORMAT_VERSION, "checksums": checksums} | manifest).encode()
    with zipfile.ZipFile(path, "w") as archive:
        archive.comment = hashlib.sha256(text).hexdigest().encode()
        for name, data in {"manifest.json": text, **members}.items():
            archive.writestr(name, data)
    return path


class TestRoundTrip:
    def test_a_model_answers_the_same_after_it_is_saved(self, small_model: Model, saved: Path) -> None:
        loaded = sahel_classify.load(saved)
        asked = [["turkey"]] * len(TEXTS)
        assert loaded.predict(TEXTS, asked=asked) == small_model.predict(TEXTS, asked=asked)
        assert loaded.explain(TEXTS[0], topic="mines") == small_model.explain(TEXTS[0], topic="mines")
        assert (loaded.topic_ids, loaded.target_ids) == (small_model.topic_ids, small_model.target_ids)
        assert {key: loaded.metadata[key] for key in small_model.metadata} == small_model.metadata

    @given(composed_texts() | any_texts())
    def test_on_any_text(self, small_model: Model, saved: Path, text: str) -> None:
        assert sahel_classify.load(saved).predict(text, asked=["turkey"]) == small_model.predict(text, asked=["turkey"])

    def test_a_model_of_word_lists_answers_the_same(self, lexicon_file: Path, tmp_path: Path) -> None:
        model = sahel_classify.train(lexicon=lexicon_file)
        model.save(tmp_path / "a.model")
        assert sahel_classify.load(tmp_path / "a.model").predict(TEXTS) == model.predict(TEXTS)

    @pytest.mark.parametrize("exclusive", [True, False])
    def test_letters_and_parameters_are_kept(self, tmp_path: Path, exclusive: bool) -> None:
        vectorizer = ParagraphVectorizer(words=False, char_ngrams=(2, 3), min_df=1, sublinear_tf=False).fit(TEXTS[:-1])
        features = ParagraphFeatures(vectorizer, None, None)
        classifier = TopicClassifier(exclusive=exclusive, C=1.0)
        classifier.fit(features.rows([analyze(text) for text in TEXTS[:-1]]), [record["topics"] for record in RECORDS])
        # The file keeps weights in half precision.
        classifier.coef_ = classifier.coef_.astype(np.float16).astype(np.float64)
        model = Model(features, classifier, MentionFinder(()), None, None)
        model.save(tmp_path / "a.model")
        loaded = sahel_classify.load(tmp_path / "a.model")
        assert loaded.features is not None
        assert loaded.features.vectorizer is not None
        assert loaded.features.vectorizer.get_params() == vectorizer.get_params()
        assert loaded.predict(TEXTS) == model.predict(TEXTS)

    def test_a_model_saved_again_has_the_same_bytes(self, saved: Path, tmp_path: Path) -> None:
        sahel_classify.load(saved).save(tmp_path / "again.model")
        assert (tmp_path / "again.model").read_bytes() == saved.read_bytes()

    def test_the_same_labels_and_seed_give_the_same_bytes(self, small_labels: Path, saved: Path, tmp_path: Path) -> None:
        sahel_classify.train(small_labels).save(tmp_path / "again.model")
        assert (tmp_path / "again.model").read_bytes() == saved.read_bytes()

    def test_plain_values_and_arrays_come_back(self, tiny: Path) -> None:
        bundle = read_bundle(tiny)
        assert bundle.manifest["name"] == "été"
        assert bundle.manifest["format_version"] == FORMAT_VERSION
        assert read_manifest(tiny) == bundle.manifest
        assert {name: array.tolist() for name, array in bundle.arrays.items()} == {name: array.tolist() for name, array in ARRAYS.items()}


class TestDamage:
    @given(st.data())
    def test_a_truncated_file_is_refused(self, tiny: Path, data: st.DataObject) -> None:
        content = tiny.read_bytes()
        damaged = tiny.with_name("truncated.model")
        damaged.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
        with pytest.raises(BundleError, match=r"truncated\.model: "):
            read_bundle(damaged)

    @given(st.floats(0, 1, exclude_max=True), st.integers(1, 255))
    @example(0.999, 1)
    def test_a_changed_byte_is_refused_or_does_no_harm(self, tiny: Path, place: float, change: int) -> None:
        content = bytearray(tiny.read_bytes())
        content[int(place * len(content))] ^= change
        damaged = tiny.with_name("changed.model")
        damaged.write_bytes(content)
        assert harmless(damaged, lambda: same(damaged, tiny))

    @given(st.floats(0, 1, exclude_max=True), st.integers(0, 7))
    def test_a_changed_bit_of_a_model_is_refused_or_does_no_harm(self, small_model: Model, saved: Path, place: float, bit: int) -> None:
        content = bytearray(saved.read_bytes())
        content[int(place * len(content))] ^= 1 << bit
        damaged = saved.with_name("changed.model")
        damaged.write_bytes(content)
        expected = small_model.predict(TEXTS[:3])
        assert harmless(damaged, lambda: sahel_classify.load(damaged).predict(TEXTS[:3]) == expected)

    @pytest.mark.parametrize(
        ("name", "told"), [("topics.coef", "KeyError|topics.coef"), ("stances.lexicon.weight", "stances.lexicon.weight")]
    )
    def test_a_model_that_lacks_a_part_is_refused(self, saved: Path, tmp_path: Path, name: str, told: str) -> None:
        bundle = read_bundle(saved)
        write_bundle(tmp_path / "a.model", bundle.manifest, {key: array for key, array in bundle.arrays.items() if key != name})
        with pytest.raises(BundleError, match=f"do not fit together .*{told}.* train it again"):
            sahel_classify.load(tmp_path / "a.model")

    @pytest.mark.parametrize("name", ["topics.coef", "topics.words.idf", "topics.intercept", "stances.coef"])
    def test_a_model_whose_parts_do_not_fit_is_refused(self, saved: Path, tmp_path: Path, name: str) -> None:
        bundle = read_bundle(saved)
        write_bundle(tmp_path / "a.model", bundle.manifest, {**bundle.arrays, name: bundle.arrays[name][:-1]})
        with pytest.raises(BundleError, match="do not fit together"):
            sahel_classify.load(tmp_path / "a.model")


class TestForeignFiles:
    def test_a_missing_file_tells_how_to_make_one(self, tmp_path: Path) -> None:
        with pytest.raises(BundleError, match=r"none\.model: no such model file; train one with 'sahel-classify train"):
            sahel_classify.load(tmp_path / "none.model")

    @pytest.mark.parametrize("content", [b"", b"PK", b"Ceci est un texte.", pickle.dumps({"coef": [1.0]})])
    def test_what_is_no_archive_is_refused(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "a.model").write_bytes(content)
        with pytest.raises(BundleError, match="no model file of sahel_classify"):
            sahel_classify.load(tmp_path / "a.model")

    def test_a_folder_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(BundleError, match="no model file of sahel_classify"):
            sahel_classify.load(tmp_path)

    def test_a_zip_of_something_else_is_refused(self, tmp_path: Path) -> None:
        np.savez(tmp_path / "a.npz", x=np.zeros(3))
        with pytest.raises(BundleError, match=r"manifest\.json is missing; no model file of sahel_classify"):
            sahel_classify.load(tmp_path / "a.npz")
        with pytest.raises(BundleError, match="a zip file, but no model of sahel_classify"):
            read_bundle(forged(tmp_path / "b.model", {}, format="another model"))

    def test_a_newer_format_asks_for_an_upgrade(self, tmp_path: Path) -> None:
        path = forged(tmp_path / "a.model", {}, format_version=FORMAT_VERSION + 1)
        for read in (sahel_classify.load, read_manifest):
            with pytest.raises(BundleError, match=r"is newer than this package reads .*; upgrade with 'pip install -U sahel-classify'"):
                read(path)

    @pytest.mark.parametrize("version", [0, -1, "1", None, 1.0])
    def test_a_version_that_never_was_is_refused(self, tmp_path: Path, version: object) -> None:
        with pytest.raises(BundleError, match="is no version of ours"):
            read_bundle(forged(tmp_path / "a.model", {}, format_version=version))

    def test_a_pickle_inside_an_array_is_not_run(self, tmp_path: Path) -> None:
        class Trap:
            def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
                return os.mkdir, (str(tmp_path / "run"),)

        buffer = io.BytesIO()
        np.save(buffer, np.array([Trap()], dtype=object), allow_pickle=True)
        path = forged(tmp_path / "a.model", {"arrays/topics.coef.npy": buffer.getvalue()})
        with pytest.raises(BundleError, match=r"arrays/topics\.coef\.npy is no plain array"):
            sahel_classify.load(path)
        assert not (tmp_path / "run").exists()

    @pytest.mark.parametrize("array", [np.array(["a"]), np.array([1 + 2j]), np.zeros(2, [("a", "f8")]), np.array([True])])
    def test_values_that_no_model_has_are_refused(self, tmp_path: Path, array: Any) -> None:
        buffer = io.BytesIO()
        np.save(buffer, array)
        with pytest.raises(BundleError, match=r"arrays/x\.npy has values of type .*, which no model has"):
            read_bundle(forged(tmp_path / "a.model", {"arrays/x.npy": buffer.getvalue()}))

    def test_a_member_more_than_the_manifest_lists_is_refused(self, tiny: Path, tmp_path: Path) -> None:
        path = tmp_path / "a.model"
        path.write_bytes(tiny.read_bytes())
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("arrays/more.npy", b"")
        with pytest.raises(BundleError, match="its members are not those that the manifest lists"):
            read_bundle(path)


class TestWriting:
    @pytest.mark.parametrize("function", ["replace", "fsync"])
    @pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
    def test_a_failure_leaves_the_old_file_and_no_partial_one(
        self, monkeypatch: pytest.MonkeyPatch, small_model: Model, tmp_path: Path, function: str, error: BaseException
    ) -> None:
        path = tmp_path / "a.model"
        path.write_bytes(b"old")

        def fail(*arguments: object) -> None:
            raise error

        monkeypatch.setattr(os, function, fail)
        with pytest.raises((OutputError, KeyboardInterrupt)) as raised:
            small_model.save(path)
        if isinstance(error, OSError):
            assert str(raised.value).startswith(f"{path}: can't be written (No space left on device); choose a folder")
        assert [file.name for file in tmp_path.iterdir()] == ["a.model"]
        assert path.read_bytes() == b"old"

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="a folder is not read-only to root or on this system")
    def test_a_read_only_folder_is_told(self, small_model: Model, tmp_path: Path) -> None:
        folder = tmp_path / "read-only"
        folder.mkdir(mode=0o500)
        with pytest.raises(OutputError, match="can't be written"):
            small_model.save(folder / "a.model")
        assert list(folder.iterdir()) == []

    def test_a_folder_that_does_not_exist_or_a_folder_as_file_is_told(self, small_model: Model, tmp_path: Path) -> None:
        (tmp_path / "folder").mkdir()
        for path in (tmp_path / "none" / "a.model", tmp_path / "folder"):
            with pytest.raises(OutputError, match="can't be written"):
                small_model.save(path)
        assert [file.name for file in tmp_path.iterdir()] == ["folder"]
