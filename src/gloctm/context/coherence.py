"""Coherent words: a topic's words ranked by how well they go together, in the corpus itself.

The weights β say how much a word belongs to a topic, not whether a topic's words belong together. Here words of a topic
vote for each other, as pages do in HITS (Kleinberg: Authoritative Sources in a Hyperlinked Environment, 1999): with s a
word's standing by β and frequency, x the scores of a topic's words in one language and y in another,

    x ← s ⊙ (C y + a A x),    y ← s' ⊙ (Cᵀ x + a B y),

scaled to a maximum of 1 in each topic. Of the forms of a word the best is kept, and a word that scores much higher in
another topic is left to that one. C holds for words of
two languages their normalized pointwise mutual information over pairs of near documents, which replace
translations, and the cosine of their embeddings where it is high; A and B hold 1 + NPMI within a language's own
documents, so that words that are never together count nothing. Nothing but the corpus trained on is looked at. That
optimizes in the corpus the kind of figure that CNPMI is elsewhere, in a reference corpus.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.arrays import Array, Floats, evenly_spread
from gloctm.augmentation.counts import presence
from gloctm.augmentation.neighbors import unit_vectors
from gloctm.context.inflections import forms_of_one_word
from gloctm.context.space import NearDocuments

#: Only this many of a language's most frequent words are ranked: pairs of rarer ones are seldom seen.
RANKED_VOCABULARY = 10_000
#: Documents by which pairs are counted, at least, whatever the bound above says: fewer would be chance.
FEWEST_COUNTED = 2_000
#: Distinct words counted per document, at most; of longer documents, evenly spread ones.
LONGEST_COUNTED = 200
#: Words per topic and language that can be coherent: those that β and frequency put first.
CANDIDATES = 80
#: Pairs of a word and a word that are counted, at most, in two languages or in one: a bound on time and memory.
COUNTED_PAIRS = 100_000_000
#: Pairs seen together less often count nothing.
LEAST_TOGETHER = 3
#: Cosine of word embeddings, less their language's mean, from which words probably translate each other.
TRANSLATION_COSINE = 0.3
#: How much such a cosine weighs relative to NPMI.
TRANSLATION_WEIGHT = 3.0
#: a above: the weight of coherence within a language, relative to coherence across languages.
OWN_WEIGHT = 0.1
#: A word's standing is exp(STEEPNESS · standardized relevance) · frequency ** FREQUENCY_WEIGHT.
STEEPNESS = 0.3
FREQUENCY_WEIGHT = 0.2
#: Candidates are those with the highest standardized relevance + this much · log frequency.
CANDIDATE_FREQUENCY = 0.1
#: A word is shown in a topic if it scores at least this share of its highest score in any topic.
SHARED_SCORE = 0.85
#: Rounds of voting: the order of words hardly changes after five.
ROUNDS = 15
# Words whose pairs are made into numbers at a time.
_BLOCK_WORDS = 512


@dataclass(frozen=True)
class WordPairs:
    """How well words go together.

    Attributes:
        across: for each pair of languages, in order, C, ``(V_l, V_l')``.
        within: for each language A, ``(V_l, V_l)``.
        log_frequency: for each language the logarithm of each word's number of documents, at least 0.
        eligible: for each language whether each word may be ranked.
        forms: for each language which words are forms of one another, ``(V_l, V_l)``.
    """

    across: dict[tuple[str, str], sp.csr_array]
    within: dict[str, sp.csr_array]
    log_frequency: dict[str, NDArray[np.float64]]
    eligible: dict[str, NDArray[np.bool_]]
    forms: dict[str, sp.csr_array]


def count_word_pairs(
    counts: Mapping[str, sp.csr_array],
    near: NearDocuments,
    word_embeddings: Mapping[str, Array],
    vocabulary: Mapping[str, Sequence[str]],
) -> WordPairs:
    """Count which words are together.

    Args:
        counts: for each language ``(documents, V_l)``.
        near: for each language and other, near documents; empty to know nothing across but word embeddings.
        word_embeddings: for each language ``(V_l, dimension)``, of one space.
        vocabulary: for each language its words.
    """
    present = {language: presence(matrix) for language, matrix in counts.items()}
    frequency = {language: np.asarray(each.sum(axis=0)).ravel() for language, each in present.items()}
    eligible = {}
    for language, each in frequency.items():
        order = np.argsort(-each, kind="stable")[:RANKED_VOCABULARY]
        chosen = np.zeros(len(each), bool)
        chosen[order] = each[order] > 0
        eligible[language] = chosen
        # Zeros instead of words that are not ranked: columns keep their places.
        present[language] = sp.csr_array(present[language] @ sp.diags_array(eligible[language].astype(np.float32)))
        present[language].eliminate_zeros()
        present[language] = _shortened(present[language])
    units = {language: _centered(each) for language, each in word_embeddings.items()}
    across = {}
    for first, second in combinations(counts, 2):
        translations = _translations(units[first], units[second], eligible[first], eligible[second])
        if near:
            pairs = _npmi_across(present[first], present[second], near[first, second], near[second, first])
            across[first, second] = sp.csr_array(pairs + TRANSLATION_WEIGHT * translations)
        else:
            across[first, second] = sp.csr_array(TRANSLATION_WEIGHT * translations)
    return WordPairs(
        across=across,
        within={language: _npmi_within(each) for language, each in present.items()},
        log_frequency={language: np.log(np.maximum(each, 1)) for language, each in frequency.items()},
        eligible=eligible,
        forms={
            language: forms_of_one_word(vocabulary[language], each, eligible[language])
            for language, each in word_embeddings.items()
        },
    )


def coherent_scores(relevance: Mapping[str, Array], pairs: WordPairs) -> dict[str, Array]:
    """Score each topic's coherent words in each language, ``(K, V_l)``: up to 1, and 0 for all others.

    A word scores where it scores highest, and in another topic only if it does so nearly as high.

    Args:
        relevance: for each language the standardized relevance of words to topics, ``(K, V_l)``.
        pairs: how well words go together.
    """
    standing = {}
    for language, each in relevance.items():
        log_frequency, eligible = pairs.log_frequency[language], pairs.eligible[language]
        order = np.where(eligible, each + CANDIDATE_FREQUENCY * log_frequency, -np.inf)
        most = min(CANDIDATES, int(eligible.sum()))
        least = np.partition(order, -most, axis=1)[:, -most][:, None]
        # In a small vocabulary there are fewer words that belong to a topic more than to the others.
        candidate = (order >= least) & eligible & (each > 0)
        standing[language] = np.asarray(
            np.where(candidate, np.exp(STEEPNESS * each + FREQUENCY_WEIGHT * log_frequency), 0).T, np.float32
        )
    scores = _voted(standing, pairs)
    # Forms of one word vote for each other most of all. Of each word the best form stays, and the others make room.
    standing = {
        language: _best_forms(each, scores[language], pairs.forms[language]) for language, each in standing.items()
    }
    scores = _voted(standing, pairs)
    return {
        language: np.ascontiguousarray(
            np.where(each >= SHARED_SCORE * each.max(axis=1, keepdims=True), each, 0).T, np.float32
        )
        for language, each in scores.items()
    }


def _voted(standing: Mapping[str, Array], pairs: WordPairs) -> dict[str, Array]:
    """Return scores after all rounds of voting: for each language ``(V_l, K)``.

    A topic's candidates are a few words, and no other word has a vote or gets one: pairs of candidates are looked up
    once, and a round is then a product with these alone.
    """
    candidates = {language: _Candidates.of(each) for language, each in standing.items()}
    within = {language: _between(pairs.within[language], each, each) for language, each in candidates.items()}
    across = {
        (first, second): _between(matrix, candidates[first], candidates[second])
        for (first, second), matrix in pairs.across.items()
    }
    scores = {language: each.scaled(each.standing) for language, each in candidates.items()}
    share = 1 / max(len(scores) - 1, 1)
    for _ in range(ROUNDS):
        votes = {language: OWN_WEIGHT * (within[language] @ scores[language]) for language in scores}
        for (first, second), matrix in across.items():
            votes[first] += share * (matrix @ scores[second])
            votes[second] += share * (matrix.T @ scores[first])
        scores = {language: each.scaled(each.standing * votes[language]) for language, each in candidates.items()}
    found = {language: np.zeros_like(each) for language, each in standing.items()}
    for language, each in candidates.items():
        found[language][each.words, each.topics] = scores[language]
    return found


@dataclass(frozen=True)
class _Candidates:
    """The words of topics that can be coherent in a language, topic by topic, each in the order of the vocabulary.

    Attributes:
        topics: of each candidate, ascending, ``(candidates,)``.
        words: of each its word, ``(candidates,)``.
        standing: of each, ``(candidates,)``.
        bounds: where those of each topic begin, and where the last ones end, ``(K + 1,)``.
    """

    topics: NDArray[np.int64]
    words: NDArray[np.int64]
    standing: Array
    bounds: NDArray[np.int64]

    @classmethod
    def of(cls, standing: Array) -> _Candidates:
        """Return the words that have a standing, ``(V, K)``."""
        topics, words = np.nonzero(standing.T)
        bounds = np.searchsorted(topics, np.arange(standing.shape[1] + 1))
        return cls(topics, words, standing[words, topics], bounds)

    def scaled(self, scores: Floats) -> Array:
        """Return scores of candidates with a maximum of 1 in each topic."""
        highest = np.zeros(len(self.bounds) - 1, np.float32)
        np.maximum.at(highest, self.topics, scores)
        return np.asarray(scores / np.maximum(highest, np.float32(1e-9))[self.topics], np.float32)


def _between(matrix: sp.csr_array, rows: _Candidates, columns: _Candidates) -> sp.csr_array:
    """Return a matrix of pairs of words for pairs of candidates of one topic, ``(candidates, candidates)``."""
    blocks = []
    for first, last, low, high in zip(rows.bounds, rows.bounds[1:], columns.bounds, columns.bounds[1:], strict=False):
        blocks.append(matrix[rows.words[first:last]][:, columns.words[low:high]])
    return sp.csr_array(sp.block_diag(blocks, format="csr"))


def _best_forms(standing: Array, scores: Array, forms: sp.csr_array) -> Array:
    """Return standing with 0 for a word of which the topic has a form that scores higher, ``(V, K)``."""
    found = standing.copy()
    has_forms = np.diff(forms.indptr) > 0
    for topic, own in enumerate(scores.T):
        candidates = np.flatnonzero((own > 0) & has_forms)
        kept = np.zeros(len(own), bool)
        for word in candidates[np.argsort(-own[candidates], kind="stable")].tolist():
            if kept[forms.indices[forms.indptr[word] : forms.indptr[word + 1]]].any():
                found[word, topic] = 0
            else:
                kept[word] = True
    return found


def _centered(embeddings: Array) -> Array:
    units = unit_vectors(embeddings)
    known = np.any(units, axis=1)
    if not np.any(known):
        return units
    return unit_vectors(np.where(known[:, None], units - units[known].mean(axis=0), 0))


def _translations(
    first: Array, second: Array, eligible: NDArray[np.bool_], other_eligible: NDArray[np.bool_]
) -> sp.csr_array:
    """Return cosines of words that probably translate each other, ``(V_l, V_l')``."""
    columns = np.flatnonzero(other_eligible)
    rows, found, values = [], [], []
    for start in range(0, len(first), 1024):
        similarity = first[start : start + 1024] @ second[columns].T
        row, column = np.nonzero(similarity > TRANSLATION_COSINE)
        own = eligible[start + row]
        rows.append(start + row[own])
        found.append(columns[column[own]])
        values.append(similarity[row[own], column[own]])
    places = (np.concatenate(rows), np.concatenate(found))
    return sp.csr_array((np.concatenate(values), places), shape=(len(first), len(second)))


def _npmi_across(
    first: sp.csr_array, second: sp.csr_array, near: NDArray[np.int32], other_near: NDArray[np.int32]
) -> sp.csr_array:
    """Compute NPMI of words over pairs of a document and one near it, from both sides; 0 unless it is positive."""
    own = np.zeros(first.shape[1])
    other = np.zeros(second.shape[1])
    total = 0
    # Of each side, the documents by the words of the first language, and by those of the second.
    sides = []
    for rows, mine, theirs, turned in ((near, first, second, False), (other_near, second, first, True)):
        words = rows.shape[1] * (mine.nnz / mine.shape[0]) * (theirs.nnz / theirs.shape[0])
        chosen = evenly_spread(len(rows), max(int(COUNTED_PAIRS / 2 / max(words, 1)), FEWEST_COUNTED))
        documents = sp.csr_array(mine[chosen])
        joined = sp.csr_array(_rows_of_ones(rows[chosen], theirs.shape[0]) @ theirs)
        number = rows.shape[1]
        of_mine = np.asarray(documents.sum(axis=0)).ravel() * number
        of_theirs = np.asarray(joined.sum(axis=0)).ravel()
        own += of_theirs if turned else of_mine
        other += of_mine if turned else of_theirs
        total += len(chosen) * number
        sides.append((joined, documents) if turned else (documents, joined))
    own_side, other_side = [(sp.csr_array(left.T), right) for left, right in sides]

    def block(words: slice) -> sp.coo_array:
        (left, right), (other_left, other_right) = own_side, other_side
        together = sp.coo_array(left[words] @ right + other_left[words] @ other_right)
        kept = together.data >= LEAST_TOGETHER
        row, column = together.row[kept], together.col[kept]
        # Chance alone makes a count vary by its square root.
        number_together = together.data[kept].astype(np.float64)
        number_together -= np.sqrt(number_together)
        expected = own[words][row] * other[column]
        values = np.log(number_together * total / expected) / -np.log(number_together / total)
        positive = values > 0
        places = (row[positive], column[positive])
        return sp.coo_array((values[positive].astype(np.float32), places), shape=together.shape)

    return _in_blocks_of_words(block, (first.shape[1], second.shape[1]))


def _npmi_within(present: sp.csr_array) -> sp.csr_array:
    """Compute 1 + NPMI of words over documents, where any document has both; a word with itself not."""
    pairs = float(np.mean(np.diff(present.indptr).astype(np.float64) ** 2))
    chosen = present[evenly_spread(present.shape[0], max(int(COUNTED_PAIRS / max(pairs, 1)), FEWEST_COUNTED))]
    total = chosen.shape[0]
    frequency = np.asarray(chosen.sum(axis=0, dtype=np.float64)).ravel()
    by_word = sp.csr_array(chosen.T)

    def block(words: slice) -> sp.coo_array:
        together = sp.coo_array(by_word[words] @ chosen)
        kept = (together.row + words.start != together.col) & (together.data > 0) & (together.data < total)
        row, column, number = together.row[kept], together.col[kept], together.data[kept].astype(np.float64)
        expected = frequency[words][row] * frequency[column]
        values = 1 + np.log(number * total / expected) / -np.log(number / total)
        return sp.coo_array((np.maximum(values, 0).astype(np.float32), (row, column)), shape=together.shape)

    return _in_blocks_of_words(block, (chosen.shape[1], chosen.shape[1]))


def _in_blocks_of_words(block: Callable[[slice], sp.coo_array], shape: tuple[int, int]) -> sp.csr_array:
    """Return a matrix that is made from blocks of its rows: whole, what it is made of would take far more memory."""
    parts = []
    for start in range(0, shape[0], _BLOCK_WORDS):
        part = sp.csr_array(block(slice(start, min(start + _BLOCK_WORDS, shape[0]))))
        part.indices = part.indices.astype(np.int32, copy=False)
        parts.append(part)
    # The pairs that are counted are far fewer than what narrow indices can tell apart.
    numbers = np.concatenate([np.diff(part.indptr) for part in parts])
    indptr = np.concatenate([[0], np.cumsum(numbers)]).astype(np.int32)
    # One after the other, so that no more than the values is ever there twice.
    indices = np.concatenate([part.indices for part in parts])
    for part in parts:
        part.indices = indices[:0]
    return sp.csr_array((np.concatenate([part.data for part in parts]), indices, indptr), shape=shape)


def _shortened(present: sp.csr_array) -> sp.csr_array:
    """Thin documents to at most LONGEST_COUNTED words each."""
    lengths = np.diff(present.indptr)
    if lengths.max(initial=0) <= LONGEST_COUNTED:
        return present
    place = np.arange(present.nnz) - np.repeat(present.indptr[:-1], lengths)
    share = np.minimum(LONGEST_COUNTED / np.maximum(lengths, 1), 1)
    # A word is kept where its place, scaled down, comes to a new whole number; words are in the order of columns.
    scale = np.repeat(share, lengths)
    kept = np.floor((place + 1) * scale + 1e-9) > np.floor(place * scale + 1e-9)
    indptr = np.concatenate([[0], np.cumsum(kept)])[present.indptr]
    return sp.csr_array((present.data[kept], present.indices[kept], indptr), shape=present.shape)


def _rows_of_ones(columns: NDArray[np.integer], total: int) -> sp.csr_array:
    indptr = np.arange(len(columns) + 1) * columns.shape[1]
    return sp.csr_array((np.ones(columns.size, np.float32), columns.ravel(), indptr), shape=(len(columns), total))
