"""Topics in the context space: directions that many documents share, and how probable each word is in each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from scipy.special import softmax
from sklearn.cluster import kmeans_plusplus

from gloctm.arrays import Array, evenly_spread
from gloctm.augmentation.counts import presence
from gloctm.augmentation.neighbors import unit_vectors
from gloctm.context.anchors import Anchors
from gloctm.errors import InputError

#: Documents per language that are clustered, at most.
CLUSTERED_DOCUMENTS = 20_000
#: Documents per language among which different ones are counted first; more are only where these are too few.
CHECKED_DOCUMENTS = 1_000
#: Rounds of k-means at most, and the change of a coordinate below which it has come to its end.
CLUSTERING_ROUNDS = 50
SMALLEST_MOVE = 1e-4
#: Starts of k-means, of which the best is taken: with few documents they take no time, and some miss a theme.
MOST_STARTS, FEWEST_STARTS = 10, 3
MANY_POINTS = 10_000
#: Temperature of the proportions by which words are counted into topics: softmax(cos / .07).
COUNTING_TEMPERATURE = 0.07
#: Words of the language's unigram distribution that are added to each topic's counts.
SMOOTHING_WORDS = 30.0
#: Rounds of expectation and maximization.
EM_ROUNDS = 10
# Nonzero counts at a time: with 50 topics, two scratch matrices of 40 MB.
_BLOCK_NONZEROS = 200_000


def check_different(vectors: Mapping[str, Array], num_topics: int) -> None:
    """Raise InputError for fewer different documents than topics.

    Args:
        vectors: for each language ``(documents, p)``.
        num_topics: K.
    """
    for most in (CHECKED_DOCUMENTS, CLUSTERED_DOCUMENTS):
        looked_at = np.concatenate([each[evenly_spread(len(each), most)] for each in vectors.values()])
        different = len(np.unique(looked_at[looked_at.any(axis=1)].round(4), axis=0))
        if different >= num_topics:
            return
    if different < 2:
        raise InputError(
            "all documents of the corpus are alike to the encoder, so there are no topics to find: check the texts "
            "and their embeddings"
        )
    raise InputError(
        f"the corpus has {different} different documents in all, which can't make {num_topics} topics: ask for at most "
        f"{max(different // 2, 2)} (num_topics), or add documents"
    )


def topic_directions(
    vectors: Mapping[str, Array], num_topics: int, seed: int, anchors: Sequence[Anchors] = ()
) -> Array:
    """Find t_k, ``(K, p)``, rows of length 1: centers of spherical k-means, to which each language counts alike.

    Documents go to the center with the highest cosine (Dhillon, Modha: Concept Decompositions for Large Sparse Text
    Data Using Clustering, 2001). By squared distances, as in scikit-learn's ``KMeans``, a spread cluster would draw
    documents to it, and topics were less coherent.

    Args:
        vectors: for each language ``(documents, p)``, rows of length 1.
        num_topics: K.
        seed: of the starts (k-means++).
        anchors: where some topics start, and what keeps pulling them; the others are found given these. Of several
            anchors of a topic, it starts at the first.
    """
    known = {language: np.flatnonzero(each.any(axis=1)) for language, each in vectors.items()}
    points = {
        language: vectors[language][rows[evenly_spread(len(rows), CLUSTERED_DOCUMENTS)]]
        for language, rows in known.items()
        if len(rows)
    }
    weights = np.concatenate([np.full(len(each), 1 / len(each), np.float32) for each in points.values()])
    together = np.concatenate(list(points.values()))
    starts = MOST_STARTS if len(together) <= MANY_POINTS else FEWEST_STARTS
    if len({topic for each in anchors for topic in each.topics.tolist()}) == num_topics:
        # Nothing is drawn.
        starts = 1
    seeds = np.random.default_rng(seed).integers(2**31, size=starts).tolist()
    found = [_clustered(together, weights, num_topics, each, anchors) for each in seeds]
    return max(found, key=lambda each: each[1])[0]


def _clustered(
    points: Array, weights: Array, num_topics: int, seed: int, anchors: Sequence[Anchors]
) -> tuple[Array, float]:
    """Return centers by one start of spherical k-means, and the weighted sum of cosines of documents and centers."""
    if anchors:
        topics = _started(points, weights, num_topics, seed, anchors)
    else:
        topics = unit_vectors(kmeans_plusplus(points, num_topics, sample_weight=weights, random_state=seed)[0])
    for _ in range(CLUSTERING_ROUNDS):
        nearest = (points @ topics.T).argmax(axis=1)
        member = sp.csr_array((weights, nearest, np.arange(len(points) + 1)), shape=(len(points), num_topics))
        sums = np.asarray(member.T @ points, np.float32)
        # A topic that has lost all its documents stays where it was.
        moved = np.where(sums.any(axis=1, keepdims=True), unit_vectors(sums), topics)
        for each in anchors:
            moved = each.pulled(moved)
        has_ended = np.abs(moved - topics).max() < SMALLEST_MOVE
        topics = moved
        if has_ended:
            break
    return topics, float((points @ topics.T).max(axis=1) @ weights)


def _started(points: Array, weights: Array, num_topics: int, seed: int, anchors: Sequence[Anchors]) -> Array:
    """Start anchored topics at their anchors and the others at documents, by k-means++ given these, ``(K, p)``.

    As in scikit-learn, each further center is the best of a few that are drawn (greedy k-means++).
    """
    rng = np.random.default_rng(seed)
    topics = np.zeros((num_topics, points.shape[1]), np.float32)
    for each in reversed(anchors):
        topics[each.topics] = each.directions
    trials = 2 + int(np.log(num_topics))
    has_start = topics.any(axis=1)
    distance = 1 - (points @ topics[has_start].T).max(axis=1)
    for topic in np.flatnonzero(~has_start).tolist():
        chances = np.cumsum(weights * np.maximum(distance, 0), dtype=np.float64)
        drawn = np.minimum(np.searchsorted(chances, rng.random(trials) * chances[-1]), len(points) - 1)
        distances = np.minimum(distance[:, None], 1 - points @ points[drawn].T)
        best = int((weights @ distances).argmin())
        topics[topic], distance = points[drawn[best]], distances[:, best]
    return topics


def counting_proportions(vectors: Array, topics: Array) -> Array:
    """Return the proportions that count words into topics: softmax(cos(x_d, t_k) / 0.07), ``(documents, K)``."""
    return np.asarray(softmax(vectors @ topics.T / COUNTING_TEMPERATURE, axis=1), np.float32)


def topic_word_log_probabilities(counts: sp.csr_array, theta: Array, *, rounds: int = EM_ROUNDS) -> Array:
    """Fit β = log p(w | k) under given proportions, ``(K, V)``, to the mixture p(w | d) = Σ_k θ_dk p(w | k).

    Expectation and maximization of probabilistic latent semantic analysis with θ held (Hofmann: Probabilistic Latent
    Semantic Indexing, SIGIR 1999), over the distinct words of documents. That topics share the words of a document
    among them, rather than each counting all, keeps words out of topics that only come along with theirs.

    Args:
        counts: ``(documents, V)``.
        theta: ``(documents, K)``.
        rounds: of expectation and maximization.

    Examples:
        >>> import scipy.sparse as sp
        >>> counts = sp.csr_array([[2, 1, 0], [0, 0, 3]])
        >>> beta = topic_word_log_probabilities(counts, np.array([[1, 0], [0, 1]], np.float32))
        >>> beta.argmax(axis=1).tolist()[1]
        2
    """
    present = presence(counts)
    unigram = np.exp(log_unigram(counts))[:, None]
    blocks = list(_blocks(present))
    probability = _smoothed(np.asarray(present.T @ theta), unigram)
    for _ in range(rounds):
        expected = np.zeros_like(probability)
        for block, first in blocks:
            own = theta[first : first + block.shape[0]]
            rows = np.repeat(np.arange(block.shape[0]), np.diff(block.indptr))
            mixed = np.einsum("ik,ik->i", own[rows], probability[block.indices])
            weight = sp.csr_array((1 / np.maximum(mixed, 1e-20), block.indices, block.indptr), shape=block.shape)
            expected += weight.T @ own
        probability = _smoothed(expected * probability, unigram)
    return np.ascontiguousarray(np.log(probability).T)


def log_unigram(counts: sp.csr_array) -> Array:
    """Return log p(w), the share of word w in all distinct words of documents, ``(V,)``.

    Examples:
        >>> import scipy.sparse as sp
        >>> np.exp(log_unigram(sp.csr_array([[5, 1], [1, 0]]))).round(2).tolist()
        [0.67..., 0.33...]
    """
    # A word without documents, as a vocabulary from elsewhere may have, gets next to nothing rather than log 0.
    number = np.maximum(np.asarray(presence(counts).sum(axis=0, dtype=np.float64)).ravel(), 0.1)
    return np.asarray(np.log(number / number.sum()), np.float32)


def _smoothed(expected: Array, unigram: Array) -> Array:
    smoothed = expected + np.float32(SMOOTHING_WORDS) * unigram
    return np.asarray(smoothed / smoothed.sum(axis=0), np.float32)


def _blocks(matrix: sp.csr_array) -> list[tuple[sp.csr_array, int]]:
    """Split the rows into blocks of similar numbers of nonzeros, each with its first row."""
    bounds = np.searchsorted(matrix.indptr, np.arange(0, matrix.nnz + _BLOCK_NONZEROS, _BLOCK_NONZEROS), side="left")
    edges = np.unique(np.concatenate([[0], np.minimum(bounds, matrix.shape[0]), [matrix.shape[0]]])).tolist()
    return [(matrix[first:last], first) for first, last in pairwise(edges)]


def standardized_relevance(relevance: Array) -> Array:
    """Return numbers that compare between topics, ``(K, V)``: of each topic with mean 0 and deviation 1 over words.

    Args:
        relevance: how much each word belongs to each topic, ``(K, V)``: log p(w | k) − log p(w), or weights.
    """
    deviation = relevance.std(axis=1, keepdims=True)
    return np.asarray(
        (relevance - relevance.mean(axis=1, keepdims=True)) / np.maximum(deviation, np.float32(1e-9)), np.float32
    )
