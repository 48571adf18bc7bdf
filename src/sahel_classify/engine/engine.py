"""A model ready for batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
import numpy.typing as npt

from sahel_classify.abstention import abstention
from sahel_classify.analysis import analyze
from sahel_classify.engine.characters import QUOTE, Characters, read_characters
from sahel_classify.engine.hashing import Ints
from sahel_classify.engine.lexicon import LexiconTable, topic_features
from sahel_classify.engine.mentions import Mentions, MentionTable
from sahel_classify.engine.sparse import product
from sahel_classify.engine.stances import StanceTable
from sahel_classify.engine.terms import column_of_number, tfidf
from sahel_classify.engine.words import STEM, Vocabulary, Words, read_words
from sahel_classify.language import FUNCTION_WORDS, SUPPORTED_LANGUAGES
from sahel_classify.mentions import ARTICLES, Headline, MentionFinder
from sahel_classify.sparse import FloatArray
from sahel_classify.stance_features import BLOCKS, NEGATIONS

if TYPE_CHECKING:
    from sahel_classify.model import Model

__all__ = ["Answers", "Engine"]

K = TypeVar("K")
V = TypeVar("V")
_MOST_REMEMBERED: Final = 4096
_LANGUAGES: Final = tuple(FUNCTION_WORDS)


@dataclass(frozen=True)
class Answers:
    """What the engine says of a batch.

    Attributes
    ----------
    plain : ndarray of shape (n_texts,), bool
        Texts that are answered; the others hold characters for which the plain road is needed.
    topic_scores : ndarray of shape (n_texts, n_topics), float64
        Decision values.
    language, abstained : list of (str or None)
    text, target : ndarray of shape (n_stances,), int64
        Text and target (in `Engine.targets`) of each stance, in order of first mention.
    stance_scores : ndarray of shape (n_stances, 3), float64
    mention_text, mention_target, mention_start, mention_end : ndarray of shape (n_mentions,), int64
        Mentions, with their characters of the text.
    """

    plain: npt.NDArray[np.bool_]
    topic_scores: FloatArray
    language: list[str | None]
    abstained: list[str | None]
    text: Ints
    target: Ints
    stance_scores: FloatArray
    mention_text: Ints
    mention_target: Ints
    mention_start: Ints
    mention_end: Ints


class Engine:
    """A model's parts ready for batches.

    Parameters
    ----------
    model : Model
        One of which `Engine.supports` is true.
    finder : MentionFinder
        The model's, or one with more targets.

    Attributes
    ----------
    finder : MentionFinder
    targets : tuple of str
        Target ids as `Answers` numbers them.
    """

    def __init__(self, model: Model, finder: MentionFinder) -> None:
        self._model = model
        self.finder = finder
        words, prefixes = _vocabulary(model, finder)
        self._vocabulary = vocabulary = Vocabulary(words, prefixes)
        self.targets: tuple[str, ...] = ()
        self._mentions: MentionTable | None = None
        self._stances: StanceTable | None = None
        if model.stances is not None and model.stance_features is not None:
            self._mentions = MentionTable(finder, vocabulary)
            self.targets = self._mentions.targets
            self._stances = StanceTable(model.stance_features, model.stances, vocabulary)
            own = model.stance_features.targets
            self._own = np.array([own.index(target) + 1 if target in own else 0 for target in self.targets], np.int64)
        self._known = np.array([model.knows("\n"), *(model.knows(word) for word in vocabulary.words[1:])])
        self._function_words = np.zeros((len(vocabulary.words), len(_LANGUAGES)))
        for column, language in enumerate(_LANGUAGES):
            self._function_words[[vocabulary.number[word] for word in FUNCTION_WORDS[language]], column] = 1
        self._lexicon: LexiconTable | None = None
        self._headlines: dict[str, Headline] = {}
        self._headline_scores: dict[tuple[str, str], FloatArray] = {}
        if model.features is not None and model.topics is not None:
            self._prepare_topics(model)

    def _prepare_topics(self, model: Model) -> None:
        features, topics = model.features, model.topics
        assert features is not None and topics is not None  # noqa: PT018  # the caller's condition, for the type checker
        vocabulary = self._vocabulary
        tables = features.vectorizer.tables_ if features.vectorizer is not None else {}
        widths = [len(table) for table in tables.values()]
        widths.append(len(features.scaler.center) if features.scaler is not None else 0)
        *blocks, self._lexicon_weights, self._headline_weights = np.split(topics.coef_, np.cumsum(widths))
        self._block_weights = dict(zip(tables, blocks, strict=True))
        if "words" in tables:
            self._word_column = column_of_number(tables["words"], ["\n", *vocabulary.words[1:]])
        if "stems" in tables:
            short, cut = vocabulary.prefixes, [f"{prefix}~" for prefix in vocabulary.prefixes]
            self._stem_column = np.stack([column_of_number(tables["stems"], names) for names in (short, cut)])
            self._stem_column[:, 0] = -1
        if features.lexicon is not None and features.scaler is not None:
            self._lexicon = LexiconTable(features.lexicon, vocabulary)

    @staticmethod
    def supports(model: Model) -> bool:
        """Whether the engine knows all kinds of features of a model."""
        features = model.features
        if features is not None and features.vectorizer is not None:
            vectorizer = features.vectorizer
            if vectorizer.char_ngrams is not None or vectorizer.pairs or not vectorizer.words or vectorizer.stem_length not in {None, STEM}:
                return False
        return model.stance_features is None or tuple(model.stance_features.tables) == BLOCKS

    def answer(self, texts: Sequence[str], headlines: Sequence[str | None]) -> Answers:
        """Scores of a batch.

        Parameters
        ----------
        texts : sequence of str
            At least one.
        headlines : sequence of str or None
            One a text.
        """
        characters = read_characters(texts)
        words = read_words(characters, self._vocabulary)
        n = len(texts)
        n_words = np.diff(words.bounds)
        known = np.add.reduceat(np.append(self._known[words.number], False), words.bounds[:-1], dtype=np.int64) * (n_words > 0)
        language = self._languages(words, n_words)
        english = np.array([guess == "en" for guess in language], bool)
        topic_scores = self._topic_scores(words, n_words, english, headlines)
        abstained = list(map(abstention, n_words.tolist(), known.tolist(), language))
        answered = characters.plain & np.array([reason is None for reason in abstained], bool)
        empty = np.zeros(0, np.int64)
        mentions = Mentions(empty, empty, empty)
        text, target, scores = empty, empty, np.zeros((0, 3))
        if self._mentions is not None and self._stances is not None and self.targets and len(words.number):
            mentions = self._mentions.find(words, characters, [self._headline(headline) for headline in headlines])
            kept = answered[words.text[mentions.first]]
            mentions = Mentions(mentions.target[kept], mentions.first[kept], mentions.end[kept])
            pair = words.text[mentions.first] * np.int64(len(self.targets)) + mentions.target
            pair = pair[np.sort(np.unique(pair, return_index=True)[1])]
            text, target = np.divmod(pair, len(self.targets))
            if len(text):
                surface = _surface(characters, n_words)[text]
                scores = self._stances.scores(words, mentions, text, target, self._own[target], english, surface)
        owner = words.text[mentions.first].astype(np.int64)
        offset = np.concatenate([[0], np.cumsum(np.fromiter(map(len, texts), np.int64, n) + 1)])[owner]
        start = characters.original(words.starts[mentions.first]) - offset
        end = characters.original(words.ends[mentions.end - 1] - 1) + 1 - offset
        return Answers(characters.plain, topic_scores, language, abstained, text, target, scores, owner, mentions.target, start, end)

    def _headline(self, headline: str | None) -> Headline | None:
        if not headline:
            return None
        if headline not in self._headlines:
            self._headlines[headline] = self.finder.read_headline(headline)
        return self._headlines[headline]

    def _languages(self, words: Words, n_words: Ints) -> list[str | None]:
        hits = product(words.bounds.astype(np.int32), words.number, np.ones(len(words.number)), self._function_words)
        supported = hits[:, [_LANGUAGES.index(language) for language in SUPPORTED_LANGUAGES]]
        best, most = supported.argmax(axis=1), supported.max(axis=1)
        other, most_other = hits.argmax(axis=1), hits.max(axis=1)
        foreign = np.array([language not in SUPPORTED_LANGUAGES for language in _LANGUAGES])[other]
        foreign &= (most_other >= 3) & (most_other >= 1.25 * most) & (most_other >= n_words / 6)
        names: list[str | None] = [None, *SUPPORTED_LANGUAGES, *_LANGUAGES]
        code = np.where(foreign, 1 + len(SUPPORTED_LANGUAGES) + other, np.where(most > 0, 1 + best, 0))
        return [names[i] for i in code.tolist()]

    def _topic_scores(self, words: Words, n_words: Ints, english: npt.NDArray[np.bool_], headlines: Sequence[str | None]) -> FloatArray:
        model, n = self._model, len(n_words)
        if model.topics is None or model.features is None:
            return np.zeros((n, 0))
        total = np.tile(model.topics.intercept_, (n, 1))
        tables = model.features.vectorizer.tables_ if model.features.vectorizer is not None else {}
        if "words" in tables:
            column = self._word_column[words.number]
            total += product(*tfidf(words.text, column, n, tables["words"]), self._block_weights["words"])
        if "stems" in tables:
            column = self._stem_column[words.long.astype(np.int8), words.prefix]
            total += product(*tfidf(words.text, column, n, tables["stems"]), self._block_weights["stems"])
        if self._lexicon is not None and model.features.scaler is not None:
            hits = self._lexicon.hits(words.number, words.bounds[1:][words.text], english[words.text])
            values = topic_features(
                hits, words.text[hits.first], words.sentence[hits.first], n_words, words.sentence_bounds, self._lexicon.n_labels
            )
            total += model.features.scaler.transform(values) @ self._lexicon_weights
        if model.features.headline_scaler is not None:
            for i, headline in enumerate(headlines):
                if headline:
                    total[i] += self._headline_score(headline, "en" if english[i] else "fr")
        return total

    def _headline_score(self, headline: str, language: str) -> FloatArray:
        return _remembered(self._headline_scores, (headline, language), lambda: self._score_headline(headline, language))

    def _score_headline(self, headline: str, language: str) -> FloatArray:
        features = self._model.features
        if features is None or features.lexicon is None or features.headline_scaler is None:
            return np.zeros(len(self._model.topic_ids))
        values = features.lexicon.features(analyze(headline, language))
        return np.asarray(features.headline_scaler.transform(values) @ self._headline_weights)


def _remembered(known: dict[K, V], key: K, make: Callable[[], V]) -> V:
    """A value worked out once for neighbouring paragraphs; forgotten now and then, so that an archive can't fill the memory."""
    if key not in known:
        if len(known) >= _MOST_REMEMBERED:
            known.clear()
        known[key] = make()
    return known[key]


