"""Topic proportions of documents by their words, in the context space: numpy and scipy alone.

μ_d = argmin ‖v_d − Σ_k μ_dk t_k‖² + λ ‖μ_d‖², over the model's temperature; θ_d = softmax(μ_d). A document is
decomposed into topics, rather than compared with each: what two topics have in common counts once.

A few words may say too little. Their evidence is |Σ c_w|; to a text in whose words it is less than half of the usual,
the text's own embedding is added at the length that lacks: v = u(|Σ c_w| (u(Σ c_w) − mean) + lacking · ẽ).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.arrays import Array
from gloctm.augmentation.counts import presence
from gloctm.augmentation.neighbors import unit_vectors
from gloctm.model.parameters import document_center_name, word_context_name

#: λ. Small values keep more of what a document says; large ones compare it with each topic by itself.
RIDGE = 0.3
#: Documents at a time.
BLOCK_ROWS = 4096


def document_encoder(topics: Array, temperature: float = 1.0) -> Array:
    """Compute the matrix from v to μ, ``(p, K)``: (T Tᵀ + λ)⁻¹ T, transposed, over the temperature.

    Args:
        topics: T, ``(K, p)``, rows of length 1.
        temperature: what μ is divided by.
    """
    wide = topics.astype(np.float64)
    gram = wide @ wide.T + RIDGE * np.eye(len(wide))
    # In the memory order of a saved matrix: products are then the same to the last bit after loading.
    return np.ascontiguousarray(np.linalg.solve(gram, wide).T / temperature, np.float32)


def context_latent_means(
    counts: sp.csr_array, contexts: Array, center: Array, encoder: Array, sentences: Array | None = None
) -> tuple[Array, NDArray[np.bool_]]:
    """Infer μ of documents ``(documents, K)``, and which have no known word: their μ is 0.

    Args:
        counts: ``(documents, words)``; only which words are there counts.
        contexts: c of these words, ``(words, p)``.
        center: the mean that is subtracted in the documents' language.
        encoder: see ``document_encoder``.
        sentences: what the texts themselves add to their words, ``(documents, p)``, 0 where they add nothing.
    """
    means = np.empty((counts.shape[0], encoder.shape[1]), np.float32)
    empty = np.empty(counts.shape[0], bool)
    for start in range(0, counts.shape[0], BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        vectors = documents_by_words(counts[rows], contexts, center)
        if sentences is not None:
            vectors = _with_sentences(vectors, sentences[rows], counts[rows], contexts, center)
        means[rows], empty[rows] = vectors @ encoder, ~vectors.any(axis=1)
    return means, empty


def contexts_of(links: sp.csr_array, languages: Mapping[str, object], weights: Mapping[str, Array]) -> Array:
    """Average the context vectors of the trained words that each word is linked to, ``(words, p)``; 0 without links.

    Args:
        links: ``(words, V)``: a number other than 0 at each trained word that a word is linked to, or an explicit 0.
        languages: of the model, in order.
        weights: the model's arrays by name.
    """
    trained = np.concatenate([weights[word_context_name(language)] for language in languages])
    number = np.diff(links.indptr)
    ones = sp.csr_array((np.ones(links.nnz, np.float32), links.indices, links.indptr), shape=links.shape)
    return np.asarray((ones @ trained) / np.maximum(number, 1)[:, None], np.float32)


def center_of(language: str, languages: Mapping[str, object], weights: Mapping[str, Array]) -> Array:
    """Get the mean to subtract from documents of a language: its own, or the mean of all for an untrained one."""
    if language in languages:
        return weights[document_center_name(language)]
    return np.asarray(np.mean([weights[document_center_name(each)] for each in languages], axis=0), np.float32)


def documents_by_words(counts: sp.csr_array, contexts: Array, center: Array) -> Array:
    """Represent documents by their words, ``(documents, p)``; 0 for one without any known word.

    Args:
        counts: ``(documents, words)``.
        contexts: c of these words, ``(words, p)``.
        center: the mean of the language.
    """
    return without_center(sums_of_contexts(counts, contexts), center)


def evidence_of_words(counts: sp.csr_array, contexts: Array) -> Array:
    """Return |Σ c_w| of the distinct words of each document, ``(documents,)``."""
    found = np.empty(counts.shape[0], np.float32)
    for start in range(0, counts.shape[0], BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        found[rows] = np.linalg.norm(presence(counts[rows]) @ contexts, axis=1)
    return found


def sentence_directions(embeddings: Array, mean: Array, projection: Array) -> Array:
    """Return ẽ of texts by their embeddings, ``(texts, p)``: rows of length 1, or 0 for a vector of zeros.

    Args:
        embeddings: ``(texts, dimension)``.
        mean: of their language, ``(dimension,)``.
        projection: P, ``(dimension, p)``.
    """
    units = unit_vectors(embeddings)
    known = units.any(axis=1)
    # In place, but by one product: those of blocks differ from it in the last bits.
    units -= mean
    units[~known] = 0
    found = units @ projection
    del units
    return unit_vectors(found)


def _with_sentences(vectors: Array, sentences: Array, counts: sp.csr_array, contexts: Array, center: Array) -> Array:
    """Add what texts themselves say to what their words say; a text without any known word stays without evidence."""
    chosen = np.flatnonzero(sentences.any(axis=1) & vectors.any(axis=1))
    sums = np.asarray(presence(counts[chosen]) @ contexts)
    evidence = np.linalg.norm(sums, axis=1, keepdims=True)
    vectors[chosen] = unit_vectors(sums - evidence * center + sentences[chosen])
    return vectors


def without_center(sums: Array, center: Array) -> Array:
    """Subtract a language's center from documents, and scale them to length 1; rows of zeros stay so."""
    return unit_vectors(np.where(sums.any(axis=1, keepdims=True), sums - center, np.float32(0)))


def sums_of_contexts(counts: sp.csr_array, contexts: Array) -> Array:
    """Compute u(Σ c_w) over the distinct words of each document, ``(documents, p)``; 0 for one without words."""
    return unit_vectors(presence(counts) @ contexts)
