"""Bad input: one line on standard error that names place and remedy, the right exit status, nothing on standard output."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Final

import pytest
from command import records, sahel, write

from sahel_classify.model import shipped_model_path

_LINE: Final = '{"id": "a", "text": "La mine d\'or de Kalana rouvre ses portes lundi."}\n'
_FRENCH: Final = "Le ministre a été reçu à Gao.\n\nL'armée s'est repliée."


def refused(*arguments: object, status: int = 2, given: bytes | None = None) -> str:
    """The one line that the command prints where it must fail."""
    done = sahel(*arguments, given=given)
    assert done.returncode == status, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("empty.txt", b"", "empty.txt:1: empty"),
        ("blank.txt", b" \n\n\t\n", "blank.txt:1: empty"),
        ("empty.jsonl", b"", "empty.jsonl:1: empty"),
        ("latin.txt", _FRENCH.encode("latin-1"), "latin.txt:1: not UTF-8 (byte 0xe9)"),
        ("latin.jsonl", (_LINE + '{"text": "reçu"}\n').encode("latin-1"), "latin.jsonl:2: not UTF-8"),
        ("utf16.txt", _FRENCH.encode("utf-16"), "utf16.txt:1: encoded in UTF-16"),
        ("utf16.csv", ("text\n" + _FRENCH).encode("utf-16-le"), "utf16.csv:1: holds NUL bytes"),
        ("broken.jsonl", (_LINE * 999 + '{"text": "La mi\n' + _LINE * 1000).encode(), "broken.jsonl:1000: no valid JSON"),
        ("list.jsonl", b'["a"]\n', "list.jsonl:1: list where an object is needed"),
        ("null.jsonl", b'{"text": null}\n', 'null.jsonl:1: "text" is missing'),
        ("number.jsonl", b'{"text": 7}\n', 'number.jsonl:1: "text" is int; give a string'),
        ("targets.jsonl", b'{"text": "a", "targets": "russia"}\n', 'targets.jsonl:1: "targets" is no list of strings'),
        ("body.csv", b"id,body\n1,La mine rouvre.\n", "body.csv:1: no column named text"),
        ("ragged.csv", b"id,text\n1,La mine, dit-on, rouvre, oui.\n", "ragged.csv:2: 5 cells where the header has 2"),
        ("header.csv", b"id,text\n", "header.csv:1: a header and no rows"),
        ("notes.doc", b"La mine rouvre.", "notes.doc: files of type .doc are not read"),
        ("broken.parquet", b"PAR1 and nothing else", "broken.parquet: can't be read as Parquet"),
    ],
)
def test_a_bad_file_is_named_with_its_line(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    """File, line and remedy; no output file is left, not even a part of one."""
    assert told in refused("predict", write(tmp_path / name, content), "-o", tmp_path / "out.jsonl")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_line_of_fifty_megabytes_is_no_paragraph(tmp_path: Path) -> None:
    """It is named and refused, not worked on for an hour."""
    line = json.dumps({"id": "big", "text": "La mine rouvre. " * 3_300_000}) + "\n"
    assert len(line) > 50_000_000
    assert "52,800,000 characters in one paragraph, which has 1,000,000 at most" in refused("predict", write(tmp_path / "big.jsonl", line))


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    """With what to give instead."""
    assert "absent.txt: no such file; check the path" in refused("predict", tmp_path / "absent.txt")
    assert f"{tmp_path}: a folder; name its files" in refused("predict", tmp_path)


def test_odd_characters_are_carried_through(tmp_path: Path) -> None:
    """Lone surrogates and control characters are no error, and the output is valid JSON in UTF-8."""
    text = "La mine \\ud800 d'or \\u0007 de Kalana \\u0000 rouvre ses portes lundi."
    file = write(tmp_path / "odd.jsonl", f'{{"id": "\\udfff", "text": "{text}"}}\n')
    done = sahel("predict", file)
    assert (done.returncode, done.stderr) == (0, "")
    assert [r["id"] for r in records(done.stdout)] == ["\udfff"]


def test_an_empty_text_abstains(tmp_path: Path) -> None:
    """An empty string is a paragraph without words: it gets a reason, not a guess."""
    done = sahel("predict", write(tmp_path / "a.jsonl", '{"id": "1", "text": ""}\n'))
    assert [(r["id"], r["topics"], r["abstained"]) for r in records(done.stdout)] == [("1", [], "too_short")]


def _future() -> bytes:
    buffer = io.BytesIO(shipped_model_path().read_bytes())
    manifest = json.loads(zipfile.ZipFile(buffer).read("manifest.json"))
    text = json.dumps({**manifest, "format_version": 99}).encode()
    import hashlib

    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.comment = hashlib.sha256(text).hexdigest().encode()
        archive.writestr("manifest.json", text)
    return made.getvalue()


def _foreign() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("letter.txt", "Bonjour")
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (lambda: shipped_model_path().read_bytes()[:50_000], "a.model: no model file of sahel_classify, or a truncated one"),
        (_foreign, "a.model: manifest.json is missing"),
        (lambda: pickle.dumps({"weights": [1.0]}), "a.model: no model file of sahel_classify"),
        (_future, "a.model: format version 99 is newer than this package reads (1); upgrade"),
    ],
    ids=["truncated", "foreign", "pickle", "future"],
)
@pytest.mark.parametrize("command", ["predict", "inspect"])
def test_a_bad_model_is_refused(tmp_path: Path, content: object, told: str, command: str) -> None:
    """Whatever the file is, the message says so and what to do."""
    model = write(tmp_path / "a.model", content())  # type: ignore[operator]
    text = write(tmp_path / "a.jsonl", _LINE)
    assert told in (refused("inspect", model) if command == "inspect" else refused("predict", text, "--model", model))


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    """With the command that makes one."""
    message = refused("predict", write(tmp_path / "a.jsonl", _LINE), "--model", tmp_path / "none.model")
    assert "none.model: no such model file; train one with" in message


def test_an_output_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    """Status 1: nothing is wrong with the input."""
    message = refused("predict", write(tmp_path / "a.jsonl", _LINE), "-o", tmp_path / "absent" / "out.jsonl", status=1)
    assert "can't be written" in message
    assert "choose a folder that exists and is writable" in message


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--topic", "football"], "no topic 'football' in this model; it has security_cooperation"),
        (["--stance", "turkey"], "no target 'turkey' in this model"),
        (["--stance", "turkey", "--target", "turkey"], "target 'turkey' is not of the form id=Alias,Alias"),
        (["--topic", "diplomacy", "--top", "many"], "'many' is no whole number"),
        ([], "one of the arguments --topic --stance is required"),
    ],
)
def test_explain_names_what_it_does_not_know(tmp_path: Path, arguments: list[str], told: str) -> None:
    """And what there is instead."""
    assert told in refused("explain", write(tmp_path / "a.jsonl", _LINE), *arguments)


def test_bad_usage_is_one_line() -> None:
    """Where to read on is said."""
    assert "no command was given; see 'sahel-classify --help'" in refused()
    assert "unrecognized arguments: --colour" in refused("predict", "-", "--colour")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"id": "a", "text": "La mine rouvre."', ":1: no valid JSON"),
        ('{"text": "La mine rouvre."}', ':1: "id" is missing'),
        ('{"id": "a", "text": "La mine rouvre.", "topics": "mines"}', ':1: "topics" of a is no list of strings'),
        ('{"id": "a", "text": "La mine rouvre.", "stances": {"x": "pro"}}', ":1: stance 'pro' of a towards 'x' is not one of"),
    ],
)
def test_bad_labels_are_named(tmp_path: Path, line: str, told: str) -> None:
    """Training stops at the first, with file and line, and leaves no model."""
    labels = write(tmp_path / "own.jsonl", line + "\n")
    assert f"{labels}{told}" in refused("train", labels, "-o", tmp_path / "own.model")
    assert not (tmp_path / "own.model").exists()
