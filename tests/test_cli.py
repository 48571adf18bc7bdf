"""The command, run as a process: inputs, formats and records of the contract, and every subcommand."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import stat
import subprocess
import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from command import COMMAND, ROOT, SEEDS, ran, records, sahel, write
from samples import FOREIGN, RECORDS

import sahel_classify
from sahel_classify import Model

ARTICLE_KEYS = ["id", "paragraph", "offset", "language", "topics", "topic_probabilities", "stances", "abstained"]
KEYS = [key for key in ARTICLE_KEYS if key not in {"paragraph", "offset"}]
STANCES = ["favor", "against", "neutral"]
COMMANDS = ["predict", "train", "evaluate", "agreement", "explain", "prevalence", "inspect", "lint"]

MINE = "La mine d'or de Loulo a repris sa production après la grève."
PRAISE = "Le président a salué Ankara, un partenaire fiable et généreux."
SUMMIT = "Une délégation est attendue mardi dans la capitale pour le sommet."
PARAGRAPHS = [
    {"id": "une", "text": MINE, "targets": ["turkey"], "note": "gardée par nous"},
    {"id": "deux", "text": PRAISE, "headline": "Visite en Turquie"},
    {"id": 3, "text": SUMMIT},
]


@pytest.fixture(scope="module")
def small(small_model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small model in a file."""
    path = tmp_path_factory.mktemp("model") / "small.model"
    small_model.save(path)
    return path


def plain(value: Any) -> Any:
    """A value as JSON gives it back: lists for tuples."""
    return json.loads(json.dumps(value))


def is_probability(value: object) -> bool:
    return isinstance(value, float) and 0.0 <= value <= 1.0


def check_record(record: dict[str, Any], topics: tuple[str, ...], keys: list[str]) -> None:
    """Keys, types and ranges as the contract says."""
    assert list(record) == keys
    assert isinstance(record["id"], str)
    assert record["language"] is None or (isinstance(record["language"], str) and len(record["language"]) in {2, 3})
    given = record["topic_probabilities"]
    assert tuple(given) == topics
    assert all(map(is_probability, given.values()))
    assert set(record["topics"]) <= set(topics)
    assert record["topics"] == sorted(record["topics"], key=lambda topic: -given[topic])
    for towards in record["stances"].values():
        assert list(towards) == ["stance", "probabilities"]
        assert towards["stance"] in STANCES
        assert list(towards["probabilities"]) == STANCES
        assert all(map(is_probability, towards["probabilities"].values()))
        assert sum(towards["probabilities"].values()) == pytest.approx(1.0)
    assert record["abstained"] in {None, "too_short", "no_known_words", "language_unsupported"}
    if record["abstained"] is not None:
        assert (record["topics"], record["stances"]) == ([], {})


class TestPredictArticles:
    @pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.name)
    def test_every_seed_article_gives_the_records_of_the_contract(self, shipped_model: Model, path: Path) -> None:
        article = path.read_text(encoding="utf-8")
        paragraphs = [part.strip() for part in article.split("\n\n")]
        found = records(ran("predict", path))
        for record in found:
            check_record(record, shipped_model.topic_ids, ARTICLE_KEYS)
        assert [record["id"] for record in found] == [f"{path.name}#{number}" for number in range(1, len(paragraphs) + 1)]
        assert [record["paragraph"] for record in found] == list(range(1, len(paragraphs) + 1))
        for record, paragraph in zip(found, paragraphs, strict=True):
            assert article[record["offset"] : record["offset"] + len(paragraph)] == paragraph
            assert record["abstained"] is None
        assert {record["language"] for record in found} == {"en" if path.name[:2] in {"05", "06"} else "fr"}

    def test_the_command_says_what_the_python_interface_says(self, shipped_model: Model) -> None:
        for path in SEEDS[:2]:
            article = shipped_model.predict_article(path.read_text(encoding="utf-8"))
            found = records(ran("predict", path))
            assert [record["offset"] for record in found] == list(article.offsets)
            assert [{key: record[key] for key in KEYS[1:]} for record in found] == plain([p.to_dict() for p in article.paragraphs])

    def test_all_seed_articles_at_once_are_one_after_the_other(self) -> None:
        together = ran("predict", *SEEDS)
        assert [record["id"].split("#")[0] for record in records(together)] == [
            path.name for path in SEEDS for _ in path.read_text(encoding="utf-8").split("\n\n")
        ]
        assert together.startswith(ran("predict", SEEDS[0]))

    @pytest.mark.parametrize("name", ["article.txt", "article.md", "ARTICLE.TXT", "avec espace et été.txt"])
    def test_the_name_of_the_file_makes_the_id(self, small: Path, tmp_path: Path, name: str) -> None:
        path = write(tmp_path / name, f"{MINE}\n\n{PRAISE}\n")
        assert [record["id"] for record in records(ran("predict", path, "--model", small))] == [f"{name}#1", f"{name}#2"]

    @pytest.mark.parametrize(
        ("article", "starts"),
        [
            (f"\n\n  {MINE}\n\n\n{PRAISE}\n", [MINE, PRAISE]),
            (f"{MINE}\r\n\r\n{PRAISE}\r\n", [MINE, PRAISE]),
            (f"Titre ½ 🙂\n \t\n{MINE[:20]}\n{MINE[21:]}\n\n{PRAISE}", ["Titre ½ 🙂", MINE[:20], PRAISE]),
        ],
        ids=["blank lines around", "Windows line ends", "a paragraph over two lines, characters beyond the BMP"],
    )
    def test_the_text_at_the_offset_is_the_paragraph(self, small: Path, tmp_path: Path, article: str, starts: list[str]) -> None:
        found = records(ran("predict", write(tmp_path / "a.txt", article), "--model", small))
        assert [article[record["offset"] :][: len(start)] for record, start in zip(found, starts, strict=True)] == starts

    def test_a_byte_order_mark_is_no_text(self, small: Path, tmp_path: Path) -> None:
        marked = ran("predict", write(tmp_path / "a.txt", f"\ufeff{MINE}"), "--model", small)
        assert marked == ran("predict", write(tmp_path / "a.txt", MINE), "--model", small)
        assert records(marked)[0]["offset"] == 0

    def test_two_files_of_one_name_are_told_apart_by_their_path(self, small: Path, tmp_path: Path) -> None:
        for folder in ("mali", "niger"):
            (tmp_path / folder).mkdir()
            write(tmp_path / folder / "a.txt", MINE)
        write(tmp_path / "b.txt", MINE)
        found = records(ran("predict", "mali/a.txt", "niger/a.txt", "b.txt", "--model", small, folder=tmp_path))
        assert [record["id"] for record in found] == ["mali/a.txt#1", "niger/a.txt#1", "b.txt#1"]


