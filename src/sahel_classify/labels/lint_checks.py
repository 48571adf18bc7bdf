"""The linter's checks of what could be read: each takes paragraphs and lexicon lines with their places and yields findings."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sahel_classify.labels.duplicates import near_duplicates
from sahel_classify.labels.findings import Finding, Place, found
from sahel_classify.labels.records import LabelledParagraph
from sahel_classify.language import SUPPORTED_LANGUAGES, guess_language
from sahel_classify.lexicon import STANCES, Lexicon, LexiconEntry
from sahel_classify.targets import CandidateFinder, Target
from sahel_classify.text import word_spans

__all__ = ["PlacedEntry", "PlacedParagraph"]

# Shorter texts tell too little of their language.
_LEAST_WORDS_FOR_LANGUAGE: Final = 15
# A rate among fewer paragraphs says nothing about a term.
_LEAST_PARAGRAPHS_FOR_RATE: Final = 20
_STRONG: Final = 2.0
_EXCESS: Final = 3.0


@dataclass(frozen=True, slots=True)
class PlacedParagraph:
    """A paragraph, where it stands, and its folded words."""

    place: Place
    paragraph: LabelledParagraph
    forms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlacedEntry:
    """A lexicon line and where it stands."""

    place: Place
    entry: LexiconEntry


def check_scheme(
    paragraphs: Sequence[PlacedParagraph],
    entries: Sequence[PlacedEntry],
    topics: Collection[str] | None,
    targets: Collection[str] | None,
) -> Iterator[Finding]:
    """SC003: ids outside the scheme; None where there is no scheme."""
    for item in paragraphs:
        name = item.paragraph.id
        for topic in item.paragraph.topics or ():
            if topics is not None and topic not in topics:
                message = f"topic {topic!r} of {name} is not in the scheme; correct it or add the topic to topics.toml"
                yield found("SC003", item.place, name, message)
        for target in item.paragraph.stances or ():
            if targets is not None and target not in targets:
                message = f"target {target!r} of {name} is not in the scheme; correct it or add the target to targets.toml"
                yield found("SC003", item.place, name, message)
    for line in entries:
        label, term = line.entry.label, line.entry.term
        if topics is not None and label not in topics and label not in STANCES:
            remedy = f"correct it, add the topic to topics.toml, or give one of {', '.join(STANCES)}"
            yield found("SC003", line.place, term, f"label {label!r} of {term!r} is not in the scheme; {remedy}")


def check_ids(paragraphs: Sequence[PlacedParagraph]) -> Iterator[Finding]:
    """SC004: ids that stand twice."""
    first: dict[str, Place] = {}
    for item in paragraphs:
        identifier = item.paragraph.id
        if identifier in first:
            message = f"the id {identifier!r} stands at {first[identifier]} already; give each paragraph an id of its own"
            yield found("SC004", item.place, identifier, message)
        first.setdefault(identifier, item.place)


def check_near_duplicates(paragraphs: Sequence[PlacedParagraph]) -> Iterator[Finding]:
    """SC005: texts that repeat an earlier one."""
    for earlier, later, similarity in near_duplicates([item.forms for item in paragraphs]):
        one, other = paragraphs[earlier], paragraphs[later]
        same_group = one.paragraph.group is not None and one.paragraph.group == other.paragraph.group
        remedy = "remove one of them" if same_group else "remove one of them, or give both the same group"
        pair = f"the text of {other.paragraph.id} repeats that of {one.paragraph.id} at {one.place}"
        yield found("SC005", other.place, other.paragraph.id, f"{pair} (similarity {similarity:.2f}); {remedy}")


def check_mentions(paragraphs: Sequence[PlacedParagraph], targets: Sequence[Target]) -> Iterator[Finding]:
    """SC006: stances towards a target that the paragraph doesn't name."""
    named = {t.id for t in targets if t.aliases or t.aliases_case_sensitive or t.places or t.demonyms or t.nouns}
    # A finder for each target: the longer name of another target must not hide a name.
    finders = {target.id: CandidateFinder([target]) for target in targets if target.id in named}
    for item in paragraphs:
        judged = [target for target in item.paragraph.stances or () if target in named]
        if not judged:
            continue
        texts = [text for text in (item.paragraph.text, item.paragraph.headline) if text]
        read = [(text, spans, [word.form for word in spans]) for text in texts for spans in [word_spans(text)]]
        for target in judged:
            if not any(finders[target].find(*one) for one in read):
                remedy = "remove the stance, or add the name that is used to targets.toml"
                message = f"stance of {item.paragraph.id} towards {target!r}, none of whose names occurs in text or headline; {remedy}"
                yield found("SC006", item.place, item.paragraph.id, message)


