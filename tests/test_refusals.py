"""Every other way to give bad input or bad usage: one line that names file, line and remedy, the right exit status, no trace left."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from command import COMMAND, records, sahel, write

from sahel_classify import Model, bundle, inputs, model

MINE = "La mine d'or de Loulo a repris sa production après la grève."
FAILURE, BAD_INPUT = 1, 2


def refused(done: subprocess.CompletedProcess[str], pattern: str, status: int = BAD_INPUT) -> None:
    """One line on standard error that matches the pattern and holds a remedy; nothing printed; the exit status."""
    assert "Traceback" not in done.stderr
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr.endswith("\n")
    line = done.stderr.removesuffix("\n")
    assert "\n" not in line
    assert re.fullmatch(rf"sahel-classify( \w+)?: {pattern}", line), line
    # A semicolon parts what is wrong from what to do about it, unless the values allowed are the remedy.
    assert "; " in line or " is not one of " in line


def contents(folder: Path) -> dict[str, bytes | None]:
    """Every file in a folder, hidden ones included."""
    return {str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes() for path in folder.rglob("*")}


@dataclass(frozen=True)
class Case:
    """Files, arguments and what must come of them."""

    name: str
    files: dict[str, str | bytes | list[dict[str, Any]]]
    arguments: str
    pattern: str
    status: int = BAD_INPUT
    given: bytes | None = None

    def check(self, folder: Path) -> None:
        """Run in a folder that holds nothing but the files; they are left as they were."""
        for name, content in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            write(folder / name, content)
        before = contents(folder)
        refused(sahel(*self.arguments.split(), given=self.given, folder=folder), self.pattern, self.status)
        assert contents(folder) == before


def cases(*listed: Case) -> pytest.MarkDecorator:
    """One test a case."""
    return pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in listed])


def lines(broken: str) -> str:
    """2,000 lines of JSON, of which the 1,000th is replaced."""
    good = [json.dumps({"id": str(i), "text": f"Paragraphe numéro {i}."}, ensure_ascii=False) for i in range(1, 2001)]
    good[999] = broken
    return "\n".join(good) + "\n"


LATIN_1 = f"Un paragraphe.\n\nDeux.\n\n{MINE}".encode("iso-8859-1")
EMPTY = ":1: empty; give an article with paragraphs parted by blank lines"
AT_1 = r"a\.jsonl:1: "


class TestTexts:
    @cases(
        Case("an article of line ends", {"a.txt": "\n\n\r\n\n"}, "predict a.txt", rf"a\.txt{EMPTY}"),
        Case("an article of blanks", {"a.txt": " \t\n\u00a0\n\u2028 \u3000"}, "predict a.txt", rf"a\.txt{EMPTY}"),
        Case("an article of a byte order mark", {"a.md": "\ufeff"}, "predict a.md", rf"a\.md{EMPTY}"),
        Case("an empty article among others", {"a.txt": MINE, "b.txt": ""}, "predict a.txt b.txt -o out", rf"b\.txt{EMPTY}"),
        Case("nothing to explain", {"a.txt": ""}, "explain a.txt --topic diplomacy", rf"a\.txt{EMPTY}"),
        Case("empty standard input", {}, "predict -", f"standard input{EMPTY}"),
        Case("blank standard input", {}, "predict", f"standard input{EMPTY}", given=b"\n \n"),
        Case("JSON Lines of blanks", {"a.jsonl": "\n  \n\t\n"}, "predict a.jsonl", rf"{AT_1}empty; write one JSON object a line"),
        Case("empty CSV", {"a.csv": ""}, "predict a.csv", r"a\.csv:1: empty; give a header with a column named text, .*"),
        Case("CSV of blanks", {"a.csv": " \n\n"}, "predict a.csv", r"a\.csv:1: empty; give a header with a column named text, .*"),
    )
    def test_a_file_without_a_paragraph_is_named(self, case: Case, tmp_path: Path) -> None:
        case.check(tmp_path)

    @cases(
        *(
            Case(f"missing {name}", {}, f"predict {name} -o out", rf"{re.escape(name)}: no such file; check the path")
            for name in ("none.csv", "none.parquet", "folder/none.jsonl")
        ),
        Case("missing among others", {"a.txt": MINE}, "predict a.txt none.txt", r"none\.txt: no such file; check the path"),
        Case("missing for explain", {}, "explain none.txt --topic diplomacy", r"none\.txt: no such file; check the path"),
        Case("a folder with a slash", {"texts/a.txt": MINE}, "predict texts/", r"texts/: a folder; name its files, .* texts/\*\.txt"),
        Case("a folder named as a file", {"a.txt/b.txt": MINE}, "predict a.txt", r"a\.txt: a folder; name its files, .*"),
        Case("no ending", {"README": MINE}, "predict README", r"README: files without an ending are not read; give \.txt, .* or -"),
        Case("JSON, not JSON Lines", {"a.json": "{}"}, "predict a.json", r"a\.json: files of type \.json are not read; give .* or -"),
    )
    def test_a_file_that_is_not_there_or_not_of_a_known_type_is_named(self, case: Case, tmp_path: Path) -> None:
        case.check(tmp_path)

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="no file is unreadable to root or on this system")
    def test_an_unreadable_file_is_named(self, tmp_path: Path) -> None:
        write(tmp_path / "a.txt", MINE).chmod(0)
        refused(sahel("predict", "a.txt", folder=tmp_path), r"a\.txt: Permission denied; check the path")

    @cases(
        Case(
            "Latin-1 in an article", {"a.txt": LATIN_1}, "predict a.txt -o out",
            r"a\.txt:5: not UTF-8 \(byte 0xe8\); convert it, for example: iconv -f ISO-8859-1 -t UTF-8",
        ),
        Case("Latin-1 in CSV", {"a.csv": b"id,text\na,un\nb,gr\xe8ve\n"}, "predict a.csv", r"a\.csv:3: not UTF-8 .byte 0xe8.; convert .*"),
        Case("Latin-1 on standard input", {}, "predict -", r"standard input:5: not UTF-8 \(byte 0xe8\); convert it, .*", given=LATIN_1),
        Case("UTF-8 that breaks off", {"a.txt": "grè".encode()[:-1]}, "predict a.txt", r"a\.txt:1: not UTF-8 .byte 0xc3.; convert .*"),
        *(
            Case(
                f"{encoding} with a byte order mark", {"a.jsonl": mark + '{"text": "un"}'.encode(encoding)}, "predict a.jsonl",
                rf"{AT_1}encoded in UTF-16; convert it, for example: iconv -f UTF-16 -t UTF-8",
            )
            for encoding, mark in (("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff"))
        ),
        *(
            Case(
                f"{encoding} without a byte order mark", {"a.txt": MINE.encode(encoding)}, "predict a.txt",
                r"a\.txt:1: holds NUL bytes, so it is UTF-16 without a byte order mark or no text at all; give UTF-8 text",
            )
            for encoding in ("utf-16-le", "utf-16-be")
        ),
        Case("NUL bytes", {"a.txt": b"La mine\0\0 rouvre."}, "predict a.txt", r"a\.txt:1: holds NUL bytes, .*; give UTF-8 text"),
        Case("a picture", {"a.txt": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"}, "predict a.txt", r"a\.txt:1: holds NUL bytes, .*; give UTF-8 text"),
    )  # fmt: skip
    def test_what_is_not_utf_8_is_named_with_the_way_to_convert_it(self, case: Case, tmp_path: Path) -> None:
        case.check(tmp_path)

    def test_control_characters_in_a_text_do_no_harm(self, tmp_path: Path) -> None:
        control = "".join(map(chr, [*range(1, 9), *range(14, 32), *range(127, 133), *range(134, 160)]))
        write(tmp_path / "a.txt", f"{control} {MINE} {control}")
        done = sahel("predict", "a.txt", folder=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert [(r["paragraph"], r["abstained"], "natural_resources" in r["topics"]) for r in records(done.stdout)] == [(1, None, True)]

    def test_control_characters_and_line_breaks_in_arguments_do_not_reach_the_terminal(self) -> None:
        refused(sahel("predict", "\x1b[2J.txt"), r"\?\[2J\.txt: no such file; check the path")
        refused(sahel("predict", "a.txt", "--two\nlines"), "unrecognized arguments: --two lines; see 'sahel-classify --help'")

    @pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse arguments that are not UTF-8")
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ([b"\xe9.txt"], "?.txt: no such file; check the path"),
            (
                [b"a.txt", b"--target", b"\xe9"],
                r"target '\udce9' is not of the form id=Alias,Alias; example: turkey=Turquie,Ankara,Erdogan",
            ),
        ],
    )
    def test_arguments_that_are_not_utf_8_are_told(self, tmp_path: Path, arguments: list[bytes], said: str) -> None:
        done = subprocess.run([COMMAND, "predict", *arguments], capture_output=True, cwd=tmp_path, check=False)
        assert (done.returncode, done.stdout, done.stderr.decode()) == (2, b"", f"sahel-classify: {said}\n")

    @pytest.mark.parametrize(
        ("name", "start", "pattern"),
        [
            ("a.txt", b"Un.\n\nDeux.\n\n", r"a\.txt:5: 50,000,000 characters in one paragraph, .*; part its paragraphs by blank lines"),
            ("-", b"", r"standard input:1: 50,000,000 characters in one paragraph, .*; part its paragraphs by blank lines"),
            ("a.jsonl", b'{"text": "un"}\n', r"a\.jsonl:2: no valid JSON \(Expecting value.*\); write one object a line, .*"),
            ("a.csv", b"", r"a\.csv:1: no column named text; its header is 'mot mot .{,80}'; rename the column .*"),
            ("a.csv", b"id,text\na,", r"a\.csv:2: 50,000,000 characters in one paragraph, .*; give each of its paragraphs a record .*"),
        ],
        ids=["article", "standard input", "no JSON", "no CSV", "CSV"],
    )
    def test_a_line_of_50_mb_is_refused_within_seconds(self, tmp_path: Path, name: str, start: bytes, pattern: str) -> None:
        data = start + b"mot " * 12_499_999 + b"mots"
        if name != "-":
            write(tmp_path / name, data)
        refused(sahel("explain", name, "--topic", "diplomacy", folder=tmp_path, given=data if name == "-" else None), pattern)

    def test_the_longest_paragraph_is_the_same_as_in_python(self) -> None:
        assert inputs.LONGEST_TEXT == model.LONGEST_TEXT == 1_000_000


class TestRecords:
    @cases(
        Case(
            "a broken line 1,000 of 2,000", {"a.jsonl": lines('{"id": "1000", "text": "Paragraphe')}, "predict a.jsonl -o out.jsonl",
            r"a\.jsonl:1000: no valid JSON \(.*\); write one object a line, mend or remove this one",
        ),
        Case(
            "a broken line on standard input", {}, "predict - -o out.jsonl",
            r"standard input:1000: no valid JSON \(.*\); write one object .*", given=lines('"id": 1').encode(),
        ),
        Case("two objects on a line", {"a.jsonl": '{"text": "a"} {"text": "b"}\n'}, "predict a.jsonl", rf"{AT_1}no valid JSON .*; .*"),
        Case("an indented object", {"a.jsonl": '{\n "text": "a"\n}\n'}, "predict a.jsonl", rf"{AT_1}no valid JSON \(.*\); write one .*"),
        Case("brackets without end", {"a.jsonl": '{"text": ' + "[" * 100_000}, "predict a.jsonl", rf"{AT_1}no valid JSON .*; .*"),
        Case("a number of 5,000 digits", {"a.jsonl": '{"id": ' + "1" * 5000 + "}"}, "predict a.jsonl", rf"{AT_1}no valid JSON .*; .*"),
        *(
            Case(
                f"{value} for an object", {"a.jsonl": lines(value)}, "predict a.jsonl -o out.jsonl",
                rf'a\.jsonl:1000: {kind} where an object is needed; write one a line, such as \{{"id": "1", "text": "…"\}}',
            )
            for value, kind in (("[]", "list"), ("3", "int"), ('"un"', "str"), ("null", "NoneType"), ("NaN", "float"))
        ),
        *(
            Case(
                f"text {value}", {"a.jsonl": f'{{"text": "un"}}\n{{"id": "b", "text": {value}}}\n'}, "predict a.jsonl -o out.jsonl",
                rf'a\.jsonl:2: "text" is {kind}; give a string',
            )
            for value, kind in (("null", "missing"), ("3.5", "float"), ("true", "bool"), ('["un"]', "list"), ("{}", "dict"))
        ),
        Case("no text", {"a.jsonl": [{"id": "a", "body": MINE}]}, "predict a.jsonl", rf'{AT_1}"text" is missing; give a string'),
        Case("id [1]", {"a.jsonl": '{"id": [1], "text": "un"}'}, "predict a.jsonl", rf'{AT_1}"id" is list; give a string or a number'),
        Case("id true", {"a.jsonl": '{"id": true, "text": "un"}'}, "predict a.jsonl", rf'{AT_1}"id" is bool; give a string or a number'),
        Case("headline {}", {"a.jsonl": r'{"text": "\ud800", "headline": {}}'}, "predict a.jsonl", rf'{AT_1}"headline" is dict; give .*'),
        *(
            Case(
                f"targets {value}", {"a.jsonl": f'{{"text": "a", "targets": {value}}}'}, "predict a.jsonl",
                rf'{AT_1}"targets" is no list of strings; write for example \["russia"\]',
            )
            for value in ("[1]", '[""]', "{}", "7")
        ),
    )  # fmt: skip
    def test_the_first_bad_line_of_json_lines_is_named_and_nothing_written(self, case: Case, tmp_path: Path) -> None:
        case.check(tmp_path)

    @cases(
        Case(
            "a text column in other letters", {"a.csv": "id;Text\na;un\n"}, "predict a.csv",
            r"a\.csv:1: no column named text; its header is 'id;Text'; rename the column that holds the paragraphs",
        ),
        Case(
            "a row with a cell more", {"a.csv": "id,text\na,un\nb,deux, trois\nc,quatre\n"}, "predict a.csv -o out.jsonl",
            r"a\.csv:3: 3 cells where the header has 2; quote cells that hold the delimiter",
        ),
        Case("a row with a cell less", {"a.csv": "id;text\na;un\nb\n"}, "predict a.csv", r"a\.csv:3: 1 cells where .*; quote .*"),
        Case("a quote without end", {"a.csv": 'id,text\na,"un\nb,deux\n'}, "predict a.csv", r"a\.csv:3: unexpected end .*; mend .*"),
        Case("text after a quote", {"a.csv": 'id,text\na,"un" deux\n'}, "predict a.csv", r"a\.csv:2: .* expected after .*; mend .*"),
        Case("an open quote in the header", {"a.csv": 'id,"text\na,un\n'}, "predict a.csv", r"a\.csv:1: no column named text; .*; .*"),
    )  # fmt: skip
    def test_csv_that_is_no_table_of_texts_is_named(self, case: Case, tmp_path: Path) -> None:
        case.check(tmp_path)

    @pytest.mark.parametrize(
        ("columns", "pattern"),
        [
            ({"body": ["un"], "id": ["a"]}, r"a\.parquet: no column named text; it has body, id; rename the one that holds the paragraphs"),
            ({"text": ["un", None]}, r'a\.parquet: row 2: "text" is missing; give a string'),
            ({"text": [b"un"]}, r'a\.parquet: row 1: "text" is bytes; give a string'),
            ({"text": ["un"], "targets": ["russia"]}, r'a\.parquet: row 1: "targets" is no list of strings; write for example .*'),
        ],
        ids=["no text column", "no text", "bytes", "targets"],
    )
    def test_parquet_that_is_no_table_of_texts_is_named(self, tmp_path: Path, columns: dict[str, list[Any]], pattern: str) -> None:
        pyarrow = pytest.importorskip("pyarrow")
        parquet = pytest.importorskip("pyarrow.parquet")
        parquet.write_table(pyarrow.table(columns), tmp_path / "a.parquet")
        refused(sahel("predict", "a.parquet", folder=tmp_path), pattern)

    def test_parquet_whose_strings_are_not_utf_8_is_named(self, tmp_path: Path) -> None:
        pyarrow = pytest.importorskip("pyarrow")
        parquet = pytest.importorskip("pyarrow.parquet")
        damaged = pyarrow.array([b"gr\xe8ve"]).view(pyarrow.string())
        parquet.write_table(pyarrow.table({"text": damaged}), tmp_path / "a.parquet")
        refused(sahel("predict", "a.parquet", folder=tmp_path), r"a\.parquet: can't be read as Parquet \(.*\); check the file")

    @pytest.mark.parametrize("content", [b"", b"id,text\na,un\n"], ids=["empty", "CSV"])
    def test_what_is_no_parquet_is_named(self, tmp_path: Path, content: bytes) -> None:
        pytest.importorskip("pyarrow")
        write(tmp_path / "a.parquet", content)
        refused(sahel("predict", "a.parquet", folder=tmp_path), r"a\.parquet: can't be read as Parquet \(.*\); check the file")

    def test_without_pyarrow_the_way_to_install_it_is_told(self, tmp_path: Path) -> None:
        write(tmp_path / "a.parquet", b"PAR1")
        write(tmp_path / "pyarrow.py", "raise ImportError\n")
        done = sahel("predict", "a.parquet", folder=tmp_path, PYTHONPATH=str(tmp_path))
        refused(done, r"a\.parquet: reading Parquet needs pyarrow; install it with: pip install 'sahel-classify\[parquet\]'")


class Trap:
    """Makes a folder where it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return os.mkdir, (self.folder,)


