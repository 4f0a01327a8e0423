"""Documents to read, filter and see on a map: all of a corpus, or a sample of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gloctm.arrays import Array, Floats
from gloctm.corpus.corpus import Corpus
from gloctm.corpus.language import LanguageCorpus
from gloctm.model.model import TopicModel
from gloctm.model.vectors import joined_vectors, topic_vectors
from gloctm.model.view import TopicView
from gloctm.summary.breakdowns import checked_dates
from gloctm.summary.content import DocumentTable, Projection, valid_utf8
from gloctm.summary.documents import finder_in
from gloctm.summary.excerpts import beginning, in_utf16
from gloctm.summary.map import project
from gloctm.summary.mixing import language_mixing
from gloctm.summary.projection import place_documents
from gloctm.text.places import LONGEST_TEXT, Place

#: Documents that a table has, at most: so many make a page of 8 MB.
MAX_LISTED = 20_000
#: Bytes of all texts of a table in UTF-8. Deflated and in a page, they are about half of that. Bytes and not
#: characters, since a character of Chinese takes as much of a page as three of English.
TEXT_BYTES = 5_000_000
#: Bytes that every text may have, however many there are: less says nothing.
FEWEST_BYTES = 120
#: Topics that are listed per document, at most, and the share of θ that is enough.
MOST_TOPICS, ENOUGH = 8, 0.95
_DECIMALS = 3
_SEED = 1
# Letters of a day; times are left out.
_DAY = len("2020-05-31")
# Documents whose topic proportions are inferred at once.
_BATCH = 8192

#: Rows of documents in the corpus, ascending, and their topic proportions.
Known = tuple[NDArray[np.int64], Array]
#: A word in a text: where it starts, its length, itself.
FoundWord = tuple[int, int, str]
#: Returns topic proportions of some documents of a language: its code, their rows in the corpus.
Infer = Callable[[str, NDArray[np.int64]], Array]


class Listed(NamedTuple):
    """The documents of one language that a table lists.

    Attributes:
        rows: in the corpus, ascending.
        theta: their topic proportions, ``(len(rows), K)``.
    """

    rows: NDArray[np.int64]
    theta: Array


class ListedDocuments:
    """Documents of a corpus, chosen once: their texts and places are the same whatever view they are shown in.

    Args:
        model: trained.
        corpus: counted over the model's vocabularies.
        known: by language the rows of documents with known topic proportions, ascending, and these, ``(rows, K)``.
        infer: infers those of other rows, of all K topics of the model.
        max_listed: how many documents, at most. Languages get the same number each, until one has no more.
        projection: what places documents, see ``gloctm.summary.projection.place_documents``.

    Raises:
        MissingDependencyError: UMAP is asked for and is not installed.
    """

    def __init__(
        self,
        model: TopicModel,
        corpus: Corpus,
        known: Mapping[str, Known],
        infer: Infer,
        *,
        max_listed: int = MAX_LISTED,
        projection: Projection | None = None,
    ) -> None:
        self._model = model
        self._parts = {code: corpus[code] for code in known}
        self._listed = choose_documents(corpus, known, infer, max_listed)
        self._theta = np.concatenate([each.theta for each in self._listed.values()])
        self._languages = np.repeat(np.arange(len(known)), [len(each.rows) for each in self._listed.values()])
        self._places, self._projection = place_documents(
            self._theta,
            project(joined_vectors(topic_vectors(model.word_scores_, model.word_embeddings_))),
            [(part.document_embeddings, self._listed[code].rows) for code, part in self._parts.items()],
            projection,
        )

    def table(self, view: TopicView, words: Mapping[str, Sequence[str]]) -> DocumentTable:
        """List the documents with the topics of a view.

        Args:
            view: of the model.
            words: by language those to mark in texts.

        Raises:
            InputError: a document has an invalid date.
        """
        shown = self._shown
        label_values, labels = _labels(self._parts, self._listed)
        return DocumentTable(
            languages=tuple(self._languages.tolist()),
            ids=tuple(
                str(row) if part.ids is None else str(part.ids[row])
                for code, part in self._parts.items()
                for row in self._listed[code].rows.tolist()
            ),
            texts=None if shown is None else tuple(text for each in shown.values() for text, _ in each),
            cut=tuple(was_cut for each in shown.values() for _, was_cut in each)
            if shown is not None
            else (False,) * len(self._theta),
            labels=labels,
            label_values=label_values,
            dates=_dates(self._parts, self._listed),
            topics=largest_topics(view.merge_theta(self._theta)),
            marks=self._marks(words),
            words={code: tuple(words[code]) for code in self._parts},
            x=tuple(self._places[:, 0].tolist()),
            y=tuple(self._places[:, 1].tolist()),
            projection=self._projection,
            mixing=self._mixing,
            totals={code: int((~part.empty_documents).sum()) for code, part in self._parts.items()},
        )

    @cached_property
    def _shown(self) -> dict[str, list[tuple[str, bool]]] | None:
        return _texts(self._parts, self._listed)

    @cached_property
    def _mixing(self) -> float | None:
        return language_mixing(self._places, self._languages)

    @cached_property
    def _found(self) -> dict[str, list[tuple[FoundWord, ...]] | None]:
        """By language the words of the vocabulary in each text; None where they can't be found."""
        found: dict[str, list[tuple[FoundWord, ...]] | None] = {}
        for code, part in self._parts.items():
            find = None if part.texts is None or self._shown is None else finder_in(self._model, part, code)
            found[code] = None if find is None or self._shown is None else _found_in(self._shown[code], find)
        return found

    def _marks(self, words: Mapping[str, Sequence[str]]) -> tuple[tuple[tuple[int, int, int], ...], ...] | None:
        if all(each is None for each in self._found.values()):
            return None
        marks: list[tuple[tuple[int, int, int], ...]] = []
        for code, texts in self._found.items():
            numbers = {word: number for number, word in enumerate(words[code])}
            marks += (
                [()] * len(self._listed[code].rows)
                if texts is None
                else [
                    tuple((start, length, numbers[word]) for start, length, word in each if word in numbers)
                    for each in texts
                ]
            )
        return tuple(marks)