def check_lexicon(entries: Sequence[PlacedEntry]) -> Iterator[Finding]:
    """SC008 and SC009: lines that contradict or repeat an earlier one."""
    first: dict[tuple[tuple[str, ...], str, str], PlacedEntry] = {}
    judging: dict[tuple[tuple[str, ...], str, str], PlacedEntry] = {}
    for line in entries:
        entry, phrase = line.entry, line.entry.phrase
        earlier = first.setdefault((phrase, entry.lang, entry.label), line)
        if earlier is not line:
            terms = f"{entry.term!r} ({entry.lang}, {entry.label})"
            # Terms that look different may be one: say why, or the finding seems wrong.
            folded = "" if earlier.entry.term == entry.term else f" as {earlier.entry.term!r} (case, accents and apostrophes don't count)"
            if earlier.entry.weight == entry.weight:
                yield found("SC009", line.place, entry.term, f"{terms} stands at {earlier.place} already{folded}; remove one of the lines")
            else:
                weights = f"has weight {entry.weight:g} here and {earlier.entry.weight:g} at {earlier.place}{folded}"
                yield found("SC008", line.place, entry.term, f"{terms} {weights}; keep one of the lines")
        if entry.label in {"favor", "against"} and entry.weight > 0:
            opposite = "against" if entry.label == "favor" else "favor"
            # "both" stands for either language, so it contradicts a line for one of them.
            languages = ("fr", "en", "both") if entry.lang == "both" else (entry.lang, "both")
            for contrary in [judging[phrase, lang, opposite] for lang in languages if (phrase, lang, opposite) in judging][:1]:
                message = f"{entry.term!r} speaks for {entry.label} here and for {opposite} at {contrary.place}; keep one of the lines"
                yield found("SC008", line.place, entry.term, message)
            judging.setdefault((phrase, entry.lang, entry.label), line)


def check_groups(paragraphs: Sequence[PlacedParagraph]) -> Iterator[Finding]:
    """SC010: groups of which paragraphs stand in several files; one finding a group and further file."""
    first: dict[str, Place] = {}
    told: set[tuple[str, str]] = set()
    for item in paragraphs:
        group = item.paragraph.group
        if group is None:
            continue
        begun = first.setdefault(group, item.place)
        if begun.path != item.place.path and (group, item.place.path) not in told:
            told.add((group, item.place.path))
            message = f"the group {group!r} of {item.paragraph.id} begins at {begun}; move its paragraphs into one file or rename one group"
            yield found("SC010", item.place, item.paragraph.id, message)


def check_terms(paragraphs: Sequence[PlacedParagraph], entries: Sequence[PlacedEntry]) -> Iterator[Finding]:
    """SC011: topic terms whose paragraphs are labelled otherwise than the weight says."""
    topic_lines = [line for line in entries if line.entry.label not in STANCES]
    annotated = [item for item in paragraphs if item.paragraph.topics is not None]
    if not topic_lines or len(annotated) < _LEAST_PARAGRAPHS_FOR_RATE:
        return
    lexicon = Lexicon([line.entry for line in topic_lines], list(dict.fromkeys(line.entry.label for line in topic_lines)))
    overall: Counter[str] = Counter()
    holding: Counter[tuple[str, tuple[str, ...]]] = Counter()
    labelled: dict[tuple[str, tuple[str, ...]], Counter[str]] = defaultdict(Counter)
    for item in annotated:
        topics = item.paragraph.topics or ()
        tag = item.paragraph.lang
        # As in training: the tag, else a guess, else French.
        lang = "en" if (tag if tag in SUPPORTED_LANGUAGES else guess_language(item.forms)) == "en" else "fr"
        overall.update(topics)
        for phrase in {item.forms[start:end] for start, end, _ in lexicon.matches(item.forms, lang)}:
            holding[lang, phrase] += 1
            labelled[lang, phrase].update(topics)
    for line in topic_lines:
        entry, phrase = line.entry, line.entry.phrase
        keys = [(lang, phrase) for lang in ("fr", "en") if entry.lang in {lang, "both"} and (lang, phrase) in holding]
        occurrences = sum(holding[key] for key in keys)
        if occurrences < _LEAST_PARAGRAPHS_FOR_RATE:
            continue
        rate = sum(labelled[key][entry.label] for key in keys) / occurrences
        base = overall[entry.label] / len(annotated)
        if entry.weight >= _STRONG and rate < base:
            remedy = "lower the weight or remove the line"
        elif entry.weight < 0 and rate > _EXCESS * base:
            remedy = "make the weight positive or remove the line"
        else:
            continue
        statistics = f"{rate:.1%} of the {occurrences} paragraphs with the term have this topic, {base:.1%} of all"
        message = f"{entry.term!r} has weight {entry.weight:g} for {entry.label}, but {statistics}; {remedy}, or check the labels"
        yield found("SC011", line.place, entry.term, message)


def check_languages(paragraphs: Sequence[PlacedParagraph]) -> Iterator[Finding]:
    """SC012: language tags other than the language that the words tell."""
    for item in paragraphs:
        tag = item.paragraph.lang
        if tag is None or len(item.forms) < _LEAST_WORDS_FOR_LANGUAGE:
            continue
        guess = guess_language(item.forms)
        if guess is not None and guess != tag:
            message = f'{item.paragraph.id} is tagged {tag!r} but reads as {guess!r}; correct "lang", or leave it out to have it guessed'
            yield found("SC012", item.place, item.paragraph.id, message)
