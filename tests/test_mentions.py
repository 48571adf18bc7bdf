"""Targets and where a text names them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import any_texts, composed_texts

from sahel_classify import InputError, LabelError, Model, ParameterError, Target
from sahel_classify.analysis import analyze
from sahel_classify.mentions import Headline, Mention, MentionFinder
from sahel_classify.targets import parse_target, read_targets
from sahel_classify.text import normalize, words

TARGETS = (
    Target("un", aliases=("Nations unies",), aliases_case_sensitive=("UN", "ONU")),
    Target("niger", aliases=("Niger", "armée du Niger"), places=("Niamey",), demonyms=("nigérien",), nouns=("la junte",)),
    Target("france", aliases=("France", "l'armée"), aliases_case_sensitive=("DGSE",)),
)


def named(text: str, targets: tuple[Target, ...] = TARGETS) -> list[tuple[str, str]]:
    """Target and cut-out text of each mention."""
    return [(mention.target, text[mention.start : mention.end]) for mention in MentionFinder(targets).find(text)]


def targets_of(model: Model, text: str) -> set[str]:
    return {mention.target for mention in model.mentions.find(text)}


class TestAliases:
    def test_are_found_at_word_boundaries(self) -> None:
        assert named("Le Niger, pas le Nigeria ni le Nigérien-type.") == [("niger", "Niger")]
        assert named("Francevillois et « France-Afrique »") == [("france", "France")]

    def test_an_acronym_must_be_written_as_listed(self) -> None:
        assert named("Un soldat, un village et une route : l'onu s'en mêle.") == []
        assert named("UN experts said the ONU knew.") == [("un", "UN"), ("un", "ONU")]
        assert named("La DGSE et la dgse.") == [("france", "DGSE")]

    def test_other_names_fold_case_accents_and_apostrophes(self) -> None:
        text = "L’ARMÉE, l'armee et les NATIONS-UNIES"
        assert named(text) == [("france", "L’ARMÉE"), ("france", "l'armee"), ("un", "NATIONS-UNIES")]

    def test_the_longest_name_at_a_place_is_meant(self) -> None:
        assert named("Une armée du Niger.") == [("niger", "armée du Niger")]
        assert named("Une armée du Nigeria.") == []

    def test_an_acronym_written_otherwise_leaves_room_for_a_shorter_name(self) -> None:
        targets = (Target("a", aliases_case_sensitive=("Force UN",)), Target("b", aliases=("Force",)))
        assert named("La force un et la Force UN", targets) == [("b", "force"), ("a", "Force UN")]

    def test_several_targets_may_share_a_name(self) -> None:
        assert named("Wagner avance.", (Target("x", aliases=("Wagner",)), Target("y", aliases=("wagner",)))) == [
            ("x", "Wagner"),
            ("y", "Wagner"),
        ]

    def test_alone_are_mentions_of_a_target_that_was_not_trained_on(self) -> None:
        assert named("À Niamey, la junte et un soldat nigérien.") == []

    def test_spans_count_characters_and_words(self) -> None:
        text = "🙂 À Gao, le Ni\u0301ger !"
        assert MentionFinder(TARGETS).find(text) == [Mention("niger", 12, 18, 3, 4)]
        assert text[12:18] == "Ni\u0301ger"

    @given(any_texts() | composed_texts(), st.sets(st.sampled_from(["Paris", "la Russie", "Wagner", "CEDEAO", "l'ONU", "à"]), max_size=4))
    def test_mentions_are_names_in_order_within_the_text(self, text: str, aliases: set[str]) -> None:
        target = Target("x", aliases=tuple(sorted(aliases)))
        mentions = MentionFinder((target,)).find(text)
        forms = words(text)
        assert [(m.start, m.first_word) for m in mentions] == sorted((m.start, m.first_word) for m in mentions)
        for mention in mentions:
            assert 0 <= mention.start < mention.end <= len(text)
            assert " ".join(forms[mention.first_word : mention.end_word]) == normalize(text[mention.start : mention.end])
            assert normalize(text[mention.start : mention.end]) in {normalize(alias) for alias in aliases}

    @given(composed_texts())
    def test_every_occurrence_is_found(self, text: str) -> None:
        found = MentionFinder((Target("x", aliases=("Paris",)),)).find(text)
        assert [mention.first_word for mention in found] == [i for i, form in enumerate(words(text)) if form == "paris"]


class TestFinder:
    def test_a_target_of_a_known_id_replaces_it(self) -> None:
        finder = MentionFinder(TARGETS, learned=frozenset({"un", "niger"})).with_targets([Target("un", aliases=("Onusiens",))])
        assert [target.id for target in finder.targets] == ["niger", "france", "un"]
        assert finder.learned == {"niger"}
        assert [m.target for m in finder.find("Les onusiens et l'ONU")] == ["un"]

    def test_a_headline_names_places_and_demonyms(self) -> None:
        finder = MentionFinder((*TARGETS, Target("mali", places=("Bamako",), elsewhere=("Dakar",))))
        assert finder.read_headline("À Niamey, un soldat nigérien") == Headline(True, frozenset({"niger"}), elsewhere=False)
        assert finder.read_headline("De Bamako à Dakar") == Headline(True, frozenset({"mali"}), elsewhere=True)
        assert finder.read_headline("Le Niger et la France") == Headline(True)
        assert finder.read_headline(None) == finder.read_headline("") == Headline()

    def test_features_tell_whose_name_stands_beside_a_noun(self) -> None:
        targets = (Target("mali", places=("Mali",), nouns=("autorités",), elsewhere=("Cameroun",)), Target("france", aliases=("France",)))
        finder = MentionFinder(targets)

        def features(text: str) -> set[str]:
            return {f for c, names in finder.candidates(analyze(text)) if c.kind == "noun" for f in names}

        there = features("Au Mali comme ailleurs. Les autorités du Cameroun se taisent.")
        expected = {"next\telsewhere", "next\telsewhere\telsewhere\t1", "last\tsame", "sentence\tFalse\tTrue"}
        assert {f"noun\t{feature}" for feature in expected} <= there
        here = features("La France et les autorités du Mali, du Cameroun aussi.")
        assert {f"noun\t{feature}" for feature in ("next\tsame", "previous\tother alias", "then\tsame", "sentence\tTrue\tTrue")} <= here
        assert "noun\tnext\tnone" in features("Au Mali, dit-on. Les autorités ! Cameroun.")

    def test_learned_weights_decide_and_a_noun_needs_its_place(self) -> None:
        finder = MentionFinder(TARGETS, {"noun": 3.0, "place:niger": -1.0}, -1.0, frozenset({"niger"}))
        assert [m.target for m in finder.find("La junte parle.")] == []
        assert [(m.target, m.first_word) for m in finder.find("À Niamey, la junte parle.")] == [("niger", 2)]
        assert [(m.target, m.first_word) for m in finder.find("La junte parle.", headline="Coup de force à Niamey")] == [("niger", 0)]

    @pytest.mark.parametrize("text", [None, b"Niger", 3])
    def test_what_is_no_text_is_refused(self, text: object) -> None:
        with pytest.raises(InputError, match="not str"):
            MentionFinder(TARGETS).find(text)  # type: ignore[arg-type]


class TestShippedModel:
    def test_a_capital_that_acts_is_a_mention(self, shipped_model: Model) -> None:
        text = "Bamako accuse Paris de soutenir les groupes armés."
        mentions = shipped_model.mentions.find(text)
        assert [(m.target, text[m.start : m.end]) for m in mentions if m.start < 20] == [("aes", "Bamako"), ("france", "Paris")]

    def test_a_place_where_something_happens_is_none(self, shipped_model: Model) -> None:
        assert targets_of(shipped_model, "Il est né à Bamako.") == set()

    def test_names_keep_their_boundaries(self, shipped_model: Model) -> None:
        assert "aes" not in targets_of(shipped_model, "Le Nigeria accuse un voisin.")
        assert "un" not in targets_of(shipped_model, "Un soldat a vu un homme. UNE route coupée.")
        assert "un" in targets_of(shipped_model, "UN officials accused the rebels.")

    def test_a_new_target_is_found_by_its_aliases(self, shipped_model: Model) -> None:
        text = "La Turquie livre des drones à Niamey."
        assert "turkey" not in targets_of(shipped_model, text)
        finder = shipped_model.mentions.with_targets([Target("turkey", aliases=("Turquie", "Ankara"), places=("Niamey",))])
        assert [(m.target, text[m.start : m.end]) for m in finder.find(text) if m.target == "turkey"] == [("turkey", "Turquie")]


class TestDefinitions:
    def test_a_definition_is_read(self) -> None:
        assert parse_target(" turkey = Turquie, Ankara ,, Erdoğan") == Target("turkey", aliases=("Turquie", "Ankara", "Erdoğan"))

    @pytest.mark.parametrize("definition", ["", "turkey", "turkey=", "=Turquie", "turkey= , …"])
    def test_a_definition_without_id_or_alias_is_refused(self, definition: str) -> None:
        with pytest.raises(ParameterError, match="is not of the form id=Alias,Alias; example: turkey=Turquie"):
            parse_target(definition)

    def test_a_target_comes_back_from_its_dictionary(self) -> None:
        for target in (*TARGETS, Target("x", name_fr="L'X")):
            assert Target.from_dict(target.to_dict()) == target

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            ('[targets.x]\nalias = ["X"]\n', "unknown keys alias; allowed are aliases"),
            ('[targets.x]\naliases = "X"\n', "aliases has the wrong type"),
            ("[targets.x]\nname_fr = 3\n", "name_fr has the wrong type"),
            ("[target.x]\n", r"one table \[targets.ID\] a target and nothing else"),
            ("targets = 3\n", r"one table \[targets.ID\] a target"),
            ("[targets.x\n", "expected TOML"),
        ],
    )
    def test_a_bad_file_is_named_with_its_remedy(self, tmp_path: Path, content: str, told: str) -> None:
        file = tmp_path / "targets.toml"
        file.write_text(content, encoding="utf-8")
        with pytest.raises(LabelError, match=told) as raised:
            read_targets(file)
        assert str(raised.value).startswith(f"{file}: ")