def choose_documents(corpus: Corpus, known: Mapping[str, Known], infer: Infer, most: int) -> dict[str, Listed]:
    """Choose for each language the documents to list; a sample is always the same.

    Documents with known topic proportions are taken first, and only what is lacking is inferred.

    Args:
        corpus: with the languages.
        known: see ``ListedDocuments``.
        infer: see ``ListedDocuments``.
        most: of all languages, at most.
    """
    with_words = {code: np.flatnonzero(~corpus[code].empty_documents) for code in known}
    numbers = evenly({code: len(rows) for code, rows in with_words.items()}, most)
    chosen = {}
    for place, (code, number) in enumerate(numbers.items()):
        rows, theta = known[code]
        random = np.random.default_rng([_SEED, place])
        if number < len(rows):
            taken = np.sort(random.choice(len(rows), number, replace=False))
            chosen[code] = Listed(rows[taken], theta[taken])
        elif number > len(rows):
            others = np.setdiff1d(with_words[code], rows, assume_unique=True)
            added = np.sort(random.choice(others, number - len(rows), replace=False))
            parts = [infer(code, added[start : start + _BATCH]) for start in range(0, len(added), _BATCH)]
            joined = np.concatenate([rows, added])
            order = np.argsort(joined, kind="stable")
            chosen[code] = Listed(joined[order], np.concatenate([theta, *parts])[order])
        else:
            chosen[code] = Listed(rows, theta)
    return chosen


