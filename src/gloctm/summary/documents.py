"""The documents that show best what a topic is about."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.arrays import Floats
from gloctm.corpus.language import LanguageCorpus
from gloctm.model.model import TopicModel
from gloctm.summary.content import TypicalDocument
from gloctm.summary.excerpts import ELLIPSIS, excerpt, in_utf16
from gloctm.text.passages import split_at
from gloctm.text.places import Place, finder_of

#: A document of fewer words of the vocabulary is shown only where a topic lacks longer ones: θ of a few words says
#: little.
MIN_WORDS = 10
#: A document of fewer is shown only in a corpus of such texts: θ of a single word says nothing.
FEWEST_WORDS = 3
#: A shorter document comes before a longer one that has less of the topic than all others together.
LARGE = 0.5
#: A document with less of a topic does not show it, unless it is more than each topic's share among many.
FLOOR = 0.1
# Texts that are read for one topic and language: a corpus may have one text a million times.
_MOST_TEXTS = 200


def finder_in(model: TopicModel, part: LanguageCorpus, language: str) -> Callable[[str], list[Place]] | None:
    """Return what locates the vocabulary's words in the texts of a language; None where that is unknown."""
    own = part.own_tokenizer or model.own_tokenizers.get(language)
    return finder_of(language, part.tokenizer, model.vocabulary_[language], own)


def typical_documents(
    part: LanguageCorpus,
    rows: NDArray[np.int64],
    theta: Floats,
    words: Sequence[Collection[str]],
    find: Callable[[str], list[Place]] | None,
    *,
    num_topics: int | None = None,
    num_documents: int = 5,
    max_characters: int = 600,
    infer: Callable[[sp.csr_array], Floats] | None = None,
) -> list[tuple[TypicalDocument, ...]]:
    """Choose for each topic the documents with the highest θ, no two of the same text; of equals, the first.

    Documents of at least 10 words of the vocabulary, or as many as the median document has, are taken first as long
    as half of each is of the topic. Then come all of at least 3 words, by θ. Documents are left out whose θ is below
    0.1 and below the share of one topic among all. Only the texts that are shown are read.

    Args:
        part: the documents of one language.
        rows: those to choose from.
        theta: their topic proportions, ``(len(rows), K)``.
        words: for each topic the words to mark.
        find: locates the words of the vocabulary in a text; None marks nothing.
        num_topics: of the model, where ``theta`` has only some.
        num_documents: how many per topic, at most.
        max_characters: longer texts are cut, see ``gloctm.summary.excerpts.excerpt``.
        infer: returns topic proportions of counts, with the columns of ``theta``. Of documents that are split, the
            passage with the most of the topic is shown; None shows the part with the most marks.

    Returns:
        For each topic the documents, highest θ first; none where the corpus has no texts.
    """
    if part.texts is None or not num_documents or not len(rows):
        return [() for _ in words]
    lengths = np.asarray(part.counts.sum(axis=1)).ravel()[rows]
    long = lengths >= min(MIN_WORDS, np.median(lengths))
    eligible = lengths >= min(FEWEST_WORDS, np.median(lengths))
    floor = min(FLOOR, 1 / (num_topics or theta.shape[1]))
    places: dict[str, list[Place]] = {}
    passages = None if infer is None else _PassagesByTopic(part, infer)

    def shown(row: int, text: str, proportion: float, topic: int, marked: Collection[str]) -> TypicalDocument:
        passage = text if passages is None else passages.best(row, text, topic)
        if passage not in places:
            places[passage] = [] if find is None else find(passage)
        marks = [(place.start, place.end) for place in places[passage] if place.word in marked]
        part_of_text, marks, cut = excerpt(passage, marks, max_characters)
        return TypicalDocument(
            id=str(row) if part.ids is None else part.ids[row],
            text=part_of_text,
            proportion=proportion,
            label=(part.labels[row] or None) if part.labels is not None else None,
            date=(part.dates[row] or None) if part.dates is not None else None,
            marks=in_utf16(part_of_text, marks),
            cut=cut or passage is not text,
        )

    found = []
    for topic, marked in enumerate(words):
        own_theta = theta[:, topic]
        candidates = np.flatnonzero(eligible & (own_theta >= floor))
        first = long[candidates] & (own_theta[candidates] >= LARGE)
        order = candidates[np.lexsort((-own_theta[candidates], ~first))[:_MOST_TEXTS]]
        own = dict(zip(rows[order].tolist(), own_theta[order].tolist(), strict=True))
        different = sorted(
            _different_texts(part.texts, rows[order].tolist(), num_documents), key=lambda each: (-own[each[0]], each[0])
        )
        found.append(tuple(shown(row, text, min(own[row], 1.0), topic, frozenset(marked)) for row, text in different))
    return found


class _PassagesByTopic:
    """The passages of documents that are shown, each inferred once."""

    def __init__(self, part: LanguageCorpus, infer: Callable[[sp.csr_array], Floats]) -> None:
        self._passages = part.passages
        self._texts = part.texts
        self._infer = infer
        self._bounds = None if part.passages is None else part.passages.bounds
        self._theta: dict[int, Floats] = {}

    def best(self, row: int, text: str, topic: int) -> str:
        """Return the passage of a document with the highest θ of a topic, with an ellipsis for what is left out.

        A document that is not split is returned whole.
        """
        if self._passages is None or self._bounds is None or self._texts is None:
            return text
        first, last = self._bounds[row], self._bounds[row + 1]
        if last == first + 1:
            return text
        if row not in self._theta:
            self._theta[row] = self._infer(sp.csr_array(self._passages.counts[first:last]))
        starts = self._passages.starts[first:last].tolist()
        passage = int(self._theta[row][:, topic].argmax())
        before, after = ELLIPSIS if passage else "", ELLIPSIS if passage < len(starts) - 1 else ""
        return f"{before}{split_at(self._texts[row], starts)[passage].strip()}{after}"


def _different_texts(texts: Sequence[str], rows: Sequence[int], number: int) -> Iterator[tuple[int, str]]:
    """Yield the first rows whose texts are not empty and differ by more than spaces, with their texts."""
    seen: set[str] = set()
    for row in rows:
        text = texts[row].strip()
        same = " ".join(text.split())
        if same and same not in seen:
            seen.add(same)
            yield row, text
            if len(seen) == number:
                return
