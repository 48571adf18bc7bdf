"""The model: topics, stances and explanations of paragraphs and articles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, overload

import numpy as np

from sahel_classify.abstention import abstention
from sahel_classify.analysis import AnalyzedText, analyze
from sahel_classify.errors import InputError, ParameterError
from sahel_classify.explanation import stance_contributions, topic_contributions
from sahel_classify.features import ParagraphFeatures
from sahel_classify.lexicon import STANCES
from sahel_classify.mentions import Mention, MentionFinder
from sahel_classify.prediction import ArticlePrediction, Explanation, Prediction, StancePrediction
from sahel_classify.sparse import SparseRows
from sahel_classify.stance import StanceClassifier
from sahel_classify.stance_features import StanceFeatures
from sahel_classify.stance_view import StanceView, stance_view
from sahel_classify.targets import Target, parse_target
from sahel_classify.terms import TermTable
from sahel_classify.text import LONGEST_TEXT, check_text, split_paragraphs
from sahel_classify.topics import TopicClassifier, column_of

if TYPE_CHECKING:
    from sahel_classify.engine.engine import Answers, Engine

__all__ = ["Model", "load"]

# Share of an article's answered paragraphs from which on a topic is the article's.
_ARTICLE_SHARE: Final = 0.25
# Paragraphs, and characters, that are worked on at once.
_CHUNK: Final = 1024
_CHUNK_CHARACTERS: Final = 1_000_000
# Making an engine takes as long as this many paragraphs on the plain road; few are answered faster on that.
_WORTH_AN_ENGINE: Final = 256
_FEWEST_FOR_ENGINE: Final = 16


@dataclass(frozen=True, slots=True)
class _Reading:
    """A paragraph as read: words, headline, mentions, and why there is no answer."""

    text: AnalyzedText
    headline: AnalyzedText | None
    abstained: str | None
    mentions: list[Mention]
    asked: tuple[str, ...]

    @property
    def targets(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([mention.target for mention in self.mentions] + list(self.asked)))

    def view(self, target: str) -> StanceView:
        return stance_view(self.text, self.mentions, target)


@dataclass(frozen=True)
class Model:
    """A trained model.

    Attributes
    ----------
    features : ParagraphFeatures or None
    topics : TopicClassifier or None
        None where the labels have no topics.
    mentions : MentionFinder
    stance_features : StanceFeatures or None
    stances : StanceClassifier or None
        None where the labels have no stances.
    metadata : mapping
        Fingerprint of the labels, counts, versions, metrics.

    Examples
    --------
    >>> import sahel_classify as sc
    >>> model = sc.load()
    >>> p = model.predict("La CEDEAO a levé les sanctions imposées au Mali après le sommet d'Accra.")
    >>> "regional_integration" in p.topics
    True
    """

    features: ParagraphFeatures | None
    topics: TopicClassifier | None
    mentions: MentionFinder
    stance_features: StanceFeatures | None
    stances: StanceClassifier | None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    _engines: dict[tuple[Target, ...], Engine] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def topic_ids(self) -> tuple[str, ...]:
        """Topics in the order of the scheme."""
        return self.topics.classes_ if self.topics is not None else ()

    @property
    def target_ids(self) -> tuple[str, ...]:
        """Ids of the built-in targets."""
        return tuple(target.id for target in self.mentions.targets)

    @overload  # a string is an iterable of strings, too: the first signature that fits is meant
    def predict(  # type: ignore[overload-overlap]
        self, texts: str, *, targets: Iterable[Target | str] = (), headlines: str | None = None, asked: Collection[str] | None = None
    ) -> Prediction: ...

    @overload
    def predict(
        self,
        texts: Iterable[str],
        *,
        targets: Iterable[Target | str] = (),
        headlines: Iterable[str | None] | None = None,
        asked: Iterable[Collection[str]] | None = None,
    ) -> list[Prediction]: ...

    def predict(
        self,
        texts: str | Iterable[str],
        *,
        targets: Iterable[Target | str] = (),
        headlines: Any = None,
        asked: Any = None,
    ) -> Prediction | list[Prediction]:
        """Topics and stances of a paragraph, or of each of several.

        Parameters
        ----------
        texts : str or iterable of str
            One paragraph, or several.
        targets : iterable of Target or str
            More targets to look for; a string is read as ``"id=Alias,Alias"``.
        headlines : str or None, or an iterable of them, one a paragraph
            Headline of the article a paragraph stands in: what its lexicon terms say weighs a little, and it helps to tell
            whose "government" is meant.
        asked : collection of str, or an iterable of them, one a paragraph
            Ids of targets towards which a stance is wanted whether or not they are mentioned: those of the model or of `targets`.

        Returns
        -------
        Prediction or list of Prediction
            One for a string, a list for several, in their order.

        Raises
        ------
        InputError
            If a text or a headline is not a string, or `asked` is a string where a list of ids is needed.
        ParameterError
            If a target is not of the form ``"id=Alias,Alias"``, `headlines` or `asked` differ in number from the texts, or `asked`
            names a target that is neither the model's nor in `targets`.
        """
        if isinstance(texts, str):
            if isinstance(asked, str):
                raise InputError(f"asked is {asked!r}: give a list of target ids, such as [{asked!r}]")
            return self.predict([texts], targets=targets, headlines=[headlines], asked=[() if asked is None else asked])[0]
        if isinstance(texts, (bytes, bytearray)) or not isinstance(texts, Iterable):
            check_text(texts)
        listed = list(texts)
        finder = self._finder(targets)
        titles = _one_each("headlines", headlines, len(listed), None)
        wanted = _known_ids(_one_each("asked", asked, len(listed), ()), [target.id for target in finder.targets])
        for i, text in enumerate(listed):
            if type(text) is not str or len(text) > LONGEST_TEXT:
                _checked(text, i, len(listed))
        found: list[Prediction] = []
        engine = self._engine(finder, len(listed))
        for start, end in _chunks(listed):
            if engine is None:
                readings = [self._read(listed[i], finder, titles[i], wanted[i]) for i in range(start, end)]
                found.extend(self._answer(readings))
            else:
                found.extend(self._answer_batch(engine, listed[start:end], titles[start:end], wanted[start:end]))
        return found

    def predict_article(self, text: str, *, headline: str | None = None, targets: Iterable[Target | str] = ()) -> ArticlePrediction:
        """Topics and stances of each paragraph of an article, and their aggregate.

        Parameters
        ----------
        text : str
            Paragraphs parted by blank lines.
        headline : str or None
        targets : iterable of Target or str
            More targets to look for.

        Raises
        ------
        InputError
            If `text` is not a string.
        """
        paragraphs = split_paragraphs(text)
        texts = [paragraph.text for paragraph in paragraphs]
        predictions = self.predict(texts, targets=targets, headlines=[headline] * len(texts))
        return aggregate(texts, [paragraph.offset for paragraph in paragraphs], predictions, self.topic_ids)

    def explain(
        self,
        text: str,
        *,
        topic: str | None = None,
        stance: str | None = None,
        targets: Iterable[Target | str] = (),
        headline: str | None = None,
    ) -> Explanation:
        """Exact contributions to a topic's or a stance's decision value.

        Parameters
        ----------
        text : str
            A paragraph.
        topic : str or None
            Explain this topic, given or not.
        stance : str or None
            Explain the stance towards this target.
        targets : iterable of Target or str
        headline : str or None

        Returns
        -------
        Explanation
            Its contributions sum to its decision value.

        Raises
        ------
        ParameterError
            If not exactly one of `topic` and `stance` is given, or the model does not know it.
        """
        if (topic is None) == (stance is None):
            raise ParameterError("give either topic=… or stance=…")
        finder = self._finder(targets)
        reading = self._read(_checked(text, 0, 1), finder, headline, () if stance is None else (stance,))
        if topic is not None:
            return self._explain_topic(reading, topic)
        known = [target.id for target in finder.targets]
        if stance not in known:
            raise ParameterError(_no_target([stance], known))
        return self._explain_stance(reading, str(stance))

    def save(self, path: str | Path) -> None:
        """Write the model to a file that `sahel_classify.load` reads.

        Raises
        ------
        OutputError
            If the file can't be written.
        """
        from sahel_classify.model_format import save_model

        save_model(self, path)

    def _finder(self, targets: Iterable[Target | str]) -> MentionFinder:
        added = [parse_target(target) if isinstance(target, str) else target for target in targets]
        return self.mentions.with_targets(added) if added else self.mentions

    def _engine(self, finder: MentionFinder, n_texts: int) -> Engine | None:
        """The engine for a finder, where there are texts enough to be worth its making."""
        known = self._engines.get(finder.targets)
        if known is not None or n_texts < _WORTH_AN_ENGINE:
            return known if n_texts >= _FEWEST_FOR_ENGINE else None
        from sahel_classify.engine.engine import Engine  # scipy's import costs more than a few paragraphs do

        if not Engine.supports(self):
            return None
        self._engines.clear()
        self._engines[finder.targets] = Engine(self, finder)
        return self._engines[finder.targets]

    def _answer_batch(
        self,
        engine: Engine,
        texts: Sequence[str],
        headlines: Sequence[str | None],
        asked: Sequence[Collection[str]],
    ) -> list[Prediction]:
        found = self._predictions(engine.answer(texts, headlines), engine.targets)
        # What the engine does not know takes the plain road.
        rest = [i for i, prediction in enumerate(found) if prediction is None or asked[i]]
        for i, prediction in zip(
            rest, self._answer([self._read(texts[i], engine.finder, headlines[i], asked[i]) for i in rest]), strict=True
        ):
            found[i] = prediction
        return [prediction for prediction in found if prediction is not None]

    def _predictions(self, answers: Answers, targets: Sequence[str]) -> list[Prediction | None]:
        n = len(answers.plain)
        topics: list[list[str]] = [[] for _ in range(n)]
        names = self.topic_ids
        probabilities = np.zeros((n, 0))
        if self.topics is not None:
            probabilities = self.topics.probabilities(answers.topic_scores)
            row, column = np.nonzero(self.topics.chosen(probabilities))
            order = np.lexsort((-probabilities[row, column], row))
            for i, j in zip(row[order].tolist(), column[order].tolist(), strict=True):
                topics[i].append(names[j])
        places: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for i, j, start, end in zip(
            answers.mention_text.tolist(),
            answers.mention_target.tolist(),
            answers.mention_start.tolist(),
            answers.mention_end.tolist(),
            strict=True,
        ):
            places.setdefault((i, j), []).append((start, end))
        stances: list[dict[str, StancePrediction]] = [{} for _ in range(n)]
        if self.stances is not None and len(answers.text):
            p = self.stances.probabilities(answers.stance_scores)
            chosen = self.stances.chosen(p).tolist()
            for i, j, values, column_ in zip(answers.text.tolist(), answers.target.tolist(), p.tolist(), chosen, strict=True):
                towards = StancePrediction(STANCES[column_], dict(zip(STANCES, values, strict=True)), tuple(places[i, j]))
                stances[i][targets[j]] = towards
        return [
            Prediction(() if reason else tuple(given), dict(zip(names, values, strict=True)), towards, language, reason) if plain else None
            for plain, given, values, towards, language, reason in zip(
                answers.plain.tolist(), topics, probabilities.tolist(), stances, answers.language, answers.abstained, strict=True
            )
        ]

    def _read(self, text: str, finder: MentionFinder, headline: str | None, asked: Collection[str]) -> _Reading:
        read = analyze(text)
        abstained = abstention(len(read.forms), self._n_known(read.forms), read.guessed)
        mentions = finder.find_in(read, headline) if self.stances is not None and abstained is None else []
        return _Reading(read, analyze(headline, read.language) if headline else None, abstained, mentions, tuple(asked))

    def knows(self, word: str) -> bool:
        """Whether the model has seen a folded word in training; a model of word lists alone asks for none."""
        table = self._known_words
        return table is None or word in table

    def _n_known(self, forms: Sequence[str]) -> int:
        table = self._known_words
        return len(forms) if table is None else sum(map(table.column.__contains__, forms))

    @property
    def _known_words(self) -> TermTable | None:
        if self.features is not None and self.features.vectorizer is not None:
            vectorizer = self.features.vectorizer
            return vectorizer.tables_.get("words") or next(iter(vectorizer.tables_.values()))
        if self.features is None and self.stance_features is not None:
            return self.stance_features.tables["paragraph"]
        return None

    def _answer(self, readings: Sequence[_Reading]) -> list[Prediction]:
        probabilities, chosen = np.zeros((len(readings), 0)), np.zeros((len(readings), 0), bool)
        if self.topics is not None and self.features is not None and readings:
            rows = self._topic_rows(self.features, readings)
            probabilities = self.topics.predict_proba(rows)
            chosen = self.topics.chosen(probabilities)
        stances = self._stances(readings)
        names = self.topic_ids
        found: list[Prediction] = []
        for reading, p, given, towards in zip(readings, probabilities, chosen, stances, strict=True):
            order = [] if reading.abstained else sorted(np.flatnonzero(given).tolist(), key=lambda j: -p[j])
            found.append(
                Prediction(
                    tuple(names[j] for j in order),
                    dict(zip(names, p.tolist(), strict=True)),
                    towards,
                    reading.text.guessed,
                    reading.abstained,
                )
            )
        return found

    @staticmethod
    def _topic_rows(features: ParagraphFeatures, readings: Sequence[_Reading]) -> SparseRows:
        return features.rows([r.text for r in readings], [r.headline for r in readings])

    def _stances(self, readings: Sequence[_Reading]) -> list[dict[str, StancePrediction]]:
        found: list[dict[str, StancePrediction]] = [{} for _ in readings]
        if self.stances is None or self.stance_features is None:
            return found
        wanted = [(i, target) for i, reading in enumerate(readings) if reading.abstained is None for target in reading.targets]
        if not wanted:
            return found
        probabilities = self.stances.predict_proba(self.stance_features.rows([readings[i].view(target) for i, target in wanted]))
        for (i, target), p, column in zip(wanted, probabilities, self.stances.chosen(probabilities).tolist(), strict=True):
            places = tuple((m.start, m.end) for m in readings[i].mentions if m.target == target)
            found[i][target] = StancePrediction(STANCES[column], dict(zip(STANCES, p.tolist(), strict=True)), places)
        return found

    def _explain_topic(self, reading: _Reading, topic: str) -> Explanation:
        if self.topics is None or self.features is None:
            raise ParameterError("this model has no topics")
        column = column_of(self.topics.classes_, topic)
        decision = self.topics.decision_function(self._topic_rows(self.features, [reading]))
        contributions = topic_contributions(
            self.features, self.topics.coef_[:, column], float(self.topics.intercept_[column]), reading.text, reading.headline
        )
        return Explanation(
            topic,
            float(decision[0, column]),
            float(self.topics.probabilities(decision)[0, column]),
            float("nan") if self.topics.exclusive else float(self.topics.thresholds_[column]),
            contributions,
        )

    def _explain_stance(self, reading: _Reading, target: str) -> Explanation:
        if self.stances is None or self.stance_features is None:
            raise ParameterError("this model has no stances")
        view = reading.view(target)
        rows = self.stance_features.rows([view])
        probabilities = self.stances.predict_proba(rows)
        column = int(self.stances.chosen(probabilities)[0])
        # A softmax score means something only beside the others': explain it less their mean.
        weights = self.stances.coef_[:, column] - self.stances.coef_.mean(axis=1)
        intercept = float(self.stances.intercept_[column] - self.stances.intercept_.mean())
        return Explanation(
            f"{target}={STANCES[column]}",
            float((rows.product(weights[:, None]) + intercept)[0, 0]),
            float(probabilities[0, column]),
            float("nan"),
            stance_contributions(self.stance_features, weights, intercept, view),
        )


def _chunks(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Parts of a list of texts small enough to be worked on at once."""
    start = characters = 0
    for i, text in enumerate(texts):
        if i > start and (i - start >= _CHUNK or characters + len(text) > _CHUNK_CHARACTERS):
            yield start, i
            start, characters = i, 0
        characters += len(text)
    if start < len(texts):
        yield start, len(texts)