class TestPredictRecords:
    def test_ids_are_carried_through_and_asked_targets_answered(self, small: Path, small_model: Model, tmp_path: Path) -> None:
        found = records(ran("predict", write(tmp_path / "a.jsonl", PARAGRAPHS), "--model", small))
        for record in found:
            check_record(record, small_model.topic_ids, KEYS)
        assert [record["id"] for record in found] == ["une", "deux", "3"]
        assert [list(record["stances"]) for record in found] == [["turkey"], ["turkey"], []]
        assert found[0]["topics"] == ["mines"]
        assert found[1]["stances"]["turkey"]["stance"] == "favor"

    def test_a_target_of_the_options_may_be_asked_for(self, tmp_path: Path) -> None:
        asked = write(tmp_path / "a.jsonl", [{"id": "a", "text": PRAISE, "targets": ["turkey", "russia"]}, {"id": "b", "text": PRAISE}])
        one, other = records(ran("predict", asked, "--target", "turkey=Turquie"))
        assert {"turkey", "russia"} <= set(one["stances"])
        assert not {"turkey", "russia"} & set(other["stances"])

    def test_without_an_id_the_place_is_the_id(self, small: Path, tmp_path: Path) -> None:
        path = write(
            tmp_path / "a.jsonl",
            '{"text": "Un."}\n\n  \n{"id": "", "text": "Deux."}\n{"id": null, "text": "Trois."}\n{"id": 0, "text": "x"}',
        )
        assert [record["id"] for record in records(ran("predict", path, "--model", small))] == ["a.jsonl:1", "a.jsonl:4", "a.jsonl:5", "0"]

    def test_a_headline_is_heard(self, shipped_model: Model, tmp_path: Path) -> None:
        text = "Le gouvernement a dénoncé ces propos et rappelé son ambassadeur pour consultations."
        headline = "Niger : la junte répond à Paris"
        path = write(tmp_path / "a.jsonl", [{"id": "with", "text": text, "headline": headline}, {"id": "without", "text": text}])
        expected = shipped_model.predict([text, text], headlines=[headline, None])
        found = [{key: record[key] for key in KEYS[1:]} for record in records(ran("predict", path))]
        assert found == plain([prediction.to_dict() for prediction in expected])
        assert found[0] != found[1]

    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    @pytest.mark.parametrize("start", ["", "\ufeff"], ids=["plain", "with a byte order mark"])
    def test_csv_says_the_same_as_json_lines(self, small: Path, tmp_path: Path, delimiter: str, start: str) -> None:
        rows = [
            ["note", "targets", "text", "headline", "id"],
            ["", "turkey", MINE, "", "une"],
            ["x", "", PRAISE, "Visite en Turquie", "deux"],
        ]
        rows.append(["", "", SUMMIT, "", "3"])
        buffer = io.StringIO()
        csv.writer(buffer, delimiter=delimiter).writerows(rows)
        from_csv = ran("predict", write(tmp_path / "a.csv", start + buffer.getvalue()), "--model", small)
        assert from_csv == ran("predict", write(tmp_path / "a.jsonl", PARAGRAPHS), "--model", small)

    def test_csv_cells_may_hold_delimiters_quotes_and_line_breaks(self, small: Path, small_model: Model, tmp_path: Path) -> None:
        text = 'Le ministre a dit : "Merci ;\nà Ankara, partenaire fiable."'
        quoted = text.replace('"', '""')
        path = write(tmp_path / "a.csv", f'text,targets\n"{quoted}","turkey; russia"\n\n{MINE},\n')
        first, second = records(ran("predict", path, "--model", small, "--target", "russia=Moscou"))
        assert (first["id"], second["id"]) == ("a.csv:3", "a.csv:5")
        assert first["topic_probabilities"] == plain(small_model.predict(text).topic_probabilities)
        assert sorted(first["stances"]) == ["russia", "turkey"]

    def test_csv_with_the_line_ends_of_old_is_read(self, small: Path, tmp_path: Path) -> None:
        path = write(tmp_path / "a.csv", f"id,text\ra,{PRAISE.replace(',', '')}\rb,{SUMMIT}\r")
        assert [record["id"] for record in records(ran("predict", path, "--model", small))] == ["a", "b"]

    def test_parquet_says_the_same_as_json_lines(self, small: Path, tmp_path: Path) -> None:
        pyarrow = pytest.importorskip("pyarrow")
        parquet = pytest.importorskip("pyarrow.parquet")
        rows = [{"id": str(p["id"]), **{key: p.get(key) for key in ("text", "headline", "targets", "note")}} for p in PARAGRAPHS]
        parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "a.parquet")
        from_parquet = ran("predict", tmp_path / "a.parquet", "--model", small)
        assert from_parquet == ran("predict", write(tmp_path / "a.jsonl", PARAGRAPHS), "--model", small)

    def test_parquet_rows_without_an_id_are_numbered(self, small: Path, tmp_path: Path) -> None:
        pyarrow = pytest.importorskip("pyarrow")
        parquet = pytest.importorskip("pyarrow.parquet")
        parquet.write_table(pyarrow.table({"text": pyarrow.array([MINE, ""], pyarrow.large_string())}), tmp_path / "a.parquet")
        first, second = records(ran("predict", tmp_path / "a.parquet", "--model", small))
        assert (first["id"], second["id"]) == ("a.parquet:1", "a.parquet:2")
        assert (first["abstained"], second["abstained"]) == (None, "too_short")

    @pytest.mark.parametrize("arguments", [["-"], []], ids=["named", "not named"])
    def test_standard_input_is_an_article(self, small: Path, arguments: list[str]) -> None:
        found = records(ran("predict", *arguments, "--model", small, given=f"{MINE}\n\n{PRAISE}\n".encode()))
        assert [(record["id"], record["paragraph"], record["offset"]) for record in found] == [
            ("stdin#1", 1, 0),
            ("stdin#2", 2, len(MINE) + 2),
        ]

    def test_standard_input_that_begins_with_a_brace_is_json_lines(self, small: Path, tmp_path: Path) -> None:
        path = write(tmp_path / "a.jsonl", PARAGRAPHS)
        assert ran("predict", "-", "--model", small, given=b"\n" + path.read_bytes()) == ran("predict", path, "--model", small)

    def test_what_the_model_cannot_judge_is_said_and_has_no_topics(self, tmp_path: Path) -> None:
        texts = {"empty": "", "short": "Non.", "noise": "Zxqv wqpf kjzx vbnq zzkt.", **FOREIGN}
        path = write(tmp_path / "a.jsonl", [{"id": name, "text": text, "targets": ["russia"]} for name, text in texts.items()])
        found = records(ran("predict", path))
        reasons = {record["id"]: record["abstained"] for record in found}
        assert reasons == {"empty": "too_short", "short": "too_short", "noise": "no_known_words"} | dict.fromkeys(
            FOREIGN, "language_unsupported"
        )
        assert all((record["topics"], record["stances"]) == ([], {}) for record in found)

    def test_lone_surrogates_are_carried_through(self, small: Path, tmp_path: Path) -> None:
        path = write(tmp_path / "a.jsonl", json.dumps({"id": "a\ud800", "text": f"{MINE} \udfff", "targets": ["turkey"]}))
        record = records(ran("predict", path, "--model", small))[0]
        assert (record["id"], record["topics"], list(record["stances"])) == ("a\ud800", ["mines"], ["turkey"])
        for form in ("csv", "table"):
            assert "?" in ran("predict", path, "--model", small, "--format", form)


