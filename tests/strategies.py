"""Hypothesis strategies that the tests share: texts, labelled records, lexicon entries."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from sahel_classify.lexicon import LANGUAGES, STANCES, WEIGHTS, LexiconEntry

__all__ = ["any_texts", "composed_texts", "identifiers", "labelled_records", "lexicon_entries", "texts"]

_KNOWN_KEYS: Final = frozenset({"id", "text", "topics", "stances", "lang", "group", "genre", "headline", "year"})

# Words with what tends to break: accents, ligatures, elisions, both apostrophes, acronyms, signs, names of targets.
_WORDS: Final = (
    "l'armée", "l’État", "malien", "Bamako", "la", "CEDEAO", "ONU", "aujourd'hui", "cœur", "déployée", "the", "army", "said", "Wagner",
    "n'a-t-elle", "Moscou", "Paris", "à", "1 200", "½", "%", "«", "»", "…", "É", "naïf", "U.N.", "F-16", "\u202f!", "🙂", "مالي", "Ɓ",
)  # fmt: skip


def texts(*, min_size: int = 0) -> st.SearchStrategy[str]:
    """Any text: words of news, arbitrary characters (lone surrogates left out, since files are UTF-8), or both."""
    news = st.lists(st.sampled_from(_WORDS), min_size=min_size, max_size=30).map(" ".join)
    anything = st.text(st.characters(exclude_categories=["Cs"]), min_size=min_size, max_size=80)
    return st.one_of(news, anything, st.tuples(news, anything).map(" ".join))


def any_texts() -> st.SearchStrategy[str]:
    """What a caller may hand over: `texts`, or characters of every kind, lone surrogates and control characters included."""
    return texts() | st.text(st.characters(exclude_categories=()), max_size=60)


# Clauses that join to paragraphs in which targets act, are praised and are blamed, with and without negation.
_CLAUSES: Final = (
    "Bamako accuse Paris de soutenir les groupes armés", "la Russie livre des hélicoptères à l'armée malienne",
    "le ministre salue un partenariat sincère et fructueux", "la CEDEAO n'a pas levé les sanctions", "l'ONU condamne ces violences",
    "Niamey dénonce le pillage de l'uranium", "la mine d'or de Kayes emploie mille ouvriers", "il est né à Ouagadougou",
    "aujourd'hui, les écoles du nord restent fermées", "the junta praised Moscow", "ECOWAS never recognised the coup",
    "French troops left Gao without a word", "Wagner fighters looted the village", "farmers fear another drought",
)  # fmt: skip
_ENDS: Final = (". ", " ! ", ", ", " ; ", "… ", " ", "\n")


def composed_texts() -> st.SearchStrategy[str]:
    """Paragraphs of composed French and English clauses, some words in capitals."""
    clause = st.sampled_from(_CLAUSES) | st.sampled_from(_CLAUSES).map(str.upper)
    return st.lists(st.tuples(clause, st.sampled_from(_ENDS)).map("".join), min_size=1, max_size=6).map("".join)


def identifiers() -> st.SearchStrategy[str]:
    """Ids of paragraphs, groups, topics and targets as people write them."""
    return st.text("abcdefghijklmnopqrstuvwxyz0123456789-_é", min_size=1, max_size=12)


def _json_values() -> st.SearchStrategy[Any]:
    plain = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts()
    return st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(identifiers(), inner, max_size=3), max_leaves=5)


@st.composite
def labelled_records(draw: st.DrawFn) -> dict[str, Any]:
    """Records that keep the contract of a labelled paragraph, with any of the optional keys and some unknown ones."""
    record: dict[str, Any] = {"id": draw(identifiers()), "text": draw(texts(min_size=1).filter(str.strip))}
    optional: dict[str, st.SearchStrategy[Any]] = {
        "topics": st.lists(identifiers(), max_size=4, unique=True),
        "stances": st.dictionaries(identifiers(), st.sampled_from(STANCES), max_size=4),
        "lang": st.sampled_from(["fr", "en"]),
        "group": identifiers(),
        "genre": identifiers(),
        "headline": texts(),
        "year": st.integers(1900, 2100),
    }
    for key in sorted(draw(st.sets(st.sampled_from(sorted(optional))))):
        record[key] = draw(optional[key])
    record.update(draw(st.dictionaries(identifiers().filter(lambda key: key not in _KNOWN_KEYS), _json_values(), max_size=2)))
    return record


def lexicon_entries(labels: tuple[str, ...] = ("mines", "diplomacy", *STANCES)) -> st.SearchStrategy[LexiconEntry]:
    """Valid lexicon entries of 1 to 4 words."""
    word = st.sampled_from(["mine", "l'or", "état-major", "sommet", "CEDEAO", "gold", "coup", "d’État", "œuvre", "pays"])
    term = st.lists(word, min_size=1, max_size=4).map(" ".join)
    return st.builds(LexiconEntry, term, st.sampled_from(LANGUAGES), st.sampled_from(labels), st.sampled_from(WEIGHTS))