def _one_each(name: str, given: Any, texts: int, default: object) -> list[Any]:
    """The entries of `headlines` or `asked`, one a text; `default` for each where none are given."""
    if given is None:
        return [default] * texts
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise ParameterError(f"{name} is {type(given).__name__} where several texts were given; give a list with one entry a text")
    listed = list(given)
    if len(listed) != texts:
        raise ParameterError(f"{name} and texts differ in number: {len(listed)} and {texts}; give one entry a text")
    return listed


def _known_ids(asked: Sequence[Any], known: Sequence[str]) -> list[tuple[str, ...]]:
    """The ids asked for of each text, all of them known."""
    found: list[tuple[str, ...]] = []
    for index, ids in enumerate(asked):
        if isinstance(ids, str) or not isinstance(ids, Iterable):
            raise InputError(f"asked holds {ids!r}; give a list of target ids for each text, such as ['russia']")
        found.append(tuple(ids))
        unknown = [target for target in found[-1] if target not in known]
        if unknown:
            raise ParameterError(f"text {index} of {len(asked)}: {_no_target(unknown, known)}")
    return found


def _no_target(unknown: Iterable[object], known: Sequence[str]) -> str:
    there = f"it has {', '.join(sorted(known))}; add others with targets=" if known else "it has none; train it on stances"
    return f"no target {', '.join(map(repr, unknown))} in this model; {there}"


