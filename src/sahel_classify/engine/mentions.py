"""The mentions of a batch: `sahel_classify.mentions` for all candidates at once.

A feature there is a string of parts; here it is the hash of its parts, so that no string is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sahel_classify.engine.characters import UPPER, Characters
from sahel_classify.engine.hashing import Hashes, HashTable, Ints, combine, combined_string, extend, hash_spans, hash_string
from sahel_classify.engine.phrases import PhraseTable, without_overlaps
from sahel_classify.engine.words import Vocabulary, Words
from sahel_classify.mentions import ARTICLES, BESIDE, EDGE, NAMING, TELLING, Headline, MentionFinder
from sahel_classify.sparse import FloatArray
from sahel_classify.targets import fitting_kinds

__all__ = ["MentionTable", "Mentions"]

_KINDS: Final = ("alias", "context", "demonym", "elsewhere", "noun", "place")
_NOUN, _ELSEWHERE, _ALIAS = (_KINDS.index(kind) for kind in ("noun", "elsewhere", "alias"))
_RELATIONS: Final = ("none", "same", "elsewhere", *(f"other {kind}" for kind in _KINDS))
_FLAGS: Final = np.array([hash_string("False"), hash_string("True")], np.uint64)
_NUMBERS: Final = np.array([hash_string(str(n)) for n in range(BESIDE + 1)], np.uint64)
_KIND_HASHES: Final = np.array([hash_string(kind) for kind in _KINDS], np.uint64)
_RELATION_HASHES: Final = np.array([hash_string(relation) for relation in _RELATIONS], np.uint64)


@dataclass(frozen=True)
class Mentions:
    """Where a batch mentions targets, in order.

    Attributes
    ----------
    target : ndarray of shape (n_mentions,), int64
        Position in `MentionTable.targets`.
    first, end : ndarray of shape (n_mentions,), int64
        Words ``first:end`` of the batch.
    """

    target: Ints
    first: Ints
    end: Ints


@dataclass(frozen=True)
class _Candidates:
    target: Ints
    kind: Ints
    phrase: Ints
    first: Ints
    end: Ints

    def __getitem__(self, chosen: npt.NDArray[np.bool_]) -> _Candidates:
        return _Candidates(self.target[chosen], self.kind[chosen], self.phrase[chosen], self.first[chosen], self.end[chosen])


class MentionTable:
    """A `MentionFinder` ready for batches.

    Parameters
    ----------
    finder : MentionFinder
    vocabulary : Vocabulary
        Holds the words of all names, and the articles.

    Attributes
    ----------
    targets : tuple of str
        Target ids in the order that a place with several names gives them.
    """

    def __init__(self, finder: MentionFinder, vocabulary: Vocabulary) -> None:
        self.targets = tuple(sorted({target.id for target in finder.targets}))
        self._column = {target: i for i, target in enumerate(self.targets)}
        names = finder.names.phrases
        self._phrases = list(names)
        self._names = [names[phrase] for phrase in self._phrases]
        self._index = PhraseTable(self._phrases, vocabulary)
        self._form = np.array([0, *(hash_string(" ".join(phrase)) for phrase in self._phrases)], np.uint64)
        # What a phrase stands for may depend on how it is written ("un", "UN").
        self._cased = np.array([False, *(any(cased for _, _, cased in names) for names in self._names)])
        self._capital = np.array([False, *(all(cased[:1].isupper() for _, _, cased in names) for names in self._names)])
        self._meanings: dict[tuple[tuple[str, str], ...], int] = {(): 0}
        self._by_surface: dict[tuple[int, str], int] = {}
        self._meaning = np.array([0, *(0 if cased else self._meaning_of(n, "") for n, cased in enumerate(self._cased[1:].tolist()))])
        self._article = np.zeros(len(vocabulary.words), bool)
        self._article[[vocabulary.number[word] for word in ARTICLES]] = True
        self._kind = np.array(
            [
                [hash_string(f"{kind}:{target}" if kind in {"place", "demonym"} else kind) for target in self.targets or ("",)]
                for kind in _KINDS
            ],
            np.uint64,
        )
        self._target = np.array([hash_string(target) for target in self.targets], np.uint64)
        self._naming = np.array([kind in NAMING for kind in _KINDS])
        self._telling = np.array([kind in TELLING for kind in _KINDS])
        self._learned = np.array([target in finder.learned for target in self.targets], bool)
        self._table = HashTable(combined_string(feature.split("\t")) for feature in finder.weights)
        self._weights = np.array([0.0, *finder.weights.values()])
        self._intercept = finder.intercept

    def _meaning_of(self, phrase: int, surface: str) -> int:
        kinds = tuple(fitting_kinds(self._names[phrase], surface))
        return self._meanings.setdefault(kinds, len(self._meanings))

    def find(self, words: Words, characters: Characters, headlines: Sequence[Headline | None]) -> Mentions:
        """Mentions of all targets.

        Parameters
        ----------
        words : Words
        characters : Characters
        headlines : sequence of Headline or None
            One a text.
        """
        found = self._candidates(words, characters)
        n_texts, n_targets = len(words.bounds) - 1, len(self.targets)
        text = words.text[found.first].astype(np.int64)
        place = text * n_targets + found.target

        def told(chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
            return np.bincount(place[chosen], minlength=n_texts * n_targets) > 0

        here, elsewhere = told(self._telling[found.kind]), told(found.kind == _ELSEWHERE)
        given = np.zeros((n_texts, 2), bool)
        in_headline = np.zeros((n_texts, n_targets), bool)
        for i, headline in enumerate(headlines):
            if headline is not None and headline.given:
                given[i] = True, headline.elsewhere
                in_headline[i, [self._column[target] for target in headline.targets]] = True
        named = in_headline.ravel()
        kept = self._naming[found.kind] & ((found.kind != _NOUN) | here[place] | named[place])
        candidates, place, text = found[kept], place[kept], text[kept]
        score = self._intercept + self._around(candidates, words, characters)
        score += self._named_around(candidates, found[found.kind != _NOUN], words)
        flags = [_FLAGS[here[place].astype(int)], _FLAGS[named[place].astype(int)], _FLAGS[elsewhere[place].astype(int)]]
        over = [_FLAGS[given[text, 0].astype(int)], flags[1], _FLAGS[given[text, 1].astype(int)]]
        score += self._weight(candidates, [("told", *flags), ("headline", *over)])
        score += self._weight(
            candidates, [("told", *flags, self._noun(candidates)), ("headline", *over, self._noun(candidates))], nouns=True
        )
        mentioned = np.where(self._learned[candidates.target], score > 0, candidates.kind == _ALIAS)
        candidates = candidates[mentioned]
        return Mentions(candidates.target, candidates.first, candidates.end)

    def _candidates(self, words: Words, characters: Characters) -> _Candidates:
        length = np.zeros(len(words.number), np.int64)
        phrase, meaning = np.zeros_like(length), np.zeros_like(length)
        last = words.bounds[1:][words.text]
        for n, places, numbers in self._index.at(words.number, last):
            meanings = self._meaning[numbers]
            cased = np.flatnonzero(self._cased[numbers])
            upper = characters.kind[words.starts[places[cased]]] & UPPER != 0
            cased = cased[upper | ~self._capital[numbers[cased]]]
            begins, ends = words.starts[places[cased]].tolist(), words.ends[places[cased] + n - 1].tolist()
            for i, number, begin, end in zip(cased.tolist(), numbers[cased].tolist(), begins, ends, strict=True):
                key = number - 1, characters.text[begin:end]
                if key not in self._by_surface:
                    self._by_surface[key] = self._meaning_of(*key)
                meanings[i] = self._by_surface[key]
            fits = meanings != 0
            length[places[fits]], phrase[places[fits]], meaning[places[fits]] = n, numbers[fits], meanings[fits]
        first = np.flatnonzero(length)
        first = first[without_overlaps(first, length[first])]
        kinds = list(self._meanings)
        bounds = np.concatenate([[0], np.cumsum([len(pairs) for pairs in kinds])])
        target = np.array([self._column[target] for pairs in kinds for target, _ in pairs], np.int64)
        kind = np.array([_KINDS.index(kind) for pairs in kinds for _, kind in pairs], np.int64)
        which = meaning[first]
        count = bounds[which + 1] - bounds[which]
        entry = np.arange(count.sum()) + np.repeat(bounds[which] - (np.cumsum(count) - count), count)
        return _Candidates(
            target[entry], kind[entry], np.repeat(phrase[first], count), np.repeat(first, count), np.repeat(first + length[first], count)
        )

    def _noun(self, candidates: _Candidates) -> Hashes:
        return self._form[candidates.phrase]

    def _weight(
        self,
        candidates: _Candidates,
        features: Iterable[tuple[Hashes | str, ...]],
        *,
        nouns: bool = False,
        given: npt.NDArray[np.bool_] | None = None,
    ) -> FloatArray:
        """Summed weights of features; of nouns only, or of the candidates given."""
        total = np.zeros(len(candidates.first))
        chosen = candidates.kind == _NOUN if nouns else np.ones(len(total), bool)
        rows = np.flatnonzero(chosen if given is None else chosen & given)
        base = combine(self._kind[candidates.kind[rows], candidates.target[rows]])
        for parts in features:
            key = base
            for part in parts:
                key = extend(key, np.uint64(hash_string(part)) if isinstance(part, str) else part[rows])
            total[rows] += self._weights[self._table.rows(key)]
        return total

    def _around(self, candidates: _Candidates, words: Words, characters: Characters) -> FloatArray:
        edge = np.uint64(hash_string(EDGE))
        first, end = candidates.first, candidates.end
        text = words.text[first]
        begin, last = words.bounds[text], words.bounds[text + 1]
        broken = np.diff(words.breaks) > 0
        comma = np.append(np.diff(words.commas) > 0, False)
        padded = np.append(broken, False)
        opened = first.copy()
        while len(more := np.flatnonzero(opened > begin)):
            more = more[self._article[words.number[opened[more] - 1]] & ~broken[opened[more]]]
            if not len(more):
                break
            opened[more] -= 1
        hashes = np.append(words.hashes, edge)
        suffixes = np.append(hash_spans(characters.folded, np.maximum(words.starts, words.ends - 3), words.ends, characters.sums), edge)
        none = len(words.hashes)
        article = np.where(opened < first, hashes[first - 1], np.uint64(hash_string("")))
        has_before = (opened > begin) & ~broken[opened]
        before = np.where(has_before, opened - 1, none)
        has_second = has_before & (opened > begin + 1) & ~broken[opened - 1]
        second_before = np.where(has_second, opened - 2, none)
        has_after = (end < last) & ~padded[end]
        after = np.where(has_after, end, none)
        has_next = has_after & (end + 1 < last) & ~padded[np.minimum(end + 1, none)]
        second_after = np.where(has_next, end + 1, none)
        commas = _FLAGS[((opened > begin) & comma[opened]).astype(int)], _FLAGS[((end < last) & comma[end]).astype(int)]
        b, bb, a, aa = hashes[before], hashes[second_before], hashes[after], hashes[second_after]
        score = self._weight(
            candidates,
            [
                (),
                ("form", self._target[candidates.target], self._noun(candidates)),
                ("article", article),
                ("before", b),
                ("two before", bb, b),
                ("second before", bb),
                ("after", a),
                ("two after", a, aa),
                ("second after", aa),
                ("around", b, a),
                ("ending before", suffixes[before]),
                ("ending after", suffixes[after]),
                ("commas", *commas),
            ],
        )
        noun = self._noun(candidates)
        capital = _FLAGS[(characters.kind[words.starts[first]] & UPPER != 0).astype(int)]
        features = [
            ("capital", noun, capital),
            ("before", noun, b),
            ("two before", noun, bb, b),
            ("after", noun, a),
            ("two after", noun, a, aa),
        ]
        return score + self._weight(candidates, features, nouns=True)

    def _named_around(self, candidates: _Candidates, states: _Candidates, words: Words) -> FloatArray:
        first, end = candidates.first, candidates.end
        text = words.text[first]
        n = len(states.first)
        state_text = np.append(words.text[states.first], -1)
        state_first, state_end = np.append(states.first, -1), np.append(states.end, -1)
        state_kind, state_target = np.append(states.kind, 0), np.append(states.target, -1)

        def relation(state: Ints) -> Ints:
            code = np.where(state_target[state] == candidates.target, 1, 3 + state_kind[state])
            code = np.where(state_kind[state] == _ELSEWHERE, 2, code)
            return np.where(state_text[state] == text, code, 0)

        following = np.minimum(np.searchsorted(states.first, end, "left"), n)
        beside = (state_text[following] == text) & (state_first[following] <= end + BESIDE)
        reach = np.where(beside, state_first[following], 0)
        beside &= words.breaks[reach + 1] == words.breaks[np.minimum(end, len(words.breaks) - 1)]
        comma = np.append(np.diff(words.commas) > 0, False)
        rel, kind = _RELATION_HASHES[relation(following)], _KIND_HASHES[state_kind[following]]
        gap = _NUMBERS[np.where(beside, reach - end, 0)]
        score = self._weight(candidates, [("next", rel), ("next", rel, kind, gap)], given=beside)
        score += self._weight(candidates, [("next listed", rel)], given=beside & comma[end])
        score += self._weight(candidates, [("next", "none")], given=~beside)
        preceding = np.searchsorted(states.end, first, "right") - 1
        beside = (state_text[preceding] == text) & (state_end[preceding] >= first - BESIDE) & (preceding >= 0)
        reach = np.where(beside, state_end[preceding], first)
        beside &= words.breaks[first + 1] == words.breaks[reach]
        rel, kind = _RELATION_HASHES[relation(preceding)], _KIND_HASHES[state_kind[preceding]]
        gap = _NUMBERS[np.where(beside, first - reach, 0)]
        score += self._weight(candidates, [("previous", rel), ("previous", rel, kind, gap)], given=beside)
        score += self._weight(candidates, [("previous listed", rel)], given=beside & comma[reach])
        last = _RELATION_HASHES[relation(np.searchsorted(states.first, first, "left") - 1)]
        then = _RELATION_HASHES[relation(np.minimum(np.searchsorted(states.first, first, "right"), n))]
        sentence = words.sentence[first].astype(np.int64)
        n_targets, n_sentences = len(self.targets), int(words.sentence_bounds[-1])
        of_state = words.sentence[states.first].astype(np.int64)
        away = states.kind == _ELSEWHERE
        same = np.bincount((of_state * n_targets + states.target)[~away], minlength=n_sentences * n_targets)
        has_same = same[sentence * n_targets + candidates.target] > (candidates.kind != _NOUN)
        abroad = np.bincount(of_state[away], minlength=n_sentences)
        own = np.searchsorted(states.first[away], first, "right") - np.searchsorted(states.first[away], first, "left")
        has_abroad = abroad[sentence] > own
        around = ("sentence", _FLAGS[has_same.astype(int)], _FLAGS[has_abroad.astype(int)])
        score += self._weight(candidates, [("last", last), ("then", then), around])
        noun = self._noun(candidates)
        return score + self._weight(candidates, [("last", noun, last), (*around, noun)], nouns=True)
