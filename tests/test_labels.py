"""Labels: records, reading from every kind of source, fingerprint, folds, counts."""

from __future__ import annotations

import importlib.util
import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import identifiers, labelled_records, lexicon_entries

from sahel_classify.errors import InputError, LabelError
from sahel_classify.inputs import read_documents
from sahel_classify.labels import LabelledParagraph, LabelSet, read_labels
from sahel_classify.labels.describe import describe
from sahel_classify.labels.folds import grouped_folds
from sahel_classify.lexicon import LexiconEntry, parse_lexicon_line
from sahel_classify.targets import Target

RECORDS: list[dict[str, Any]] = [
    {
        "id": "a",
        "text": "La mine d'or rouvre.",
        "topics": ["mines"],
        "stances": {"mali": "favor"},
        "lang": "fr",
        "group": "g",
        "year": 2024,
    },
    {
        "id": "b",
        "text": "The summit opens.",
        "topics": [],
        "stances": {},
        "lang": "en",
        "group": "g",
        "genre": "brief",
        "headline": "Summit",
    },
    {"id": "c", "text": "Un sommet, une mine.", "topics": ["diplomacy", "mines"], "source": "essai"},
]


def write_folder(folder: Path) -> Path:
    """A folder of labels that holds `RECORDS`, two lexicon lines and a scheme."""
    (folder / "paragraphs").mkdir(parents=True)
    (folder / "lexicon").mkdir()
    lines = [json.dumps(record, ensure_ascii=False) + "\n" for record in RECORDS]
    (folder / "paragraphs" / "one.jsonl").write_text("".join(lines[:2]), encoding="utf-8")
    (folder / "paragraphs" / "two.jsonl").write_text("\n" + lines[2], encoding="utf-8-sig")
    (folder / "lexicon" / "terms.tsv").write_text("# terms\nmine d'or\tfr\tmines\t3\r\nsuccès\tfr\tfavor\t1\n", encoding="utf-8")
    (folder / "topics.toml").write_text('[topics.mines]\nname_fr = "Mines"\n[topics.diplomacy]\n', encoding="utf-8")
    (folder / "targets.toml").write_text('[targets.mali]\naliases = ["Bamako"]\n', encoding="utf-8")
    return folder


class TestRecord:
    @given(labelled_records())
    def test_comes_back_as_it_was_read(self, record: dict[str, Any]) -> None:
        assert LabelledParagraph.from_dict(record).to_dict() == record

    @given(labelled_records())
    def test_survives_a_file(self, record: dict[str, Any]) -> None:
        paragraph = LabelledParagraph.from_dict(record)
        assert LabelledParagraph.from_dict(json.loads(json.dumps(paragraph.to_dict()))) == paragraph

    @given(labelled_records())
    def test_leaves_the_given_record_alone(self, record: dict[str, Any]) -> None:
        before = json.dumps(record)
        LabelledParagraph.from_dict(record).to_dict()["added"] = 1
        assert json.dumps(record) == before

    def test_keeps_unknown_keys(self) -> None:
        paragraph = LabelledParagraph.from_dict({"id": "a", "text": "…", "source": {"url": "x"}, "note": None})
        assert paragraph.extra == {"source": {"url": "x"}, "note": None}
        assert paragraph.to_dict() == {"id": "a", "text": "…", "source": {"url": "x"}, "note": None}

    def test_tells_not_annotated_from_none_applies(self) -> None:
        absent = LabelledParagraph.from_dict({"id": "a", "text": "…", "topics": None})
        empty = LabelledParagraph.from_dict({"id": "a", "text": "…", "topics": [], "stances": {}})
        assert (absent.topics, absent.stances) == (None, None)
        assert (empty.topics, empty.stances) == ((), {})

    def test_takes_a_whole_number_as_id(self) -> None:
        assert LabelledParagraph.from_dict({"id": 7, "text": "…"}).id == "7"

    def test_counts_a_topic_once(self) -> None:
        assert LabelledParagraph.from_dict({"id": "a", "text": "…", "topics": ["x", "y", "x"]}).topics == ("x", "y")

    @pytest.mark.parametrize(
        ("record", "names", "remedy"),
        [
            (["id", "a"], "list", "JSON object is needed"),
            ({"text": "…"}, '"id"', "give each paragraph an id"),
            ({"id": "", "text": "…"}, '"id"', "give each paragraph an id"),
            ({"id": True, "text": "…"}, '"id"', "give each paragraph an id"),
            ({"id": "a"}, '"text" of a', "missing"),
            ({"id": "a", "text": " \n"}, '"text" of a', "empty"),
            ({"id": "a", "text": 3}, '"text" of a', "no string"),
            ({"id": "a", "text": "…", "topics": "mines"}, '"topics" of a', "write []"),
            ({"id": "a", "text": "…", "topics": [1]}, '"topics" of a', "write []"),
            ({"id": "a", "text": "…", "topics": [""]}, '"topics" of a', "write []"),
            ({"id": "a", "text": "…", "stances": ["mali"]}, '"stances" of a', 'write {"target": "favor"}'),
            ({"id": "a", "text": "…", "stances": {"mali": "for"}}, "'for' of a towards 'mali'", "one of favor, against, neutral"),
            ({"id": "a", "text": "…", "stances": {"mali": ["favor"]}}, "towards 'mali'", "one of favor, against, neutral"),
            ({"id": "a", "text": "…", "year": "2024"}, '"year" of a', "whole number"),
            ({"id": "a", "text": "…", "year": True}, '"year" of a', "whole number"),
            ({"id": "a", "text": "…", "lang": 1}, "'lang' of a", "give a string"),
            ({"id": "a", "text": "…", "group": 1}, "'group' of a", "give a string"),
            ({"id": "a", "text": "…", "genre": []}, "'genre' of a", "give a string"),
            ({"id": "a", "text": "…", "headline": {}}, "'headline' of a", "give a string"),
        ],
    )
    def test_message_names_place_and_remedy(self, record: object, names: str, remedy: str) -> None:
        with pytest.raises(LabelError) as raised:
            LabelledParagraph.from_dict(record, "mine.jsonl:12")
        message = str(raised.value)
        assert message.startswith("mine.jsonl:12: ")
        assert names in message
        assert remedy in message


