"""Which words led a document to its topics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.corpus.passages import passage_weights, word_numbers
from gloctm.model.evidence import Evidence
from gloctm.text.cleaning import Markup, trace_text
from gloctm.text.passages import split_at
from gloctm.text.places import WordFinder

#: Different words of a document that are left out in turn: the most frequent ones.
EXPLAINED_WORDS = 200
#: Different words of a passage that are left out, at least.
FEWEST_EXPLAINED = 10
#: Topics per word, at most.
EXPLAINED_TOPICS = 3
#: A word that raises a topic by less is not listed.
SMALLEST_SHARE = 0.001


@dataclass(frozen=True)
class WordShare:
    """A word of a text and the topics that it raises.

    Attributes:
        word: as the vocabulary has it.
        start: index of its first character in the text.
        end: index after its last character.
        topics: topic number and weight, the largest weight first.

    Examples:
        >>> WordShare("train", 4, 9, ((3, 0.41),)).topics[0]
        (3, 0.41)
    """

    word: str
    start: int
    end: int
    topics: tuple[tuple[int, float], ...]


def explain_document(
    evidence: Evidence,
    row: int,
    text: str,
    finder: WordFinder,
    theta_of: Callable[[Evidence], NDArray[np.floating]],
    topics: Sequence[int],
    *,
    markup: Markup | None = None,
) -> list[WordShare]:
    """Find the words of a document that led to its topics.

    The weight of a word w in a topic k is θ_k of the document less θ_k of the same document without w, all its
    occurrences left out. The model itself infers both, so the weight is exact. Weights do not add up to θ: if two words
    say the same thing, removing either changes little. What a short text says as a whole (``Evidence.sentences``) is no
    word's, and stays with the words that are left. A document of one word is compared with the uniform θ of none. Of a
    long document, which is inferred by its passages, each passage is explained by itself, and its weights are
    multiplied by its share of the document's words.

    Args:
        evidence: what the model sees of some documents.
        row: the document's row.
        text: the document.
        finder: locates the words in the text.
        theta_of: infers θ of evidence, ``(documents, topics)``.
        topics: the number of each column of θ.
        markup: how the text was cleaned for the evidence, see ``gloctm.text.cleaning``; places are those in the text
            as it is given. None where it was not.

    Returns:
        Occurrences in order, of words that raise some topic by 0.001 or more: up to three topics each, the largest
        first. At most 200 different words are tried, the most frequent ones; of several passages, equally many of each,
        at least 10. Words that can't be found in the text, such as some dictionary forms, are left out.
    """
    if markup is not None:
        traced = trace_text(text, evidence.language, markup=markup)
        shares = explain_document(evidence, row, traced.text, finder, theta_of, topics)
        return [replace(each, start=traced.starts[each.start], end=traced.ends[each.end - 1]) for each in shares]
    rows = evidence.rows_of(row)
    if len(rows) == 1 or evidence.starts is None:
        return _explained(evidence, rows[0], text, finder, theta_of, topics, EXPLAINED_WORDS)
    weights = passage_weights(np.zeros(len(rows), np.int64), word_numbers(sp.csr_array(evidence.counts[rows])))
    starts: list[int] = evidence.starts[rows].tolist()
    most_words = max(EXPLAINED_WORDS // len(rows), FEWEST_EXPLAINED)
    found = []
    for passage, start, part, weight in zip(rows, starts, split_at(text, starts), weights.tolist(), strict=True):
        for share in _explained(evidence, passage, part, finder, theta_of, topics, most_words):
            listed = tuple((topic, raised * weight) for topic, raised in share.topics)
            found.append(WordShare(share.word, share.start + start, share.end + start, listed))
    return found


def _explained(
    evidence: Evidence,
    row: int,
    text: str,
    finder: WordFinder,
    theta_of: Callable[[Evidence], NDArray[np.floating]],
    topics: Sequence[int],
    most_words: int,
) -> list[WordShare]:
    """Explain a document that is not split, or a passage, in a row of evidence."""
    document = evidence.counts[[row]]
    order = np.argsort(-document.data, kind="stable")[:most_words]
    # The document itself, and then without each of these words in turn.
    variants = sp.csr_array(sp.vstack([document] * (len(order) + 1), format="csr"))
    variants.data[variants.indptr[1:-1] + order] = 0
    variants.eliminate_zeros()
    # What the text says as a whole stays, whichever word is left out.
    whole = None if evidence.sentences is None else np.repeat(evidence.sentences[[row]], len(order) + 1, axis=0)
    theta = theta_of(replace(evidence, counts=variants, sentences=whole, document=None, starts=None))
    shares = {}
    for place, raised in zip(order.tolist(), theta[0] - theta[1:], strict=True):
        best = np.argsort(-raised, kind="stable")[:EXPLAINED_TOPICS]
        listed = tuple((topics[column], float(raised[column])) for column in best if raised[column] >= SMALLEST_SHARE)
        if listed:
            shares[evidence.words[int(document.indices[place])]] = listed
    return [
        WordShare(place.word, place.start, place.end, shares[place.word])
        for place in finder(text)
        if place.word in shares
    ]
