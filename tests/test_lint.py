"""The linter: one folder a code that triggers it and nothing else, and what it must not find fault with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sahel_classify.errors import LabelError
from sahel_classify.labels.duplicates import near_duplicates
from sahel_classify.labels.lint import CODES, Finding, exit_status, lint

SCHEME = {
    "topics.toml": '[topics.mines]\nname_fr = "Mines"\n[topics.diplomacy]\n',
    "targets.toml": '[targets.mali]\naliases = ["Bamako"]\naliases_case_sensitive = ["FAMa"]\n[targets.unnamed]\n',
}
LONG_FRENCH = "Le ministre des mines a visité mardi la nouvelle usine de traitement avec les élus de la région et des cadres de la société."


def line(identifier: str, text: str, **keys: Any) -> str:
    return json.dumps({"id": identifier, "text": text, **keys}, ensure_ascii=False) + "\n"


CLEAN = {
    **SCHEME,
    "paragraphs/a.jsonl": (
        line("a1", LONG_FRENCH, lang="fr", topics=["mines"], stances={}, group="one", year=2024)
        + line("a2", "Bamako a signé l'accord.", lang="fr", topics=["diplomacy"], stances={"mali": "neutral"}, group="one")
        + line("a3", "Il a signé.", headline="Les FAMa avancent", stances={"mali": "favor", "unnamed": "against"}, note="kept")
    ),
    "paragraphs/b.jsonl": "\ufeff\n" + line("b1", "Nothing to see.", lang="en", topics=[], group="two"),
    "lexicon/terms.tsv": (
        "# a comment\n\nmine\tfr\tmines\t3\r\nmine\ten\tmines\t2\nmine\tfr\tdiplomacy\t-1\n"
        "accord\tboth\tfavor\t1\naccord\tfr\tagainst\t-1\n"
    ),
}

# A term in 20 paragraphs of which few have the label, among others that have it.
CONTRARY = "".join(line(f"x{i}", f"mine numéro {i}", lang="fr", topics=["diplomacy"]) for i in range(20))
LABELLED = "".join(line(f"y{i}", f"lingot numéro {i}", lang="fr", topics=["mines"]) for i in range(20))

# Code → files beside the scheme, and the lines where it must be found.
CASES: dict[str, tuple[dict[str, str], list[tuple[str, int]]]] = {
    "SC001": (
        {"paragraphs/a.jsonl": '{"id": "a",\n' + line("b", "Bien lu.") + '[1, 2\n{"id": "c", "text": NaN.}\n'},
        [("paragraphs/a.jsonl", 1), ("paragraphs/a.jsonl", 3), ("paragraphs/a.jsonl", 4)],
    ),
    "SC002": (
        {"paragraphs/a.jsonl": "3\n" + line("b", "Bien lu.") + line("c", "Mal lu.", year="2024")},
        [("paragraphs/a.jsonl", 1), ("paragraphs/a.jsonl", 3)],
    ),
    "SC003": (
        {
            "paragraphs/a.jsonl": line("a", "Un.", topics=["mines", "gold"]) + line("b", "Deux.", stances={"turkey": "favor"}),
            "lexicon/terms.tsv": "lingot\tfr\tgold\t2\n",
        },
        [("lexicon/terms.tsv", 1), ("paragraphs/a.jsonl", 1), ("paragraphs/a.jsonl", 2)],
    ),
    "SC004": (
        {"paragraphs/a.jsonl": line("a", "Un."), "paragraphs/b.jsonl": line("b", "Deux.") + line("a", "Trois.")},
        [("paragraphs/b.jsonl", 2)],
    ),
    "SC005": (
        {"paragraphs/a.jsonl": line("a", LONG_FRENCH), "paragraphs/b.jsonl": line("b", "Le " + LONG_FRENCH[3:].upper() + " Bref.")},
        [("paragraphs/b.jsonl", 1)],
    ),
    "SC006": (
        {"paragraphs/a.jsonl": line("a", "Les fama avancent à Gao.", headline="Gao", stances={"mali": "favor"})},
        [("paragraphs/a.jsonl", 1)],
    ),
    "SC007": (
        {"lexicon/terms.tsv": "mine\tfr\tmines\nor\tfr\tmines\t2\nlingot\tfr\tmines\t2,5\n"},
        [("lexicon/terms.tsv", 1), ("lexicon/terms.tsv", 3)],
    ),
    "SC008": (
        {"lexicon/a.tsv": "mine\tfr\tmines\t3\nsuccès\tboth\tfavor\t2\n", "lexicon/b.tsv": "Mine\tfr\tmines\t2\nsucces\tfr\tagainst\t1\n"},
        [("lexicon/b.tsv", 1), ("lexicon/b.tsv", 2)],
    ),
    "SC009": (
        {"lexicon/a.tsv": "l'état-major\tfr\tmines\t3\nor\tfr\tmines\t3\nL’Etat major\tfr\tmines\t3\n"},
        [("lexicon/a.tsv", 3)],
    ),
    "SC010": (
        {
            "paragraphs/a.jsonl": line("a", "Un.", group="g"),
            "paragraphs/b.jsonl": line("b", "Deux.", group="g") + line("c", "Trois.", group="g"),
        },
        [("paragraphs/b.jsonl", 1)],
    ),
    "SC011": (
        {
            "paragraphs/a.jsonl": CONTRARY + LABELLED,
            "lexicon/terms.tsv": "mine\tfr\tmines\t2\nmine\ten\tmines\t2\nlingot\tfr\tmines\t2\nnuméro\tfr\tdiplomacy\t3\n",
        },
        [("lexicon/terms.tsv", 1)],
    ),
    "SC012": (
        {"paragraphs/a.jsonl": line("a", LONG_FRENCH, lang="en") + line("b", "Bien trop court.", lang="en")},
        [("paragraphs/a.jsonl", 1)],
    ),
    "SC013": (
        {
            "topics.toml": "[topics.mines]\nname_fr = Mines\n",
            "targets.toml": "[targets.mali]\nalias = []\n",
            "paragraphs/a.jsonl": line("a", "Un."),
        },
        [("targets.toml", 1), ("topics.toml", 2)],
    ),
}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode())
    return folder


def places(findings: list[Finding], folder: Path) -> list[tuple[str, int]]:
    return [(Path(finding.path).relative_to(folder).as_posix(), finding.line) for finding in findings]


def test_a_clean_folder_gives_no_finding(tmp_path: Path) -> None:
    assert lint(write(tmp_path, CLEAN)) == []


def test_every_code_has_a_case() -> None:
    assert list(CASES) == list(CODES)


@pytest.mark.parametrize("code", CASES)
def test_a_fault_gives_its_code_alone(tmp_path: Path, code: str) -> None:
    files, expected = CASES[code]
    findings = lint(write(tmp_path, SCHEME | files))
    assert {finding.code for finding in findings} == {code}
    assert places(findings, tmp_path) == expected
    assert exit_status(findings) == (0 if code in {"SC011", "SC012"} else 1)
    for finding in findings:
        assert str(finding) == f"{finding.path}:{finding.line}: {code} {finding.message}"


def messages(folder: Path) -> list[str]:
    return [finding.message for finding in lint(folder)]


class TestRecords:
    def test_each_problem_is_a_finding(self, tmp_path: Path) -> None:
        record = {"id": 1.5, "text": "", "topics": "mines", "stances": {"mali": "for", "un": "favor", "eu": 3}, "lang": 7, "year": "x"}
        write(tmp_path, {"a.jsonl": json.dumps(record)})
        assert [finding.code for finding in lint(tmp_path / "a.jsonl")] == ["SC002"] * 7

    def test_a_key_that_stands_twice(self, tmp_path: Path) -> None:
        record = '{"id": "a", "text": "Un.", "topics": ["x"], "topics": [], "stances": {"un": "favor", "un": "against"}}'
        write(tmp_path, {"a.jsonl": record})
        assert messages(tmp_path) == ["'topics' stands twice in the object; keep one", "'un' stands twice in the object; keep one"]

    @pytest.mark.parametrize("content", ["[" * 100_000, '{"id": "a", "text": ' + "9" * 5000 + "}", '{"a": ' * 990 + "1" + "}" * 990])
    def test_hostile_json_is_a_finding(self, tmp_path: Path, content: str) -> None:
        write(tmp_path, {"a.jsonl": content + "\n" + line("b", "Bien lu.", year="x")})
        findings = lint(tmp_path / "a.jsonl")
        assert {finding.line for finding in findings} == {1, 2}

    def test_bad_utf8_is_a_finding_of_its_line(self, tmp_path: Path) -> None:
        (tmp_path / "a.jsonl").write_bytes(b'{"id": "a", "text": "Kadiogo"}\n{"id": "b", "text": "S\xe9nou"}\n{"id": "a", "text": "Un."}\n')
        assert [(finding.line, finding.code) for finding in lint(tmp_path)] == [(2, "SC001"), (3, "SC004")]

    def test_a_file_that_cannot_be_read_is_a_finding(self, tmp_path: Path) -> None:
        write(tmp_path, {"a.jsonl": line("a", "Un.")})
        (tmp_path / "b.jsonl").mkdir()
        assert [(finding.code, finding.line) for finding in lint(tmp_path)] == [("SC001", 1)]

    def test_the_id_is_told(self, tmp_path: Path) -> None:
        write(tmp_path, {"a.jsonl": line("a", "Un.", year="x"), "lexicon/a.tsv": "mine\tde\tmines\t1\n"})
        assert [finding.id for finding in lint(tmp_path)] == ["a", "mine"]


class TestNearDuplicates:
    def test_names_both_ids_and_the_remedy(self, tmp_path: Path) -> None:
        write(tmp_path, {"a.jsonl": line("a", LONG_FRENCH) + line("b", LONG_FRENCH)})
        (message,) = messages(tmp_path)
        place = f"{tmp_path / 'a.jsonl'}:1"
        assert message == f"the text of b repeats that of a at {place} (similarity 1.00); remove one of them, or give both the same group"

    def test_one_finding_a_later_text(self, tmp_path: Path) -> None:
        write(tmp_path, {"a.jsonl": "".join(line(f"a{i}", LONG_FRENCH) for i in range(5))})
        assert [finding.line for finding in lint(tmp_path)] == [2, 3, 4, 5]

    @given(st.lists(st.lists(st.sampled_from("abc"), max_size=14), max_size=12), st.sampled_from([0.3, 0.5, 0.7, 1.0]))
    def test_finds_what_comparing_all_finds(self, texts: list[list[str]], threshold: float) -> None:
        sets = [{tuple(forms[i : i + 3]) for i in range(max(1, len(forms) - 2)) if forms} for forms in texts]
        expected = []
        for later, items in enumerate(sets):
            best = max((len(items & sets[i]) / max(1, len(items | sets[i])) for i in range(later)), default=0.0)
            if best >= threshold:
                expected.append((later, best))
        assert [(later, similarity) for _, later, similarity in near_duplicates(texts, threshold, 3)] == expected


class TestLexicon:
    def test_a_language_of_its_own_may_differ_from_both(self, tmp_path: Path) -> None:
        write(tmp_path, {"lexicon/a.tsv": "or\tboth\tmines\t1\nor\tfr\tmines\t3\n"})
        assert lint(tmp_path) == []

    @pytest.mark.parametrize(("one", "other"), [("fr", "fr"), ("both", "en"), ("en", "both"), ("both", "both")])
    def test_favor_and_against_contradict(self, tmp_path: Path, one: str, other: str) -> None:
        write(tmp_path, {"lexicon/a.tsv": f"pari\t{one}\tagainst\t1\npari\t{other}\tfavor\t2\n"})
        place = f"{tmp_path / 'lexicon' / 'a.tsv'}:1"
        assert messages(tmp_path) == [f"'pari' speaks for favor here and for against at {place}; keep one of the lines"]

    def test_favor_and_against_in_two_languages_do_not(self, tmp_path: Path) -> None:
        write(tmp_path, {"lexicon/a.tsv": "pain\tfr\tfavor\t1\npain\ten\tagainst\t2\n"})
        assert lint(tmp_path) == []

    def test_a_folded_repetition_says_why(self, tmp_path: Path) -> None:
        write(tmp_path, {"lexicon/a.tsv": "pillé\tfr\tagainst\t2\npille\tfr\tagainst\t2\n"})
        assert "as 'pillé' (case, accents and apostrophes don't count)" in messages(tmp_path)[0]

    def test_a_negative_weight_against_the_labels(self, tmp_path: Path) -> None:
        others = "".join(line(f"z{i}", f"sommet numéro {i}", lang="fr", topics=["diplomacy"]) for i in range(60))
        write(tmp_path, {"a.jsonl": LABELLED + others, "lexicon/a.tsv": "lingot\tboth\tmines\t-1\nsommet\tboth\tmines\t-2\n"})
        (finding,) = lint(tmp_path)
        assert (finding.code, finding.id, finding.severity) == ("SC011", "lingot", "warning")
        assert "100.0% of the 20 paragraphs with the term have this topic, 25.0% of all" in finding.message

    def test_the_longest_match_hides_a_term(self, tmp_path: Path) -> None:
        write(tmp_path, {"a.jsonl": CONTRARY + LABELLED, "lexicon/a.tsv": "mine\tfr\tmines\t2\nmine numéro\tfr\tdiplomacy\t2\n"})
        assert lint(tmp_path) == []

    def test_paragraphs_without_annotation_do_not_count(self, tmp_path: Path) -> None:
        plain = "".join(line(f"x{i}", f"mine numéro {i}", lang="fr") for i in range(40))
        write(tmp_path, {"a.jsonl": plain + LABELLED, "lexicon/a.tsv": "mine\tfr\tmines\t2\n"})
        assert lint(tmp_path) == []


class TestWithoutScheme:
    def test_any_topic_and_target_will_do(self, tmp_path: Path) -> None:
        write(tmp_path, {"a.jsonl": line("a", "Un.", topics=["gold"], stances={"turkey": "favor"}), "lexicon/a.tsv": "or\tfr\tgold\t1\n"})
        assert lint(tmp_path) == []

    def test_a_lexicon_file_alone(self, tmp_path: Path) -> None:
        write(tmp_path, {"a.tsv": "or\tfr\tgold\t1\nor\tfr\tgold\t1\n"})
        assert [finding.code for finding in lint(str(tmp_path / "a.tsv"))] == ["SC009"]

    def test_findings_come_by_path_and_line(self, tmp_path: Path) -> None:
        broken = "{\n" + line("a", LONG_FRENCH, year="x")
        write(tmp_path, {"b.jsonl": broken, "a.jsonl": line("a", "Un.") + broken + line("a", "Deux.")})
        findings = lint(tmp_path)
        assert places(findings, tmp_path) == [("a.jsonl", 2), ("a.jsonl", 3), ("a.jsonl", 4), ("b.jsonl", 1), ("b.jsonl", 2)]

    @pytest.mark.parametrize("name", ["", "missing", "topics.toml"])
    def test_nothing_to_check_is_an_error(self, tmp_path: Path, name: str) -> None:
        write(tmp_path, {"topics.toml": "[topics.a]\n"})
        with pytest.raises(LabelError, match=r"give|no such file"):
            lint(tmp_path / name)


def test_warnings_do_not_fail() -> None:
    warning = Finding("SC012", "warning", "a.jsonl", 1, "a", "…")
    assert exit_status([]) == exit_status([warning]) == 0
    assert exit_status([warning, Finding("SC001", "error", "a.jsonl", 2, "", "…")]) == 1