class TestLexiconLine:
    @given(lexicon_entries())
    def test_comes_back_as_it_was_written(self, entry: LexiconEntry) -> None:
        assert parse_lexicon_line(f"{entry.term}\t{entry.lang}\t{entry.label}\t{entry.weight:g}", "a.tsv:1") == entry

    @pytest.mark.parametrize(
        ("line", "remedy"),
        [
            ("mine\tfr\tmines", "one tab between"),
            ("\tfr\tmines\t1", "give 1 to 4"),
            ("un deux trois quatre cinq\tfr\tmines\t1", "give 1 to 4"),
            ("mine\tde\tmines\t1", "one of fr, en, both"),
            ("mine\tfr\t\t1", "give a topic id"),
            ("mine\tfr\tmines\tlots", "one of -2, -1, 1, 2, 3"),
            ("mine\tfr\tmines\t0", "one of -2, -1, 1, 2, 3"),
        ],
    )
    def test_message_names_place_and_remedy(self, line: str, remedy: str) -> None:
        with pytest.raises(LabelError, match=r"terms\.tsv:3: ") as raised:
            parse_lexicon_line(line, "terms.tsv:3")
        assert remedy in str(raised.value)


class TestReading:
    def test_reads_a_folder(self, tmp_path: Path) -> None:
        labels = read_labels(write_folder(tmp_path / "labels"))
        assert [paragraph.to_dict() for paragraph in labels.paragraphs] == RECORDS
        assert labels.topics == ("mines", "diplomacy")
        assert labels.targets == (Target("mali", aliases=("Bamako",)),)
        assert [(entry.term, entry.weight) for entry in labels.lexicon] == [("mine d'or", 3.0), ("succès", 1.0)]
        assert labels.topic_names["mines"] == {"name_fr": "Mines"}

    def test_a_paragraph_knows_where_it_was_read_and_is_the_same_elsewhere(self, tmp_path: Path) -> None:
        folder = write_folder(tmp_path / "labels")
        from_files, from_records = read_labels(folder), read_labels(RECORDS)
        assert [paragraph.place for paragraph in from_records.paragraphs] == ["record 1", "record 2", "record 3"]
        for paragraph in from_files.paragraphs:
            file, _, line = paragraph.place.rpartition(":")
            assert json.loads(Path(file).read_text(encoding="utf-8").splitlines()[int(line) - 1])["id"] == paragraph.id
        assert from_files.paragraphs == from_records.paragraphs
        assert all("place" not in paragraph.to_dict() for paragraph in from_files.paragraphs)

    def test_reads_files(self, tmp_path: Path) -> None:
        folder = write_folder(tmp_path / "labels")
        files = ["paragraphs/one.jsonl", "paragraphs/two.jsonl", "lexicon/terms.tsv", "topics.toml", "targets.toml"]
        assert read_labels(*(str(folder / file) for file in files)) == read_labels(folder)

    def test_reads_records(self) -> None:
        labels = read_labels(RECORDS)
        assert [paragraph.to_dict() for paragraph in labels.paragraphs] == RECORDS
        assert (labels.topics, labels.targets) == (("diplomacy", "mines"), (Target("mali"),))

    def test_reads_paragraphs_and_label_sets(self) -> None:
        labels = read_labels(RECORDS[:1])
        others = [LabelledParagraph.from_dict(record) for record in RECORDS[1:]]
        assert read_labels(labels, others).paragraphs == read_labels(RECORDS).paragraphs

    def test_reads_a_pandas_frame(self) -> None:
        pandas = pytest.importorskip("pandas")
        assert read_labels(pandas.DataFrame(RECORDS)).paragraphs == read_labels(RECORDS).paragraphs

    def test_reads_a_polars_frame(self) -> None:
        polars = pytest.importorskip("polars")
        assert read_labels(polars.DataFrame(RECORDS)).paragraphs == read_labels(RECORDS).paragraphs

    def test_reads_an_arrow_table(self) -> None:
        pyarrow = pytest.importorskip("pyarrow")
        labels = read_labels(pyarrow.Table.from_pylist(RECORDS))
        assert [paragraph.topics for paragraph in labels.paragraphs] == [("mines",), (), ("diplomacy", "mines")]

    def test_names_file_and_line_of_a_bad_record(self, tmp_path: Path) -> None:
        file = tmp_path / "bad.jsonl"
        file.write_text('{"id": "a", "text": "…"}\n\n{"id": "b", "text": "…", "year": "x"}\n', encoding="utf-8")
        with pytest.raises(LabelError, match=r"bad\.jsonl:3: .*whole number"):
            read_labels(file)

    @given(st.binary(max_size=30) | st.text(max_size=9).map(lambda text: text.encode("utf-16")))
    def test_what_is_not_utf_8_is_told_as_of_a_text_to_classify(self, data: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "a.jsonl")
            file.write_bytes(data)
            with pytest.raises(LabelError) as of_labels:
                read_labels(file)
            with pytest.raises(InputError) as of_texts:
                read_documents([str(file)])
        if "UTF-8" in f"{of_labels.value}{of_texts.value}":
            assert str(of_labels.value) == str(of_texts.value)

    def test_names_file_and_line_of_bad_json(self, tmp_path: Path) -> None:
        file = tmp_path / "bad.jsonl"
        file.write_text('{"id": "a", "text": "…"}\n{"id": \n', encoding="utf-8")
        with pytest.raises(LabelError, match=r"bad\.jsonl:2: no valid JSON"):
            read_labels(file)

    def test_a_number_too_long_to_read_is_bad_json(self, tmp_path: Path) -> None:
        file = tmp_path / "bad.jsonl"
        file.write_text('{"id": "a", "text": "…", "year": ' + "9" * 5000 + "}", encoding="utf-8")
        with pytest.raises(LabelError, match=r"bad\.jsonl:1: no valid JSON"):
            read_labels(file)

    def test_names_the_number_of_a_bad_record_in_memory(self) -> None:
        with pytest.raises(LabelError, match=r"record 2: "):
            read_labels([RECORDS[0], {"id": "b"}])

    def test_refuses_an_id_that_stands_twice(self) -> None:
        with pytest.raises(LabelError, match="'a' stands twice"):
            read_labels(RECORDS, RECORDS[:1])

    @pytest.mark.parametrize("source", [b"labels", {"id": "a", "text": "…"}, 3])
    def test_refuses_what_is_no_source(self, source: object) -> None:
        with pytest.raises(LabelError, match="give a path, records or a data frame"):
            read_labels(source)

    def test_refuses_an_empty_folder(self, tmp_path: Path) -> None:
        with pytest.raises(LabelError, match="no paragraphs"):
            read_labels(tmp_path)