def _checked(text: object, index: int, total: int) -> str:
    try:
        checked = check_text(text)
    except InputError as error:
        raise InputError(f"text {index} of {total}: {error}") from error
    if len(checked) > LONGEST_TEXT:
        raise InputError(
            f"text {index} of {total}: {len(checked):,} characters, more than a paragraph has "
            f"({LONGEST_TEXT:,} at most); split it into paragraphs"
        )
    return checked


def aggregate(texts: Sequence[str], offsets: Sequence[int], predictions: Sequence[Prediction], topics: Sequence[str]) -> ArticlePrediction:
    """Join the paragraphs of an article."""
    answered = [p for p in predictions if p.abstained is None]
    counts = Counter(topic for p in answered for topic in p.topics)
    shares = {topic: counts[topic] / len(answered) if answered else 0.0 for topic in topics}
    ranked = [topic for topic, _ in counts.most_common()]
    main = [topic for topic in ranked if shares[topic] >= _ARTICLE_SHARE] or ranked[:1]
    stances: dict[str, dict[str, int]] = {}
    for prediction in answered:
        for target, towards in prediction.stances.items():
            stances.setdefault(target, dict.fromkeys(STANCES, 0))[towards.stance] += 1
    return ArticlePrediction(tuple(texts), tuple(offsets), tuple(predictions), shares, tuple(main), stances)


def load(path: str | Path | None = None) -> Model:
    """Load a model.

    Parameters
    ----------
    path : path or None
        A file written by `Model.save`; None loads the model shipped with the package.

    Raises
    ------
    BundleError
        If the file is missing, damaged, foreign or of a newer format.
    """
    from sahel_classify.model_format import load_model

    return load_model(shipped_model_path() if path is None else path)


def shipped_model_path() -> Path:
    """Where the model that comes with the package lies."""
    return Path(__file__).parent / "data" / "sahel.model"
