"""One space for the documents and words of all languages: what is used in the same contexts is near.

With e_d a document's embedding, u(·) scaling to length 1, and P the leading directions of all embeddings:

- ẽ_d = u(P u(e_d) − mean of its language): without the mean, languages would be apart.
- Its midpoint with the other languages m_d = u(ẽ_d + u(Σ_l u(mean of its nearest documents in l))): where a theme that
  several languages share is, rather than one language's version of it.
- The context vector of a word c_w = (Σ_{d ∋ w} m_d + 5 c̄_w) / (f_w + 5), f_w the number of documents with it, and c̄_w
  the mean of Σ m / (f + 5) over the words of all languages that are nearest to it by their embeddings: what is known of
  a rare word. Its direction says what a word is used for, in whatever language; it is short for words that are used for
  everything.
- A document by its words v_d = u(u(Σ_{w ∈ d} c_w) − mean of its language). Unlike e_d it needs no encoder.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.arrays import Array, Indices, evenly_spread, sum_of_rows
from gloctm.augmentation.counts import presence
from gloctm.augmentation.neighbors import nearest_neighbors, unit_vectors
from gloctm.model.context_inference import evidence_of_words, sentence_directions, sums_of_contexts, without_center
from gloctm.progress import track

#: Directions of the embeddings that are kept: on two benchmarks they hold 93 % of the variance of 512.
DIMENSIONS = 256
#: Documents per language in which topics are found, at most, evenly spread: fitting takes no longer beyond that.
FITTED_DOCUMENTS = 100_000
#: Documents per language among which near ones are searched, at most: time is then linear in the documents.
NEAR_CANDIDATES = 12_000
#: A word's sum of midpoints is divided by as many documents more than it is in.
SHRINKAGE = 5.0
#: Nearest words of each language that say what a rare word is used for.
LINKED_WORDS = 8
#: Different documents that a language needs before its embeddings are compared with those of others.
FEWEST_JUDGED = 20
# Documents compared at a time: their similarities to all candidates, and the order of these, take some 200 MB.
_BLOCK_ROWS = 1000

#: For each language and other: for each document rows of its near ones there, ``(documents, k)``, in no order.
NearDocuments = dict[tuple[str, str], NDArray[np.int32]]


def leading_directions(
    embeddings: Mapping[str, Array], *, dimensions: int = DIMENSIONS
) -> tuple[dict[str, Array], Array]:
    """Return for each language the mean of its documents' u(e), ``(dimension,)``, and P, ``(dimension, p)``.

    Args:
        embeddings: for each language ``(documents, dimension)``, by one multilingual encoder.
        dimensions: p at most.
    """
    dimension = next(iter(embeddings.values())).shape[1]
    means, covariance = {}, np.zeros((dimension, dimension))
    # One language after the other and in place: the embeddings of all are the largest arrays of a training.
    for language, each in embeddings.items():
        centered = unit_vectors(each)
        means[language] = centered.mean(axis=0, dtype=np.float64).astype(np.float32)
        centered -= means[language]
        # Languages count alike, however many documents they have.
        covariance += (centered.T @ centered).astype(np.float64) / len(each)
    return means, np.linalg.eigh(covariance)[1][:, ::-1][:, :dimensions].astype(np.float32)


def directions(embeddings: Mapping[str, Array], *, dimensions: int = DIMENSIONS) -> dict[str, Array]:
    """Return ẽ of every document: per language ``(documents, p)``, rows of length 1, or 0 for a vector of zeros.

    Args:
        embeddings: for each language ``(documents, dimension)``, by one multilingual encoder.
        dimensions: p at most.
    """
    means, projection = leading_directions(embeddings, dimensions=dimensions)
    return {language: sentence_directions(each, means[language], projection) for language, each in embeddings.items()}


def near_documents(
    vectors: Mapping[str, Array],
    num_neighbors: int,
    *,
    candidates: int = NEAR_CANDIDATES,
    show_progress: bool = False,
) -> NearDocuments:
    """Find the nearest documents, by cosine, of each document in every other language, among candidates evenly spread.

    Args:
        vectors: for each language ``(documents, p)``, rows of length 1.
        num_neighbors: how many, at most; all where a language has fewer.
        candidates: of each language, at most.
        show_progress: whether progress is shown.

    Returns:
        ``{(language, other): (documents, k)}``: rows of the other language's documents, nearest in no particular order.
    """
    chosen = {language: evenly_spread(len(each), candidates) for language, each in vectors.items()}
    pairs = list(permutations(vectors, 2))
    found = {}
    total = sum(len(vectors[first]) for first, _ in pairs)
    with track("finding near documents", total, "documents", show=show_progress) as progress:
        for first, second in pairs:
            others = np.ascontiguousarray(vectors[second][chosen[second]].T)
            number = min(num_neighbors, others.shape[1])
            rows = np.empty((len(vectors[first]), number), np.int32)
            for start in range(0, len(rows), _BLOCK_ROWS):
                similarity = vectors[first][start : start + _BLOCK_ROWS] @ others
                nearest = np.argpartition(np.negative(similarity, out=similarity), number - 1, axis=1)[:, :number]
                rows[start : start + _BLOCK_ROWS] = chosen[second][nearest]
                progress.advance(len(similarity))
            found[first, second] = rows
    return found


def likeness_across(vectors: Mapping[str, Array], *, number: int = 5, sample: int = 2000) -> dict[str, float]:
    """Measure per language how near its documents come to those of the others, relative to one another.

    The mean cosine of a document and its nearest few of all other languages, over that of it and its nearest few of its
    own. Where languages share their themes it was 0.66 to 1.2 on corpora of news, reviews and short texts; where a
    language had themes of its own alone, 0.54 to 0.61; where it was embedded by another encoder, 0.23 to 0.39.

    Args:
        vectors: for each language ẽ, ``(documents, p)``.
        number: how many nearest documents.
        sample: documents per language that are compared, at most.

    Returns:
        A number per language; a language with fewer than 20 different documents is left out.
    """
    looked_at = {}
    for language, each in vectors.items():
        known = each[evenly_spread(len(each), sample)]
        # Copies of a document would be as near to it as can be.
        looked_at[language] = np.unique(known[known.any(axis=1)].round(4), axis=0)
    found = {}
    for language, own in looked_at.items():
        others = np.concatenate([each for other, each in looked_at.items() if other != language])
        if min(len(own), len(others)) < FEWEST_JUDGED:
            continue
        # Other than itself.
        within = np.sort(own @ own.T, axis=1)[:, -number - 1 : -1]
        across = np.sort(own @ others.T, axis=1)[:, -number:]
        found[language] = float(across.mean() / max(float(within.mean()), 1e-9))
    return found


def midpoints(vectors: Mapping[str, Array], near: NearDocuments) -> dict[str, Array]:
    """Compute the midpoint of every document, see above; the documents themselves where ``near`` is empty."""
    if not near:
        return dict(vectors)
    found = {}
    for language, own in vectors.items():
        found[language] = np.empty_like(own)
        for start in range(0, len(own), _BLOCK_ROWS):
            rows = slice(start, start + _BLOCK_ROWS)
            across = np.zeros_like(own[rows])
            for other, each in vectors.items():
                if other != language:
                    across += unit_vectors(each[near[language, other][rows]].mean(axis=1))
            # A document without a vector has no near ones either.
            known = own[rows].any(axis=1, keepdims=True)
            found[language][rows] = np.where(known, unit_vectors(own[rows] + unit_vectors(across)), np.float32(0))
    return found


def word_contexts(
    counts: Mapping[str, sp.csr_array], vectors: Mapping[str, Array], word_embeddings: Mapping[str, Array]
) -> dict[str, Array]:
    """Compute context vectors of all words: for each language ``(V_l, p)``.

    Args:
        counts: for each language ``(documents, V_l)``.
        vectors: for each language m, ``(documents, p)``.
        word_embeddings: for each language ``(V_l, dimension)``, of one space.
    """
    own, weight = {}, {}
    for language, matrix in counts.items():
        present = presence(matrix)
        frequency = np.asarray(present.sum(axis=0)).ravel()[:, None]
        weight[language] = np.asarray(SHRINKAGE / (frequency + SHRINKAGE), np.float32)
        own[language] = np.asarray((present.T @ vectors[language]) / (frequency + SHRINKAGE), np.float32)
    units = {language: unit_vectors(each) for language, each in word_embeddings.items()}
    # All words of an encoder point a little in one direction, which says nothing of any.
    middle = np.concatenate(list(units.values())).mean(axis=0, dtype=np.float64).astype(np.float32)
    centered = {
        language: np.where(each.any(axis=1, keepdims=True), each - middle, np.float32(0))
        for language, each in units.items()
    }
    found = {}
    for language, each in centered.items():
        near = np.zeros_like(own[language])
        for other, candidates in centered.items():
            number = min(LINKED_WORDS, len(candidates) - 1)
            rows = nearest_neighbors(each, candidates, number, leave_out_self=other == language)
            near += own[other][rows].mean(axis=1) / np.float32(len(centered))
        # A word without a vector is near to none.
        near *= each.any(axis=1, keepdims=True)
        found[language] = own[language] + weight[language] * near
    return found


def document_centers(counts: Mapping[str, sp.csr_array], contexts: Mapping[str, Array]) -> dict[str, Array]:
    """Compute for each language the mean that v subtracts, ``(p,)``, over documents that have words."""
    found = {}
    for language, matrix in counts.items():
        with_words = np.flatnonzero(np.diff(matrix.indptr))
        total = np.zeros(contexts[language].shape[1])
        for start in range(0, len(with_words), _BLOCK_ROWS):
            sums = sums_of_contexts(matrix[with_words[start : start + _BLOCK_ROWS]], contexts[language])
            total = sum_of_rows(sums, total)
        found[language] = (total / max(len(with_words), 1)).astype(np.float32)
    return found


def least_evidence(counts: sp.csr_array, contexts: Array) -> float:
    """Return the evidence that the words of a text need to stand alone: half of what those of a document usually have.

    Args:
        counts: ``(documents, V_l)``.
        contexts: c of the language, ``(V_l, p)``.
    """
    evidence = evidence_of_words(counts[evenly_spread(counts.shape[0], NEAR_CANDIDATES)], contexts)
    return float(np.median(evidence[evidence > 0])) / 2 if evidence.any() else 0.0


def documents_by_others(counts: sp.csr_array, contexts: Array, center: Array, vectors: Array, rows: Indices) -> Array:
    """Represent documents by what their words are used for in all other documents, as new documents are.

    Args:
        counts: of all documents, ``(documents, V_l)``.
        contexts: c of the language, ``(V_l, p)``, which holds m of every document.
        center: the mean of the language.
        vectors: m of all documents, ``(documents, p)``.
        rows: which documents are wanted.

    Returns:
        ``(rows, p)``.
    """
    frequency = np.asarray(presence(counts).sum(axis=0)).ravel()
    without_one = (1 / (frequency + SHRINKAGE - 1)).astype(np.float32)
    present = presence(sp.csr_array(counts[rows]))
    others = present @ (contexts * ((frequency + SHRINKAGE) * without_one)[:, None].astype(np.float32))
    sums = unit_vectors(others - (present @ without_one)[:, None] * vectors[rows])
    return without_center(sums, center)