class TestFingerprint:
    def test_is_the_same_after_reading_again(self, tmp_path: Path) -> None:
        folder = write_folder(tmp_path / "labels")
        assert read_labels(folder).fingerprint() == read_labels(folder).fingerprint()

    @pytest.mark.parametrize(
        "change",
        [
            lambda s: replace(s, paragraphs=(replace(s.paragraphs[0], topics=("diplomacy",)), *s.paragraphs[1:])),
            lambda s: replace(s, paragraphs=(replace(s.paragraphs[0], topics=None), *s.paragraphs[1:])),
            lambda s: replace(s, paragraphs=(replace(s.paragraphs[0], stances={"mali": "against"}), *s.paragraphs[1:])),
            lambda s: replace(s, paragraphs=(replace(s.paragraphs[0], text="La mine d'or ferme."), *s.paragraphs[1:])),
            lambda s: replace(s, paragraphs=(replace(s.paragraphs[0], group="h"), *s.paragraphs[1:])),
            lambda s: replace(s, paragraphs=s.paragraphs[1:]),
            lambda s: replace(s, lexicon=(s.lexicon[0]._replace(weight=2.0), *s.lexicon[1:])),
            lambda s: replace(s, lexicon=(s.lexicon[0]._replace(label="diplomacy"), *s.lexicon[1:])),
            lambda s: replace(s, topics=s.topics[::-1]),
            lambda s: replace(s, targets=(replace(s.targets[0], aliases=("Koulouba",)),)),
        ],
    )
    def test_changes_with_any_label(self, tmp_path: Path, change: Callable[[LabelSet], LabelSet]) -> None:
        labels = read_labels(write_folder(tmp_path / "labels"))
        assert change(labels).fingerprint() != labels.fingerprint()