class TestPredictOutput:
    def test_a_pipe_gets_json_lines_unless_told_otherwise(self, small: Path, tmp_path: Path) -> None:
        path = write(tmp_path / "a.jsonl", PARAGRAPHS)
        assert ran("predict", path, "--model", small) == ran("predict", path, "--model", small, "--format", "jsonl")

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
    def test_a_terminal_gets_a_table(self, small: Path, tmp_path: Path) -> None:
        import pty

        path = write(tmp_path / "a.jsonl", PARAGRAPHS)
        master, slave = pty.openpty()
        with subprocess.Popen([COMMAND, "predict", path, "--model", small], stdout=slave) as process:
            process.wait()
        os.close(slave)
        shown = os.read(master, 100_000).decode().replace("\r\n", "\n")
        os.close(master)
        assert shown == ran("predict", path, "--model", small, "--format", "table", COLUMNS="80")

    def test_the_table_shows_topics_stances_and_missing_answers(self, small: Path, small_model: Model, tmp_path: Path) -> None:
        path = write(tmp_path / "a.jsonl", [*PARAGRAPHS[:2], {"id": "rien", "text": "Non."}])
        mines = small_model.predict(MINE, asked=["turkey"])
        praise = small_model.predict(PRAISE, headlines="Visite en Turquie")
        towards, favor = mines.stances["turkey"], praise.stances["turkey"]
        mark = {"favor": "+", "against": "-", "neutral": "="}[towards.stance]
        assert ran("predict", path, "--model", small, "--format", "table") == (
            f"une  {MINE}\n"
            f"    topics   mines {mines.topic_probabilities['mines']:.2f}\n"
            f"    stances  {mark}turkey {towards.stance} {towards.probabilities[towards.stance]:.2f}\n\n"
            f"deux  {PRAISE}\n"
            f"    topics   diplomacy {praise.topic_probabilities['diplomacy']:.2f}\n"
            f"    stances  +turkey favor {favor.probabilities['favor']:.2f}\n\n"
            "rien  Non.\n    no answer: too_short\n\n"
        )

    @pytest.mark.parametrize(("columns", "width"), [("80", 80), ("500", 120), ("10", 60), ("abc", 100), ("", 100)])
    def test_the_table_fits_the_terminal(self, small: Path, tmp_path: Path, columns: str, width: int) -> None:
        path = write(tmp_path / "a.txt", "Le ministre est parti. " * 20)
        first = ran("predict", path, "--model", small, "--format", "table", COLUMNS=columns).split("\n")[0]
        assert first.endswith("…")
        assert width - 10 < len(first) <= width

    def test_control_characters_do_not_reach_the_terminal(self, small: Path, tmp_path: Path) -> None:
        path = write(tmp_path / "a.jsonl", [{"id": "\x1b[2J", "text": f"Rouge \x1b[31m et \x9b ici\x07 : {MINE}"}])
        shown = ran("predict", path, "--model", small, "--format", "table")
        assert shown.startswith(f"?[2J  Rouge ?[31m et ? ici? : {MINE[:20]}")

    def test_csv_holds_what_json_lines_hold(self, small: Path, tmp_path: Path) -> None:
        path = write(tmp_path / "a.jsonl", [*PARAGRAPHS, {"id": "rien", "text": "Non.", "targets": ["russia"]}])
        options = ["--model", small, "--target", "russia=Moscou"]
        rows = list(csv.DictReader(io.StringIO(ran("predict", path, *options, "--format", "csv"))))
        towards = [f"stance_{target}{end}" for target in ("turkey", "russia") for end in ("", *(f"_p_{stance}" for stance in STANCES))]
        header = [
            "id",
            "paragraph",
            "offset",
            "language",
            "topics",
            "abstained",
            "topic_mines",
            "topic_health",
            "topic_diplomacy",
            *towards,
        ]
        assert list(rows[0]) == header
        for row, record in zip(rows, records(ran("predict", path, *options)), strict=True):
            assert (row["id"], row["topics"], row["abstained"]) == (record["id"], " ".join(record["topics"]), record["abstained"] or "")
            assert (row["paragraph"], row["offset"], row["language"]) == ("", "", record["language"] or "")
            for topic, probability in record["topic_probabilities"].items():
                assert float(row[f"topic_{topic}"]) == pytest.approx(probability, rel=1e-5)
            for target in ("turkey", "russia"):
                said = record["stances"].get(target)
                assert row[f"stance_{target}"] == (said["stance"] if said else "")
                for stance in STANCES:
                    cell = row[f"stance_{target}_p_{stance}"]
                    assert (cell == "") if said is None else (float(cell) == pytest.approx(said["probabilities"][stance], rel=1e-5))

    def test_csv_of_an_article_has_paragraph_and_offset(self, small: Path, tmp_path: Path) -> None:
        path = write(tmp_path / "a.txt", f"{MINE}\n\n{PRAISE}")
        rows = list(csv.DictReader(io.StringIO(ran("predict", path, "--model", small, "--format", "csv"))))
        assert [(row["id"], row["paragraph"], row["offset"]) for row in rows] == [
            ("a.txt#1", "1", "0"),
            ("a.txt#2", "2", str(len(MINE) + 2)),
        ]

    @pytest.mark.parametrize("form", ["table", "jsonl", "csv"])
    def test_a_file_gets_what_standard_output_would(self, small: Path, tmp_path: Path, form: str) -> None:
        path, out = write(tmp_path / "a.jsonl", PARAGRAPHS), write(tmp_path / "out", "old")
        assert ran("predict", path, "--model", small, "--format", form, "-o", out) == ""
        assert out.read_bytes().decode() == ran("predict", path, "--model", small, "--format", form)
        assert sorted(file.name for file in tmp_path.iterdir()) == ["a.jsonl", "out"]

    def test_a_file_gets_json_lines_unless_told_otherwise(self, small: Path, tmp_path: Path) -> None:
        path = write(tmp_path / "a.jsonl", PARAGRAPHS)
        assert ran("predict", path, "--model", small, "--output", tmp_path / "out.csv") == ""
        assert (tmp_path / "out.csv").read_bytes().decode() == ran("predict", path, "--model", small)

    def test_a_dash_as_output_is_standard_output(self, small: Path, tmp_path: Path) -> None:
        path = write(tmp_path / "a.jsonl", PARAGRAPHS)
        assert ran("predict", path, "--model", small, "-o", "-", folder=tmp_path) == ran("predict", path, "--model", small)
        assert [file.name for file in tmp_path.iterdir()] == ["a.jsonl"]

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
    def test_a_pipe_as_output_is_written_to_and_not_replaced(self, small: Path, tmp_path: Path) -> None:
        path, pipe = write(tmp_path / "a.jsonl", PARAGRAPHS), tmp_path / "pipe"
        os.mkfifo(pipe)
        with subprocess.Popen([COMMAND, "predict", path, "--model", small, "-o", pipe]) as process:
            written = pipe.read_bytes().decode()
            assert process.wait() == 0
        assert written == ran("predict", path, "--model", small)
        assert stat.S_ISFIFO(pipe.stat().st_mode)

    def test_one_more_target_is_found_by_its_names(self) -> None:
        text = "Le général a remercié la Turquie, dont les drones protègent nos villages. Ankara tient ses promesses."
        definition = "turkey=Turquie,Ankara,Erdogan"
        record = records(ran("predict", "-", "--target", definition, given=text.encode()))[0]
        assert record["stances"]["turkey"]["stance"] == "favor"
        assert "turkey" not in records(ran("predict", "-", given=text.encode()))[0]["stances"]
        assert "turkey" not in records(ran("predict", "-", "--target", definition, given=MINE.encode()))[0]["stances"]

    def test_several_more_targets_may_be_named(self) -> None:
        text = "La Turquie et la Chine ont signé avec Niamey un accord sur les routes."
        options = ["--target", "turkey=Turquie", "--target", "china=Chine,Pékin"]
        assert {"turkey", "china"} <= set(records(ran("predict", "-", *options, given=text.encode()))[0]["stances"])

    @pytest.mark.skipif(sys.platform == "win32", reason="closed pipes are an error of their own on Windows")
    def test_a_reader_that_has_seen_enough_is_no_error(self, small: Path, tmp_path: Path) -> None:
        path = write(tmp_path / "a.jsonl", [{"id": str(i), "text": MINE} for i in range(2000)])
        with subprocess.Popen([COMMAND, "predict", path, "--model", small], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            assert json.loads(process.stdout.readline())["id"] == "0"
            process.stdout.close()
            assert (process.wait(), process.stderr.read()) == (0, b"")


def trained(*arguments: object, **options: Any) -> str:
    """What training says on standard error; it prints nothing."""
    done = sahel("train", *arguments, **options)
    assert (done.returncode, done.stdout) == (0, "")
    return done.stderr


class TestTrain:
    def test_a_bare_file_of_labels_is_enough(self, tmp_path: Path) -> None:
        labels, model = write(tmp_path / "labels.jsonl", RECORDS), tmp_path / "my.model"
        said = trained(labels, "-o", model)
        assert said == f"{model}: 34 paragraphs, 0 lexicon entries, 3 topics, 1 targets, 0.0 MB\n"
        record = records(ran("predict", "-", "--model", model, given=MINE.encode()))[0]
        check_record(record, ("diplomacy", "health", "mines"), ARTICLE_KEYS)
        assert record["topics"] == ["mines"]

    def test_a_folder_of_labels_gives_the_model_of_the_python_interface(self, small_labels: Path, small: Path, tmp_path: Path) -> None:
        said = trained(small_labels, "-o", tmp_path / "my.model")
        assert said.startswith(f"{tmp_path / 'my.model'}: 34 paragraphs, 16 lexicon entries, 3 topics, 1 targets")
        assert (tmp_path / "my.model").read_bytes() == small.read_bytes()

    def test_the_files_of_a_folder_may_be_named_one_by_one(self, small_labels: Path, small: Path, tmp_path: Path) -> None:
        names = ["paragraphs/all.jsonl", "lexicon/terms.tsv", "topics.toml", "targets.toml"]
        trained(*names, "-o", tmp_path / "my.model", folder=small_labels)
        assert (tmp_path / "my.model").read_bytes() == small.read_bytes()

    def test_word_lists_alone_make_a_model(self, small_labels: Path, tmp_path: Path) -> None:
        said = trained(small_labels / "lexicon" / "terms.tsv", "-o", tmp_path / "my.model")
        assert said.startswith(f"{tmp_path / 'my.model'}: 0 paragraphs, 16 lexicon entries, 3 topics, 0 targets")
        text = "Une mine d'or ouvrira près du gisement voisin."
        assert records(ran("predict", "-", "--model", tmp_path / "my.model", given=text.encode()))[0]["topics"] == ["mines"]

    @pytest.mark.parametrize("options", [[], ["--exclusive"], ["--seed", "7"]], ids=" ".join)
    def test_two_trainings_give_the_same_bytes(self, tmp_path: Path, options: list[str]) -> None:
        labels = write(tmp_path / "labels.jsonl", RECORDS)
        for name in ("one.model", "two.model"):
            trained(labels, "-o", tmp_path / name, *options)
        assert (tmp_path / "one.model").read_bytes() == (tmp_path / "two.model").read_bytes()

    def test_an_exclusive_scheme_gives_one_topic_and_probabilities_that_sum_to_1(self, tmp_path: Path) -> None:
        labels = write(tmp_path / "labels.jsonl", [{key: r[key] for key in ("id", "text", "topics")} for r in RECORDS])
        trained(labels, "-o", tmp_path / "my.model", "--exclusive")
        found = records(ran("predict", labels, "--model", tmp_path / "my.model"))
        assert len(found) == 34
        for record in found:
            assert sum(record["topic_probabilities"].values()) == pytest.approx(1.0)
            assert len(record["topics"]) == (record["abstained"] is None)
            assert record["stances"] == {}

    def test_a_topic_that_every_paragraph_has_is_told_in_one_line(self, tmp_path: Path) -> None:
        labels = write(tmp_path / "labels.jsonl", [{"id": i, "text": f"{MINE} {i}", "topics": ["mines"]} for i in range(4)])
        first, second = trained(labels, "-o", tmp_path / "my.model").splitlines()
        assert first.startswith("sahel-classify: warning: no contrast to learn from for mines: ")
        assert second.startswith(f"{tmp_path / 'my.model'}: 4 paragraphs")

    def test_a_model_is_written_over_whole(self, tmp_path: Path) -> None:
        labels, model = write(tmp_path / "labels.jsonl", RECORDS), write(tmp_path / "my.model", "old")
        trained(labels, "-o", model)
        assert sahel_classify.load(model).topic_ids == ("diplomacy", "health", "mines")
        assert sorted(file.name for file in tmp_path.iterdir()) == ["labels.jsonl", "my.model"]


class TestEvaluate:
    def test_json_is_what_the_python_interface_gives(self, small_labels: Path, small: Path, small_model: Model) -> None:
        from sahel_classify.evaluation import evaluate

        found = json.loads(ran("evaluate", small_labels, "--model", small, "--json"))
        assert found == plain(evaluate(small_model, sahel_classify.read_labels(small_labels).paragraphs))
        assert found["all"]["paragraphs"] == 34
        assert found["all"]["topics"]["micro_f1"] > 0.9

    def test_text_is_a_table_by_topic_and_target(self, small_labels: Path, small: Path) -> None:
        printed = ran("evaluate", small_labels, "--model", small)
        scores = json.loads(ran("evaluate", small_labels, "--model", small, "--json"))["all"]
        lines = printed.splitlines()
        assert lines[0] == "34 paragraphs, 0 without an answer"
        assert lines[1].startswith(f"topics   micro-F1 {scores['topics']['micro_f1']:.3f} [")
        assert lines[2].startswith(f"stances  F_avg {scores['stances']['f_avg']:.3f} [")
        assert [line.split()[1] for line in lines if line.startswith(("topic ", "target "))] == ["mines", "health", "diplomacy", "turkey"]

    def test_the_shipped_model_is_the_default(self) -> None:
        found = json.loads(ran("evaluate", ROOT / "seeds" / "labels.jsonl", "--json"))
        assert found["all"]["paragraphs"] == len((ROOT / "seeds" / "labels.jsonl").read_text(encoding="utf-8").splitlines())
        assert sorted(found["by_language"]) == ["en", "fr"]
        assert found["all"]["topics"]["micro_f1"] > 0.7

    def test_tables_for_papers_say_what_the_text_says(self, small_labels: Path, small: Path) -> None:
        text, markdown, latex = (
            ran("evaluate", small_labels, "--model", small, "--format", form) for form in ("text", "markdown", "latex")
        )
        assert text == ran("evaluate", small_labels, "--model", small)
        for title in ("Topics", "Stances by target", "Calibration", "Reliability of", "Precision of the surest", "Stances: labelled"):
            assert all(f"\n{start}{title}" in printed for start, printed in (("", text), ("**", markdown), ("% ", latex)))
        assert re.search(r"^mines  +8  [01]\.\d{3} \[0\.\d{3}, 1\.000\]  ", text, re.MULTILINE)
        assert re.search(r"^\| mines \| 8 \| [01]\.\d{3} \[0\.\d{3}, 1\.000\] \| ", markdown, re.MULTILINE)
        assert re.search(r"^mines & 8 & [01]\.\d{3} \[0\.\d{3}, 1\.000\] & .* \\\\$", latex, re.MULTILINE)
        assert latex.count(r"\begin{tabular}") == latex.count(r"\end{tabular}") == markdown.count("\n| --- |")
        assert not re.search(r"(?<!\\)_", latex)

    def test_against_another_model(self, small_labels: Path, small: Path) -> None:
        found = json.loads(ran("evaluate", small_labels, "--model", small, "--against", small, "--json"))["comparison"]
        assert (found["first"], found["second"]) == (str(small), str(small))
        assert {name: (s["difference"], s["p_value"]) for name, s in found["scores"].items()} == dict.fromkeys(
            ("micro_f1", "macro_f1", "f_avg"), (0.0, 1.0)
        )
        shipped = ROOT / "src" / "sahel_classify" / "data" / "sahel.model"
        printed = ran("evaluate", small_labels, "--model", small, "--against", shipped)
        row = re.search(r"^topic micro-F1 .*  (0\.\d{3}) \[0\.\d{3}, [01]\.\d{3}\]   0\.0001$", printed, re.MULTILINE)
        assert row
        assert float(row[1]) > 0.5

    def test_labels_of_one_group_are_scored_with_a_caution(self, small: Path, tmp_path: Path) -> None:
        path = write(tmp_path / "a.jsonl", [{**record, "group": "one"} for record in RECORDS])
        lines = ran("evaluate", path, "--model", small).splitlines()
        assert "[0.000, 1.000]" in lines[1]
        assert any(line.startswith("caution  all paragraphs are of one group") for line in lines)

    @pytest.mark.parametrize("kept", [{"topics": []}, {"stances": {}}, {"topics": [], "stances": {}}, {"topics": ["mines"]}])
    @pytest.mark.parametrize("form", [["--json"], ["--format", "text"], ["--format", "markdown"], ["--format", "latex"]], ids=" ".join)
    def test_sparse_labels_have_a_report_too(self, small: Path, tmp_path: Path, kept: dict[str, Any], form: list[str]) -> None:
        path = write(tmp_path / "a.jsonl", [{"id": str(i), "text": text, **kept} for i, text in enumerate((MINE, "Oui."))])
        printed = ran("evaluate", path, "--model", small, *form)
        assert "nan" not in printed.lower()
        if form == ["--json"]:
            json.loads(printed, parse_constant=pytest.fail)
        if kept.get("topics"):
            assert ran("evaluate", path, "--model", small, "--against", small, *form)

    def test_two_formats_at_once_are_refused(self, small_labels: Path) -> None:
        done = sahel("evaluate", small_labels, "--json", "--format", "latex")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "sahel-classify: --json and --format latex are two formats; give one of them\n"


class TestAgreement:
    first = (
        {"id": "a", "text": MINE, "topics": ["mines"], "stances": {}},
        {"id": "b", "text": PRAISE, "topics": ["diplomacy"], "stances": {"turkey": "favor"}},
        {"id": "c", "text": SUMMIT, "topics": ["diplomacy"], "stances": {"turkey": "neutral"}},
    )

    def test_two_equal_files(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.jsonl", list(self.first))
        lines = ran("agreement", path, path).splitlines()
        assert lines[0] == "3 paragraphs in both"
        assert [line.split()[:4] for line in lines[2:6]] == [
            ["topics", "pooled", "6", "1.000"],
            ["topic", "diplomacy", "3", "1.000"],
            ["topic", "mines", "3", "1.000"],
            ["stances", "pooled", "2", "1.000"],
        ]
        assert lines[-1].startswith("caution  ")

    def test_json_is_what_the_python_interface_gives(self, tmp_path: Path) -> None:
        from sahel_classify.evaluation import agreement

        one = write(tmp_path / "a.jsonl", list(self.first))
        other = write(tmp_path / "b.jsonl", [{**record, "topics": ["mines"]} for record in self.first])
        expected = agreement(*(sahel_classify.read_labels(path).paragraphs for path in (one, other)))
        assert json.loads(ran("agreement", one, other, "--json")) == plain(expected)

    def test_ids_of_one_file_only_are_named_in_a_warning(self, tmp_path: Path) -> None:
        one = write(tmp_path / "a.jsonl", list(self.first))
        other = write(tmp_path / "b.jsonl", [*self.first[1:], *({**self.first[0], "id": f"x{i}"} for i in range(12))])
        done = sahel("agreement", one, other)
        assert (done.returncode, done.stdout.splitlines()[0]) == (0, "2 paragraphs in both")
        assert done.stderr.splitlines() == [
            f"sahel-classify: warning: {one}: 1 id is in this file only: a; left out",
            f"sahel-classify: warning: {other}: 12 ids are in this file only: "
            + ", ".join(f"x{i}" for i in range(10))
            + " and 2 more; left out",
        ]

    def test_nothing_in_common_is_refused(self, tmp_path: Path) -> None:
        one, other = write(tmp_path / "a.jsonl", [*self.first[:1]]), write(tmp_path / "b.jsonl", [*self.first[1:]])
        done = sahel("agreement", one, other)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("sahel-classify: the two annotations have no id in common; ")


class TestExplain:
    def test_contributions_to_a_topic_sum_to_the_decision(self, tmp_path: Path, shipped_model: Model) -> None:
        found = records(ran("explain", SEEDS[0], "--topic", "diplomacy", "--json"))
        predicted = records(ran("predict", SEEDS[0]))
        assert [record["id"] for record in found] == [record["id"] for record in predicted]
        text = SEEDS[0].read_text(encoding="utf-8").split("\n\n")[0]
        for record, prediction in zip(found, predicted, strict=True):
            assert list(record) == ["id", "label", "decision", "probability", "threshold", "contributions"]
            assert record["label"] == "diplomacy"
            assert sum(part["value"] for part in record["contributions"]) == pytest.approx(record["decision"], abs=1e-9)
            assert record["probability"] == pytest.approx(prediction["topic_probabilities"]["diplomacy"])
            assert (record["probability"] >= record["threshold"]) == ("diplomacy" in prediction["topics"])
        expected = asdict(shipped_model.explain(text, topic="diplomacy"))
        assert found[0] == plain({"id": f"{SEEDS[0].name}#1", **expected})

    def test_contributions_to_a_stance_sum_to_the_decision(self) -> None:
        found = records(ran("explain", SEEDS[3], "--stance", "russia", "--json"))
        assert len(found) == 7
        for record in found:
            assert record["label"] in {f"russia={stance}" for stance in STANCES}
            assert sum(part["value"] for part in record["contributions"]) == pytest.approx(record["decision"], abs=1e-9)
            assert record["threshold"] is None
        asked = records(ran("predict", SEEDS[3]))[2]["stances"]["russia"]
        assert found[2]["label"] == f"russia={asked['stance']}"
        assert found[2]["probability"] == pytest.approx(asked["probabilities"][asked["stance"]])

    @pytest.mark.parametrize("top", [0, 3, 1000])
    def test_text_shows_the_strongest_contributions_and_the_sum_of_the_rest(self, small: Path, top: int) -> None:
        options = ["--topic", "mines", "--model", small]
        record = records(ran("explain", "-", *options, "--json", given=MINE.encode()))[0]
        lines = ran("explain", "-", *options, "--top", top, given=MINE.encode()).split("\n")
        assert lines[0] == f"stdin#1  mines: probability {record['probability']:.3f}, given (threshold {record['threshold']:.2f})"
        shown = [f"    {part['value']:+9.4f}  {part['feature']}" for part in record["contributions"][:top]]
        rest = record["contributions"][top:]
        if rest:
            shown.append(f"    {sum(part['value'] for part in rest):+9.4f}  ({len(rest)} more)")
        assert lines[1:] == [*shown, f"    {record['decision']:+9.4f}  = decision value", "", ""]

    def test_a_topic_that_is_not_given_is_said_so(self, small: Path) -> None:
        assert ", not given (threshold " in ran("explain", "-", "--topic", "health", "--model", small, given=MINE.encode()).split("\n")[0]

    def test_an_exclusive_scheme_has_no_threshold_to_show(self, tmp_path: Path) -> None:
        labels = write(tmp_path / "labels.jsonl", [{key: r[key] for key in ("id", "text", "topics")} for r in RECORDS])
        trained(labels, "-o", tmp_path / "my.model", "--exclusive")
        first = ran("explain", "-", "--topic", "health", "--model", tmp_path / "my.model", given=MINE.encode()).split("\n")[0]
        probability = records(ran("predict", "-", "--model", tmp_path / "my.model", given=MINE.encode()))[0]["topic_probabilities"][
            "health"
        ]
        assert first == f"stdin#1  health: probability {probability:.3f}"

    def test_a_target_named_on_the_spot_may_be_explained(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.jsonl", [{"id": "a", "text": "La Chine pille nos forêts et méprise nos villages."}])
        record = records(ran("explain", path, "--stance", "china", "--target", "china=Chine,Pékin", "--json"))[0]
        assert (record["id"], record["label"]) == ("a", "china=against")
        assert ran("explain", path, "--stance", "china", "--target", "china=Chine").startswith("a  china=against: probability 0.")

    def test_in_an_exclusive_scheme_no_threshold_is_told(self, small_labels: Path, tmp_path: Path) -> None:
        trained(small_labels / "lexicon" / "terms.tsv", "-o", tmp_path / "my.model", "--exclusive")
        options = ["--topic", "mines", "--model", tmp_path / "my.model"]
        record = records(ran("explain", "-", *options, "--json", given=MINE.encode()))[0]
        assert record["threshold"] is None
        shown = ran("explain", "-", *options, given=MINE.encode())
        assert shown.splitlines()[0] == f"stdin#1  mines: probability {record['probability']:.3f}"
        assert "threshold" not in shown

    def test_the_headline_of_a_record_is_heard(self, tmp_path: Path, shipped_model: Model) -> None:
        text, headline = "Le texte a été adopté mardi par les députés.", "Sommet de la CEDEAO à Abuja"
        path = write(tmp_path / "a.jsonl", [{"id": "a", "text": text, "headline": headline}])
        record = records(ran("explain", path, "--topic", "regional_integration", "--json"))[0]
        expected = shipped_model.explain(text, topic="regional_integration", headline=headline)
        assert record["decision"] == expected.decision
        assert any(part["feature"].startswith("headline ") for part in record["contributions"])


class TestInspect:
    def test_text_names_labels_topics_targets_and_arrays(self, small: Path) -> None:
        lines = ran("inspect", small).splitlines()
        assert lines[0] == f"{small}  {small.stat().st_size / 1e6:.1f} MB, format version 1, checksums verified"
        assert lines[1] == "labels     34 paragraphs, 16 lexicon entries"
        assert [line.split()[0] for line in lines if " threshold " in line] == ["mines", "health", "diplomacy"]
        assert "targets    turkey" in lines
        assert any(line.split()[:2] == ["topics.coef", "float16"] for line in lines)

    def test_json_is_the_manifest(self, small: Path) -> None:
        from sahel_classify.bundle import read_manifest

        assert json.loads(ran("inspect", small, "--json")) == read_manifest(small)

    def test_the_shipped_model_is_the_default(self, shipped_model: Model) -> None:
        manifest = json.loads(ran("inspect", "--json"))
        assert tuple(manifest["topics"]["classes"]) == shipped_model.topic_ids
        assert f"targets    {', '.join(shipped_model.target_ids)}" in ran("inspect").splitlines()

    def test_an_exclusive_scheme_and_one_without_targets_are_shown(self, tmp_path: Path) -> None:
        labels = write(tmp_path / "labels.jsonl", [{key: r[key] for key in ("id", "text", "topics")} for r in RECORDS])
        trained(labels, "-o", tmp_path / "my.model", "--exclusive")
        lines = ran("inspect", tmp_path / "my.model").splitlines()
        start = next(i for i, line in enumerate(lines) if line.startswith("topics     exclusive, C = "))
        assert lines[start + 1 : start + 5] == ["           diplomacy", "           health", "           mines", "targets    (none)"]


class TestLint:
    def test_clean_labels_give_status_0(self, tmp_path: Path) -> None:
        path = write(tmp_path / "labels.jsonl", [{"id": "a", "text": MINE, "topics": ["mines"], "lang": "fr"}])
        done = sahel("lint", path)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "0 errors, 0 warnings\n")

    def test_a_fault_gives_its_place_and_code_and_status_1(self, tmp_path: Path) -> None:
        path = write(tmp_path / "labels.jsonl", f'{{"id": "a", "text": "{MINE}"}}\n{{"id": "a", "text": "{SUMMIT}"}}\n{{"id": "b"}}\n')
        done = sahel("lint", path)
        assert (done.returncode, done.stderr) == (1, "2 errors, 0 warnings\n")
        assert [line.split(" ")[:2] for line in done.stdout.splitlines()] == [[f"{path}:2:", "SC004"], [f"{path}:3:", "SC002"]]

    def test_a_warning_alone_gives_status_0(self, tmp_path: Path) -> None:
        path = write(tmp_path / "labels.jsonl", [{"id": "a", "text": f"{MINE} {SUMMIT} {PRAISE}", "lang": "en"}])
        done = sahel("lint", path)
        assert (done.returncode, done.stderr) == (0, "0 errors, 1 warnings\n")
        assert done.stdout.startswith(f"{path}:1: SC012 ")

    def test_several_files_are_checked_one_after_the_other(self, tmp_path: Path) -> None:
        paragraphs, lexicon = write(tmp_path / "a.jsonl", "{"), write(tmp_path / "b.tsv", "mine\tfr\n")
        done = sahel("lint", paragraphs, lexicon)
        assert done.returncode == 1
        assert [line.split(" ")[1] for line in done.stdout.splitlines()] == ["SC001", "SC007"]


class TestHelp:
    def test_the_version_is_that_of_the_package(self) -> None:
        assert ran("--version") == version("sahel-classify") + "\n"

    def test_help_names_every_command(self) -> None:
        printed = ran("--help")
        assert printed.startswith("usage: sahel-classify ")
        assert all(re.search(rf"^    {command}\s", printed, re.MULTILINE) for command in COMMANDS)

    @pytest.mark.parametrize("command", COMMANDS)
    def test_every_command_has_help(self, command: str) -> None:
        assert ran(command, "--help").startswith(f"usage: sahel-classify {command} ")

    @pytest.mark.parametrize("arguments", [["--help"], ["--version"], *([command, "--help"] for command in COMMANDS)], ids=" ".join)
    def test_help_comes_without_numpy(self, arguments: list[str]) -> None:
        code = (
            "import sys\nfrom sahel_classify.cli import main\n"
            f"try:\n    main({arguments!r})\nexcept SystemExit:\n    pass\n"
            "print(sorted({'numpy', 'scipy', 'sklearn'} & set(sys.modules)))"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.endswith("\n[]\n")

    @pytest.mark.skipif(sys.platform == "win32", reason="closed pipes are an error of their own on Windows")
    @pytest.mark.parametrize("argument", ["--help", "--version"])
    def test_a_reader_that_is_gone_is_no_error(self, argument: str) -> None:
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run([COMMAND, argument], stdout=writing, stderr=subprocess.PIPE, check=False)
        os.close(writing)
        assert (done.returncode, done.stderr) == (0, b"")