def evenly(totals: Mapping[str, int], most: int) -> dict[str, int]:
    """Spread a number over languages: each gets the same, or all it has; what that leaves goes to the larger ones.

    Args:
        totals: by language how many there are.
        most: how many to spread.

    Examples:
        >>> evenly({"en": 100, "de": 5, "fr": 50}, 45)
        {'en': 20, 'de': 5, 'fr': 20}
    """
    numbers, left = dict.fromkeys(totals, 0), most
    for place, code in enumerate(sorted(totals, key=lambda each: totals[each])):
        numbers[code] = min(totals[code], left // (len(totals) - place))
        left -= numbers[code]
    return numbers


def largest_topics(theta: Floats) -> tuple[tuple[tuple[int, float], ...], ...]:
    """Return for each document its largest topics until they hold 95 % of θ, at most 8, largest first.

    Proportions have 3 decimals, and topics are left out that have none then. With hidden topics, θ is what the others
    hold. A document that has nothing of these has no topics.

    Args:
        theta: ``(documents, K)``.

    Examples:
        >>> largest_topics(np.array([[0.25, 0.75, 0], [0.98, 0.01, 0.01]]))
        (((1, 0.75), (0, 0.25)), ((0, 0.98),))
    """
    most = min(MOST_TOPICS, theta.shape[1])
    found: list[tuple[tuple[int, float], ...]] = []
    for start in range(0, len(theta), _BATCH):
        part = np.asarray(theta[start : start + _BATCH], np.float64)
        candidates = np.sort(np.argpartition(-part, most - 1, axis=1)[:, :most], axis=1)
        order = np.argsort(-np.take_along_axis(part, candidates, axis=1), axis=1, kind="stable")
        topics = np.take_along_axis(candidates, order, axis=1)
        values = np.take_along_axis(part, topics, axis=1)
        before = np.cumsum(values, axis=1) - values
        rounded = np.round(np.minimum(values, 1), _DECIMALS)
        # Rounding to single precision is not a topic's share.
        kept = (before < ENOUGH * part.sum(axis=1, keepdims=True) - 1e-9) & (rounded > 0)
        for numbers, shares, enough in zip(topics.tolist(), rounded.tolist(), kept.sum(axis=1).tolist(), strict=True):
            found.append(tuple(zip(numbers[:enough], shares[:enough], strict=True)))
    return tuple(found)


def longest_shown(lengths: Sequence[int], total: int, least: int) -> int:
    """Find the length to cut texts to so that all together have a total length; short ones stay whole.

    Args:
        lengths: of the texts.
        total: of all, at most.
        least: what every text may have nevertheless.

    Examples:
        >>> longest_shown([10, 100, 200], total=150, least=5)
        70
    """
    left = total
    ascending = sorted(lengths)
    for place, length in enumerate(ascending):
        share = left // (len(ascending) - place)
        if length > share:
            return max(share, least)
        left -= length
    return max(ascending[-1] if ascending else least, least)


def _texts(
    parts: Mapping[str, LanguageCorpus], listed: Mapping[str, Listed]
) -> dict[str, list[tuple[str, bool]]] | None:
    """Return by language the beginning of each text, and whether it was cut; None where no language has texts."""
    if all(part.texts is None for part in parts.values()):
        return None
    # Texts are read twice, since all of them may be more than memory holds.
    lengths = [
        min(_num_bytes(text), LONGEST_TEXT)
        for code, part in parts.items()
        if part.texts is not None
        for text in _each(part.texts, listed[code].rows)
    ]
    limit = longest_shown(lengths, TEXT_BYTES, FEWEST_BYTES)
    return {
        code: [("", False)] * len(listed[code].rows)
        if part.texts is None
        else [_cut(text, limit) for text in _each(part.texts, listed[code].rows)]
        for code, part in parts.items()
    }


def _each(texts: Sequence[str], rows: NDArray[np.int64]) -> Sequence[str] | map[str]:
    return map(str.strip, map(texts.__getitem__, rows.tolist()))


def _num_bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _cut(text: str, max_bytes: int) -> tuple[str, bool]:
    """Return the beginning of a text that has at most some number of bytes, and whether anything is left out."""
    # Each character has a byte or more.
    head = valid_utf8(text[: max_bytes + 1])
    if len(text) == len(head) and _num_bytes(head) <= max_bytes:
        return head, False
    most = max_bytes if head.isascii() else len(head.encode()[:max_bytes].decode("utf-8", "ignore"))
    return beginning(head if len(head) > most else text, most)


def _found_in(shown: Sequence[tuple[str, bool]], find: Callable[[str], list[Place]]) -> list[tuple[FoundWord, ...]]:
    """Return the words found in each text, with their places in UTF-16 code units."""
    found = []
    for text, _ in shown:
        places = find(text)
        spans = in_utf16(text, [(place.start, place.end) for place in places])
        found.append(tuple((start, end - start, place.word) for (start, end), place in zip(spans, places, strict=True)))
    return found


def _labels(
    parts: Mapping[str, LanguageCorpus], listed: Mapping[str, Listed]
) -> tuple[tuple[str, ...], tuple[int, ...] | None]:
    """Return the labels, the most frequent first and of equals the first by name, and the place of each document's."""
    found = [label for code, part in parts.items() for label in _column(part.labels, listed[code].rows)]
    counts = Counter(label for label in found if label)
    values = tuple(sorted(counts, key=lambda label: (-counts[label], label)))
    places = {label: place for place, label in enumerate(values)}
    return values, tuple(places.get(label, -1) for label in found) if values else None


def _dates(parts: Mapping[str, LanguageCorpus], listed: Mapping[str, Listed]) -> tuple[str, ...] | None:
    found = [
        date[:_DAY]
        for code, part in parts.items()
        for date in checked_dates(code, _column(part.dates, listed[code].rows))
    ]
    return tuple(found) if any(found) else None


def _column(values: Sequence[str] | None, rows: NDArray[np.int64]) -> list[str]:
    return [""] * len(rows) if values is None else [values[row] or "" for row in rows.tolist()]