class TestFolds:
    @given(st.lists(st.tuples(st.booleans(), st.booleans(), identifiers()), min_size=1, max_size=40), st.integers(1, 8), st.integers(0, 3))
    def test_never_split_a_group(self, rows: list[tuple[bool, bool, str]], n_folds: int, seed: int) -> None:
        labels = np.array([row[:2] for row in rows])
        groups = [row[2] for row in rows]
        folds = grouped_folds(labels, groups, n_folds, seed)
        assert all(len(set(folds[[g == group for g in groups]])) == 1 for group in set(groups))
        assert set(folds) <= set(range(min(n_folds, len(set(groups)))))

    def test_spread_labels(self) -> None:
        generator = np.random.default_rng(0)
        groups = [f"g{number}" for number in range(300) for _ in range(4)]
        # Three of four paragraphs of a group have the group's label: what a plain split by group would spread unevenly.
        labels = np.repeat(generator.random((300, 3)) < [0.5, 0.2, 0.05], 4, axis=0) & (generator.random((1200, 3)) < 0.75)
        folds = grouped_folds(labels, groups, 5, seed=1)
        sizes = np.bincount(folds)
        assert sizes.min() > 0.9 * 240
        for column in labels.T:
            held = np.bincount(folds, weights=column)
            assert held.min() >= 0.75 * held.mean()

    def test_are_the_same_for_the_same_seed(self) -> None:
        labels = np.random.default_rng(0).random((60, 2)) < 0.3
        groups = [str(number // 2) for number in range(60)]
        assert (grouped_folds(labels, groups, 5, 7) == grouped_folds(labels, groups, 5, 7)).all()


class TestDescribe:
    def test_counts(self, tmp_path: Path) -> None:
        card = describe(read_labels(write_folder(tmp_path / "labels")))
        for line in [
            "- Paragraphs: 3, in 2 groups",
            "- Years: 2024",
            "- Annotated for topics: 3, of which without a topic 1",
            "- Annotated for stances: 2",
            "- Lexicon lines: 2",
            "| `fr` | 1 |",
            "| `brief` | 1 |",
            "| `mines` | 2 |",
            "| `mali` | 1 | 0 | 0 | 1 |",
            "| `favor` | 1 | 0 | 0 | 1 |",
        ]:
            assert line in card.splitlines()

    def test_leaves_out_empty_tables(self) -> None:
        assert "|" not in describe(read_labels([{"id": "a", "text": "…"}]))


def test_data_card_is_rewritten_and_checked(tmp_path: Path) -> None:
    script = Path(__file__).resolve().parents[1] / "benchmarks" / "data_card.py"
    specification = importlib.util.spec_from_file_location("data_card", script)
    assert specification is not None
    assert specification.loader is not None
    data_card = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(data_card)
    folder = write_folder(tmp_path / "labels")
    card = folder / "README.md"
    assert data_card.main([str(folder)]) == 2
    card.write_text("# Card\n<!-- counts -->\nold\n<!-- /counts -->\nEnd.\n", encoding="utf-8")
    assert data_card.main([str(folder), "--check"]) == 1
    assert "old" in card.read_text(encoding="utf-8")
    assert data_card.main([str(folder)]) == 0
    assert data_card.main([str(folder), "--check"]) == 0
    text = card.read_text(encoding="utf-8")
    assert text.startswith("# Card\n<!-- counts -->\n- Paragraphs: 3")
    assert text.endswith("\n<!-- /counts -->\nEnd.\n")