def forged(path: Path, **manifest: Any) -> None:
    """A model file with right checksums and no arrays."""
    text = json.dumps({"format": bundle.FORMAT, "format_version": bundle.FORMAT_VERSION, "checksums": {}} | manifest).encode()
    with zipfile.ZipFile(path, "w") as archive:
        archive.comment = hashlib.sha256(text).hexdigest().encode()
        archive.writestr("manifest.json", text)


def give(folder: Path, road: str) -> subprocess.CompletedProcess[str]:
    """Give ``my.model`` in the folder to a command."""
    write(folder / "a.txt", MINE)
    write(folder / "a.jsonl", [{"id": "a", "text": MINE, "topics": ["mines"]}])
    return sahel(*road.split(), "my.model", folder=folder)


roads = pytest.mark.parametrize("road", ["explain a.txt --topic mines --model", "evaluate a.jsonl --model", "inspect"])


class TestModels:
    @roads
    def test_a_missing_model_is_named(self, tmp_path: Path, road: str) -> None:
        refused(give(tmp_path, road), r"my\.model: no such model file; train one with 'sahel-classify train LABELS -o MODEL'")

    @roads
    def test_a_damaged_model_is_named(self, tmp_path: Path, small_model: Model, road: str) -> None:
        small_model.save(tmp_path / "my.model")
        data = bytearray((tmp_path / "my.model").read_bytes())
        data[len(data) // 2] ^= 1
        write(tmp_path / "my.model", bytes(data))
        refused(give(tmp_path, road), r"my\.model: .*; the file is damaged, copy or train it again")

    @roads
    def test_a_model_of_a_later_version_asks_for_an_upgrade(self, tmp_path: Path, road: str) -> None:
        forged(tmp_path / "my.model", format_version=bundle.FORMAT_VERSION + 1)
        pattern = r"my\.model: format version \d+ is newer than this package reads \(\d+\); upgrade with 'pip install -U sahel-classify'"
        refused(give(tmp_path, road), pattern)

    @pytest.mark.parametrize("share", [0.0, 0.99])
    def test_a_truncated_model_is_named_with_a_remedy(self, tmp_path: Path, small_model: Model, share: float) -> None:
        small_model.save(tmp_path / "my.model")
        data = (tmp_path / "my.model").read_bytes()
        write(tmp_path / "my.model", data[: int(share * len(data))])
        refused(give(tmp_path, "inspect"), r"my\.model: no model file of sahel_classify, or a truncated one.*; .*")

    def test_a_foreign_zip_is_named_with_a_remedy(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "my.model", "w") as archive:
            archive.writestr("lisez-moi.txt", "Rien à voir.")
        refused(give(tmp_path, "inspect"), r"my\.model: .*; .*train.*")

    def test_another_format_is_named_with_a_remedy(self, tmp_path: Path) -> None:
        forged(tmp_path / "my.model", format="another model")
        refused(give(tmp_path, "inspect"), r"my\.model: a zip file, but no model of sahel_classify; .*")

    def test_a_folder_as_model_is_named_with_a_remedy(self, tmp_path: Path) -> None:
        (tmp_path / "my.model").mkdir()
        refused(give(tmp_path, "inspect"), r"my\.model: .*; .*")

    @roads
    def test_a_pickle_as_model_is_refused_and_not_run(self, tmp_path: Path, road: str) -> None:
        write(tmp_path / "my.model", pickle.dumps(Trap(tmp_path / "run")))
        done = give(tmp_path, road)
        assert (done.returncode, done.stdout) == (BAD_INPUT, "")
        assert re.fullmatch(r"sahel-classify: my\.model: no model file of sahel_classify, or a truncated one.*\n", done.stderr)
        assert not (tmp_path / "run").exists()

    def test_a_manifest_that_lacks_its_parts_is_told_by_inspect_too(self, tmp_path: Path) -> None:
        forged(tmp_path / "my.model")
        refused(give(tmp_path, "inspect"), r"my\.model: its manifest lacks what a model has \(KeyError\('metadata'\)\); train it again, .*")
        refused(give(tmp_path, "predict a.txt --model"), r"my\.model: its parts do not fit together \(.*\); .*, train it again")


class TestUsage:
    @cases(
        Case("an unknown command", {}, "classify a.txt", r"argument COMMAND: invalid choice: 'classify' .*; see 'sahel-classify --help'"),
        Case("an unknown option before the command", {}, "--fast predict", r".*--fast.*; see 'sahel-classify --help'"),
        Case(
            "an unknown format", {}, "predict a.txt --format xml", r"argument --format: invalid choice: 'xml' .*; see '.* predict --help'"
        ),
        Case("an option without its value", {}, "predict a.txt --model", "argument --model: expected one argument; see '.* --help'"),
        Case("topic and stance", {}, "explain a.txt --topic a --stance b", r"argument --stance: not allowed .*; see '.* explain --help'"),
        Case("nothing to explain", {}, "explain --topic a", ".* required: INPUT; see 'sahel-classify explain --help'"),
        Case("no labels", {}, "train -o my.model", ".* required: LABELS; see 'sahel-classify train --help'"),
        Case("no output for a model", {}, "train a.jsonl", ".* required: -o/--output; see 'sahel-classify train --help'"),
        Case("nothing to evaluate", {}, "evaluate", ".* required: LABELS; see 'sahel-classify evaluate --help'"),
        Case("nothing to lint", {}, "lint", ".* required: LABELS; see 'sahel-classify lint --help'"),
        *(
            Case(f"seed {seed[:12]}", {}, f"train a.jsonl -o m --seed {seed}", r"argument --seed: .* is no whole number .*; see .*")
            for seed in ("-1", "1.5", "4294967296", "9" * 5000, "²")
        ),
        Case("top -1", {}, "explain a.txt --topic diplomacy --top -1", r"argument --top: '-1' is no whole number from 0 .*; see .*"),
    )
    def test_bad_usage_points_to_help(self, case: Case, tmp_path: Path) -> None:
        case.check(tmp_path)

    @pytest.mark.parametrize("definition", ["turkey", "turkey=", "=Turquie", "turkey=,", "turkey=…,!", ""])
    def test_a_target_without_id_or_names_is_refused(self, tmp_path: Path, definition: str) -> None:
        write(tmp_path / "a.txt", MINE)
        done = sahel("predict", "a.txt", "-o", "out", "--target", definition, folder=tmp_path)
        refused(done, rf"target '{re.escape(definition)}' is not of the form id=Alias,Alias; example: turkey=Turquie,Ankara,Erdogan")
        assert sorted(contents(tmp_path)) == ["a.txt"]

    def test_an_unknown_topic_or_target_is_told_with_those_that_are_known(self, tmp_path: Path, shipped_model: Model) -> None:
        write(tmp_path / "a.txt", MINE)
        done = sahel("explain", "a.txt", "--topic", "football", "--json", folder=tmp_path)
        refused(done, rf"no topic 'football' in this model; it has {', '.join(shipped_model.topic_ids)}")
        done = sahel("explain", "a.txt", "--stance", "turkey", "--json", folder=tmp_path)
        refused(done, rf"no target 'turkey' in this model; it has {', '.join(sorted(shipped_model.target_ids))}; add others with .*")

    def test_a_stance_asked_of_a_model_without_stances_is_refused(self, tmp_path: Path) -> None:
        labels = [{"id": i, "text": f"{MINE if i % 2 else 'Le stade est plein ce soir.'} {i}", "topics": [str(i % 2)]} for i in range(6)]
        write(tmp_path / "labels.jsonl", labels)
        assert sahel("train", "labels.jsonl", "-o", "my.model", folder=tmp_path).returncode == 0
        write(tmp_path / "a.jsonl", [{"id": "a", "text": MINE}, {"id": "b", "text": MINE, "targets": ["russia"]}])
        done = sahel("predict", "a.jsonl", "--model", "my.model", "-o", "out", folder=tmp_path)
        pattern = r"a\.jsonl:2: a stance towards russia is asked of a model without stances; leave it out, or give a model trained on .*"
        refused(done, pattern)
        assert not (tmp_path / "out").exists()

    @pytest.mark.parametrize("given", [["turkey"], ["russia", "turkey", "a\ud800"]], ids=len)
    def test_a_stance_towards_an_unknown_target_is_refused(self, tmp_path: Path, shipped_model: Model, given: list[str]) -> None:
        content = json.dumps({"id": "a", "text": MINE}) + "\n\n" + json.dumps({"id": "b", "text": MINE, "targets": given})
        write(tmp_path / "a.jsonl", content)
        named = "'turkey'" if len(given) == 1 else r"'turkey', 'a\\ud800'"
        pattern = rf"no target {named} in this model; it has {{}}; correct it, or define it with --target 'turkey=Alias,Alias'"
        known = shipped_model.target_ids
        done = sahel("predict", "a.jsonl", "-o", "out", folder=tmp_path)
        refused(done, r"a\.jsonl:3: " + pattern.format(", ".join(sorted(known))))
        done = sahel("predict", "-", "--target", "china=Chine", folder=tmp_path, given=content.encode())
        refused(done, "standard input:3: " + pattern.format(", ".join(sorted([*known, "china"]))))
        assert sorted(contents(tmp_path)) == ["a.jsonl"]

    def test_a_stance_towards_an_unknown_target_is_refused_in_csv_and_parquet(self, tmp_path: Path) -> None:
        write(tmp_path / "a.csv", f"id,text,targets\na,{MINE},\nb,{MINE},russia turkey\n")
        refused(sahel("predict", "a.csv", folder=tmp_path), r"a\.csv:3: no target 'turkey' in this model; it has .*; correct it, or .*")
        pyarrow = pytest.importorskip("pyarrow")
        parquet = pytest.importorskip("pyarrow.parquet")
        parquet.write_table(pyarrow.table({"text": [MINE, MINE], "targets": [["russia"], ["turkey"]]}), tmp_path / "a.parquet")
        refused(sahel("predict", "a.parquet", folder=tmp_path), r"a\.parquet: row 2: no target 'turkey' in this model; it has .*; .*")


class TestOutput:
    @cases(
        Case("a folder as output", {"a.txt": MINE, "out/b.txt": "x"}, "predict a.txt -o out", "out: a folder; name a file in it", FAILURE),
        Case("a file as folder", {"a.txt": MINE}, "predict a.txt -o a.txt/out", r"a.txt/out: can't be written, .*; choose .*", FAILURE),
        Case(
            "a folder for the model that does not exist", {"a.jsonl": "{}"}, "train a.jsonl -o none/my.model",
            r"none/my\.model: can't be written, its folder does not exist; choose a folder that exists and is writable", FAILURE,
        ),
        Case("a folder as model", {"a.jsonl": "{}", "m/b": ""}, "train a.jsonl -o m", "m: a folder; name a file in it", FAILURE),
    )  # fmt: skip
    def test_an_output_that_cannot_be_written_is_told_before_the_work(self, case: Case, tmp_path: Path) -> None:
        case.check(tmp_path)

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="a folder is not read-only to root or on this system")
    @pytest.mark.parametrize("command", ["predict a.txt -o locked/out", "train a.jsonl -o locked/out"])
    def test_a_read_only_folder_is_told(self, tmp_path: Path, command: str) -> None:
        write(tmp_path / "a.txt", MINE)
        write(tmp_path / "a.jsonl", "{}")
        (tmp_path / "locked").mkdir(mode=0o500)
        refused(sahel(*command.split(), folder=tmp_path), "locked/out: can't be written, its folder is not writable; choose .*", FAILURE)

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
    def test_a_model_is_not_written_to_a_pipe_or_device(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        write(tmp_path / "a.jsonl", [{"id": "a", "text": MINE, "topics": ["mines"]}])
        refused(sahel("train", "a.jsonl", "-o", "pipe", folder=tmp_path), "pipe: no regular file; name a file for the model", FAILURE)

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
    @pytest.mark.parametrize("arguments", ["predict a.txt", "explain a.txt --topic diplomacy", "--version"])
    def test_a_full_disk_is_told(self, tmp_path: Path, arguments: str) -> None:
        write(tmp_path / "a.txt", MINE)
        with open("/dev/full", "wb") as full:
            done = subprocess.run([COMMAND, *arguments.split()], stdout=full, stderr=subprocess.PIPE, cwd=tmp_path, check=False)
        message = b"sahel-classify: standard input or output: No space left on device; check that it can be read and written\n"
        assert (done.returncode, done.stderr) == (FAILURE, message)

    @pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
    @pytest.mark.parametrize(
        ("command", "status", "said"),
        [
            ("predict a.txt >&-", FAILURE, "sahel-classify: standard output is closed; open it, or redirect it to a file\n"),
            ("predict - <&-", BAD_INPUT, "sahel-classify: standard input is closed; name a file, or give the text in a pipe\n"),
            ("predict <&-", BAD_INPUT, "sahel-classify: no input was given; name a file, or - for standard input\n"),
            ("predict none.txt 2>&-", BAD_INPUT, ""),
        ],
    )
    def test_closed_streams_are_told(self, tmp_path: Path, command: str, status: int, said: str) -> None:
        write(tmp_path / "a.txt", MINE)
        done = subprocess.run(["sh", "-c", f'"{COMMAND}" {command}'], capture_output=True, text=True, cwd=tmp_path, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (status, "", said)


GOOD = {"id": "a", "text": MINE, "topics": ["mines"]}


def labels(fault: dict[str, Any]) -> dict[str, str | bytes | list[dict[str, Any]]]:
    """Two labelled paragraphs, the second with a fault."""
    return {"a.jsonl": [GOOD, {"id": "b", "text": "Le stade est plein.", "topics": ["sport"]} | fault]}


class TestLabels:
    @cases(
        Case("no id", labels({"id": ""}), "train a.jsonl -o m", r'a\.jsonl:2: "id" is missing or no string; give each paragraph an id .*'),
        Case("topics as numbers", labels({"topics": [1]}), "train a.jsonl -o m", r'a\.jsonl:2: "topics" of b is no list of strings; .*'),
        Case("stances as a list", labels({"stances": ["x"]}), "train a.jsonl -o m", r'a\.jsonl:2: "stances" of b is no object; write .*'),
        Case("an unknown stance", labels({"stances": {"x": "for"}}), "evaluate a.jsonl", r"a\.jsonl:2: stance 'for' .* is not one of .*"),
        Case("a year as text", labels({"year": "2024"}), "train a.jsonl -o m", r"a\.jsonl:2: \"year\" of b is '2024'; give a whole number"),
        Case("a group as number", labels({"group": 3}), "train a.jsonl -o m", r"a\.jsonl:2: 'group' of b is int; give a string"),
        Case("too few columns", {"a.tsv": "mine\tfr\n"}, "train a.tsv -o m", r"a\.tsv:1: 2 columns; write term, lang, label and weight .*"),
        Case("a weight of 9", {"a.tsv": "mine\tfr\tmines\t9\n"}, "train a.tsv -o m", r"a\.tsv:1: weight '9' is not one of -2, -1, 1, 2, 3"),
        Case(
            "stances all alike", {"a.jsonl": [{"id": "a", "text": MINE, "stances": {"x": "favor"}}]}, "train a.jsonl -o m",
            "all 1 stances are 'favor'; label at least one other, or leave stances out",
        ),
        Case("no words", {"a.jsonl": [GOOD | {"text": "… !"}]}, "train a.jsonl -o m", "no term occurs in .*; give more text .*"),
        Case("no label", {"a.jsonl": [{"id": "a", "text": MINE}]}, "train a.jsonl -o m", "the labels hold neither .*; annotate .*"),
        Case("nothing to score", {"a.jsonl": [{"id": "a", "text": MINE}]}, "evaluate a.jsonl", "none of the paragraphs is .*; .*"),
        Case(
            "two topics in an exclusive scheme", labels({"topics": ["a", "b"]}), "train a.jsonl -o m --exclusive",
            r"a\.jsonl:2: exclusive training needs exactly one topic a paragraph; b has 2 \(a, b\); give it one, leave the paragraph .*",
        ),
        Case(
            "no topic in an exclusive scheme",
            {"l/paragraphs/a.jsonl": [GOOD], "l/paragraphs/b.jsonl": "\n" + json.dumps(GOOD | {"id": "b", "topics": []})},
            "train l -o m --exclusive",
            r"l/paragraphs/b\.jsonl:2: exclusive training needs exactly one topic a paragraph; b has 0; give it one, leave .*",
        ),
        Case("a broken scheme", {"topics.toml": "x = ["}, "train topics.toml -o m", r"topics\.toml: .*; expected TOML in UTF-8 with .*"),
        Case("a folder with nothing to lint", {"labels/x": ""}, "lint labels", r"labels: no paragraphs/\*\.jsonl .*; give a folder .*"),
        Case(
            "no text", labels({"text": None}), "train a.jsonl -o m", r'a\.jsonl:2: "text" of b is missing, empty or no string; .*',
        ),
        Case(
            "an id twice", {"a.jsonl": [GOOD, GOOD]}, "train a.jsonl -o m", r"a\.jsonl:2: the id 'a' stands twice; give each paragraph .*",
        ),
        Case(
            "Latin-1", {"a.jsonl": b'{"id": "a", "text": "un"}\n{"id": "b", "text": "gr\xe8ve"}\n'}, "train a.jsonl -o m",
            r"a\.jsonl:2: not UTF-8 \(byte 0xe8\); convert it, for example: iconv -f ISO-8859-1 -t UTF-8",
        ),
        Case(
            "UTF-16", {"a.jsonl": json.dumps(GOOD).encode("utf-16")}, "train a.jsonl -o m",
            rf"{AT_1}encoded in UTF-16; convert it, for example: iconv -f UTF-16 -t UTF-8",
        ),
        Case(
            "UTF-16 without a byte order mark", {"a.jsonl": json.dumps(GOOD).encode("utf-16-le")}, "evaluate a.jsonl",
            rf"{AT_1}holds NUL bytes, so it is UTF-16 without a byte order mark or no text at all; give UTF-8 text",
        ),
        Case("an empty file", {"a.jsonl": ""}, "train a.jsonl -o m", r"a\.jsonl.*; .*"),
        Case("no such file", {}, "train none.jsonl -o m", r"none\.jsonl: no such .*; .*"),
        Case("no such file to lint", {}, "lint none.jsonl", r"none\.jsonl: no such .*; .*"),
        Case("an empty folder", {"labels/x": ""}, "train labels -o m", "labels: no .*; .*"),
        Case(
            "a lone surrogate in a topic", {"a.jsonl": json.dumps(GOOD | {"topics": ["\ud800"]})}, "train a.jsonl -o m", rf"{AT_1}.*; .*",
        ),
    )  # fmt: skip
    def test_labels_that_break_their_contract_are_named(self, case: Case, tmp_path: Path) -> None:
        case.check(tmp_path)
