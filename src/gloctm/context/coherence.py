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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.arrays import Array, evenly_spread
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
    """Return scores after all rounds of voting: for each language ``(V_l, K)``."""
    scores = {language: _scaled(each) for language, each in standing.items()}
    share = 1 / max(len(scores) - 1, 1)
    for _ in range(ROUNDS):
        votes = {language: OWN_WEIGHT * (pairs.within[language] @ scores[language]) for language in scores}
        for (first, second), matrix in pairs.across.items():
            votes[first] += share * (matrix @ scores[second])
            votes[second] += share * (matrix.T @ scores[first])
        scores = {language: _scaled(standing[language] * each) for language, each in votes.items()}
    return scores


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


def _scaled(scores: NDArray[np.floating]) -> Array:
    """Return scores with a maximum of 1 in each topic."""
    return np.asarray(scores / np.maximum(scores.max(axis=0), 1e-9), np.float32)


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
    shape = (first.shape[1], second.shape[1])
    together = sp.csr_array(shape, dtype=np.float32)
    own = np.zeros(first.shape[1])
    other = np.zeros(second.shape[1])
    total = 0
    for rows, mine, theirs, turned in ((near, first, second, False), (other_near, second, first, True)):
        words = rows.shape[1] * (mine.nnz / mine.shape[0]) * (theirs.nnz / theirs.shape[0])
        chosen = evenly_spread(len(rows), max(int(COUNTED_PAIRS / 2 / max(words, 1)), FEWEST_COUNTED))
        joined = _rows_of_ones(rows[chosen], theirs.shape[0]) @ theirs
        product = mine[chosen].T @ joined
        together = together + (product.T if turned else product)
        number = rows.shape[1]
        of_mine = np.asarray(mine[chosen].sum(axis=0)).ravel() * number
        of_theirs = np.asarray(joined.sum(axis=0)).ravel()
        own += of_theirs if turned else of_mine
        other += of_mine if turned else of_theirs
        total += len(chosen) * number
    found = sp.coo_array(together)
    kept = found.data >= LEAST_TOGETHER
    row, column = found.row[kept], found.col[kept]
    # Chance alone makes a count vary by its square root.
    number_together = found.data[kept].astype(np.float64)
    number_together -= np.sqrt(number_together)
    values = np.log(number_together * total / (own[row] * other[column])) / -np.log(number_together / total)
    positive = values > 0
    return sp.csr_array((values[positive].astype(np.float32), (row[positive], column[positive])), shape=shape)


def _npmi_within(present: sp.csr_array) -> sp.csr_array:
    """Compute 1 + NPMI of words over documents, where any document has both; a word with itself not."""
    pairs = float(np.mean(np.diff(present.indptr).astype(np.float64) ** 2))
    chosen = present[evenly_spread(present.shape[0], max(int(COUNTED_PAIRS / max(pairs, 1)), FEWEST_COUNTED))]
    total = chosen.shape[0]
    frequency = np.asarray(chosen.sum(axis=0, dtype=np.float64)).ravel()
    found = sp.coo_array(chosen.T @ chosen)
    kept = (found.row != found.col) & (found.data > 0) & (found.data < total)
    row, column, number = found.row[kept], found.col[kept], found.data[kept].astype(np.float64)
    values = 1 + np.log(number * total / (frequency[row] * frequency[column])) / -np.log(number / total)
    return sp.csr_array((np.maximum(values, 0).astype(np.float32), (row, column)), shape=found.shape)


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