def _surface(characters: Characters, n_words: Ints) -> FloatArray:
    """`sahel_classify.stance_view.SURFACE` of each text."""
    n = len(n_words)
    marks = []
    for mark in "!?":
        places = np.array(list(_places(characters.text, mark)), np.int64)
        marks.append(np.bincount(np.searchsorted(characters.bounds, places, "right") - 1, minlength=n) / np.maximum(1, n_words))
    quotes = np.searchsorted(characters.bounds, np.flatnonzero(characters.kind & QUOTE), "right") - 1
    quoted = np.bincount(quotes, minlength=n) > 0
    return np.stack([*marks, quoted, n_words / 100], axis=1)


def _places(text: str, mark: str) -> Iterator[int]:
    place = text.find(mark)
    while place >= 0:
        yield place
        place = text.find(mark, place + 1)


def _vocabulary(model: Model, finder: MentionFinder) -> tuple[set[str], set[str]]:
    """Words and stems that the parts of a model ask about."""
    words = set(ARTICLES) | set(NEGATIONS)
    prefixes: set[str] = set()
    for listed in FUNCTION_WORDS.values():
        words |= listed
    lexicons = [part.lexicon for part in (model.features, model.stance_features) if part is not None and part.lexicon is not None]
    for phrase in (p for lexicon in lexicons for language in SUPPORTED_LANGUAGES for p in lexicon.phrases(language)):
        words.update(phrase)
    for phrase in finder.names.phrases:
        words.update(phrase)
    if model.features is not None and model.features.vectorizer is not None:
        tables = model.features.vectorizer.tables_
        if "words" in tables:
            words.update(tables["words"].terms)
        if "stems" in tables:
            prefixes.update(term.removesuffix("~") for term in tables["stems"].terms)
    if model.stance_features is not None:
        for term in _stance_terms(model.stance_features.tables["paragraph"].terms, model.stance_features.tables["side"].terms):
            (prefixes if term.startswith("~") else words).add(term.removeprefix("~"))
    return words, prefixes


def _stance_terms(paragraph: Iterable[str], side: Iterable[str]) -> Iterator[str]:
    yield from paragraph
    for term in side:
        # "<word", "<~stem", "<near word", "<1 word"
        yield term[1:].rpartition(" ")[2]
