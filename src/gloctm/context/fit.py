"""From a corpus to a model in the context space, step by step; see the other modules of this room for each step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize_scalar
from scipy.special import log_softmax, softmax
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from gloctm.arrays import Array, evenly_spread
from gloctm.augmentation.neighbors import unit_vectors
from gloctm.context.anchors import Anchors, Start
from gloctm.context.coherence import WordPairs, coherent_scores, count_word_pairs
from gloctm.context.seeds import SeedColumns, seed_directions
from gloctm.context.space import (
    FITTED_DOCUMENTS,
    NearDocuments,
    document_centers,
    documents_by_others,
    leading_directions,
    least_evidence,
    likeness_across,
    midpoints,
    near_documents,
    word_contexts,
)
from gloctm.context.topics import (
    check_different,
    counting_proportions,
    log_unigram,
    standardized_relevance,
    topic_directions,
    topic_word_log_probabilities,
)
from gloctm.corpus.corpus import Corpus
from gloctm.errors import InputError
from gloctm.model.context_inference import document_encoder, sentence_directions
from gloctm.model.parameters import (
    DOCUMENT_ENCODER_NAME,
    SENTENCE_PROJECTION_NAME,
    TOPIC_DIRECTION_NAME,
    document_center_name,
    least_evidence_name,
    sentence_center_name,
    topic_word_name,
    word_context_name,
)
from gloctm.progress import track
from gloctm.shards import ShardedCorpus

#: Words per topic and language that refine its direction.
REFINING_WORDS = 15
#: The lowest and the highest temperature that are fitted.
TEMPERATURES = (0.01, 1.0)
#: The largest proportion of a training document, on average, at most.
MOST_SURE = 0.97
#: Distinct words of documents, per language, that are counted into topics, at most.
COUNTED_WORDS = 5_000_000
#: Below this likeness, a language was embedded by another encoder than the others, see ``likeness_across``.
LEAST_COMPARABLE = 0.45
#: Documents per language used to fit the temperature, at most.
CALIBRATED_DOCUMENTS = 20_000

Arrays = dict[str, Array]
State = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class ContextSettings:
    """The settings that this way of fitting needs to know; the estimator documents each."""

    num_topics: int
    num_near_documents: int
    num_refinements: int
    temperature: float | None
    threads: int | None
    seeds: SeedColumns = field(default_factory=dict)
    seed_weight: float = 1.0
    start: Start | None = None


@dataclass(frozen=True)
class ContextModel:
    """What fitting gives.

    Attributes:
        weights: the model's arrays by name, see ``gloctm.model.parameters``.
        scores: for each language the scores of topics' coherent words, ``(K, V_l)``.
        temperature: of θ, as given or as chosen.
        likeness: for each language how near its documents come to those of the others.
    """

    weights: Arrays
    scores: Arrays
    temperature: float
    likeness: dict[str, float]


class Steps:
    """Where the state between steps is kept; this one keeps nothing.

    A state is some arrays by name: the near documents, then the topics of each round of refinement.
    """

    def load(self) -> State:
        """Return the state there is; empty at the beginning."""
        return {}

    def keep(self, state: State) -> None:
        """Keep a state, in place of the one before."""


def fit_in_context(
    corpus: Corpus | ShardedCorpus,
    settings: ContextSettings,
    *,
    seed: int,
    ranked: bool,
    show_progress: bool,
    steps: Steps | None = None,
) -> ContextModel:
    """Find topics.

    Args:
        corpus: with word and document embeddings, the latter of one dimension. Of many documents, a sample is read.
        settings: see the estimator.
        seed: of the starts of k-means, the one thing that is drawn.
        ranked: whether coherent words are to be found for a ranking, or only where refinement needs them.
        show_progress: whether progress is shown on standard error.
        steps: where the state between steps is kept.

    Raises:
        InputError: fewer different documents than topics, or document embeddings of different encoders.
    """
    with threadpool_limits(limits=settings.threads):
        return _fit(corpus, settings, seed, ranked, show_progress, steps or Steps())


def _fit(
    corpus: Corpus | ShardedCorpus,
    settings: ContextSettings,
    seed: int,
    ranked: bool,
    show_progress: bool,
    steps: Steps,
) -> ContextModel:
    counts, vectors, means, projection = _documents(corpus)
    likeness = likeness_across(vectors)
    _check_comparable(likeness)
    check_different(vectors, settings.num_topics)
    state = steps.load()
    near = _near_documents(vectors, settings, state, steps, show_progress)
    middle = midpoints(vectors, near)
    del vectors
    words = {language: np.asarray(part.word_embeddings) for language, part in corpus.items()}
    contexts = word_contexts(counts, middle, words)
    centers = document_centers(counts, contexts)
    anchors = _anchors(settings, projection, contexts, centers)
    total = settings.num_refinements + 3
    with track("finding topics", total, "steps", show=show_progress) as progress:
        wants_pairs = ranked or settings.num_refinements > 0
        vocabulary = {language: part.vocabulary for language, part in corpus.items()}
        pairs = count_word_pairs(counts, near, words, vocabulary) if wants_pairs else None
        progress.advance()
        done = int(state["round"][0]) if "topics" in state else 0
        topics = (
            np.asarray(state["topics"], np.float32)
            if "topics" in state
            else topic_directions(middle, settings.num_topics, seed, anchors)
        )
        progress.advance(done)
        for number in range(done, settings.num_refinements):
            _, scores = _words(counts, middle, topics, pairs)
            topics = refined(topics, scores, contexts)
            for each in anchors:
                topics = each.pulled(topics)
            state = {**state, "topics": topics, "round": np.array([number + 1])}
            steps.keep(state)
            progress.advance()
        topic_word, scores = _words(counts, middle, topics, pairs)
        progress.advance()
        temperature = settings.temperature
        if temperature is None:
            temperature = _calibrated(counts, contexts, centers, middle, topics)
        progress.advance()
    weights = {
        DOCUMENT_ENCODER_NAME: document_encoder(topics, temperature),
        SENTENCE_PROJECTION_NAME: projection,
        TOPIC_DIRECTION_NAME: np.ascontiguousarray(topics @ projection.T),
    }
    for language in corpus:
        weights[topic_word_name(language)] = topic_word[language]
        weights[word_context_name(language)] = contexts[language]
        weights[document_center_name(language)] = centers[language]
        weights[sentence_center_name(language)] = means[language]
        weights[least_evidence_name(language)] = np.array(
            [least_evidence(counts[language], contexts[language])], np.float32
        )
    return ContextModel(weights, scores if ranked else {}, temperature, likeness)


def _documents(corpus: Corpus | ShardedCorpus) -> tuple[dict[str, sp.csr_array], Arrays, Arrays, Array]:
    """Return counts and ẽ of the documents that topics are found in, the means of their embeddings, and P.

    The embeddings themselves, by far the largest arrays, are let go.
    """
    sampled = {language: part.sample(FITTED_DOCUMENTS, texts=False) for language, part in corpus.items()}
    counts = {language: part.counts for language, part in sampled.items()}
    embeddings = {language: np.asarray(part.document_embeddings) for language, part in sampled.items()}
    del sampled
    means, projection = leading_directions(embeddings)
    vectors = {
        language: sentence_directions(embeddings.pop(language), means[language], projection) for language in counts
    }
    return counts, vectors, means, projection


def _anchors(settings: ContextSettings, projection: Array, contexts: Arrays, centers: Arrays) -> list[Anchors]:
    found = [] if settings.start is None else [settings.start.anchors(projection)]
    if settings.seeds:
        directions = seed_directions(settings.seeds, contexts, centers)
        found.append(Anchors(np.asarray(list(settings.seeds)), directions, settings.seed_weight))
    return found


def _check_comparable(likeness: Mapping[str, float]) -> None:
    strangers = [language for language, each in likeness.items() if each < LEAST_COMPARABLE]
    if strangers:
        raise InputError(
            f"the document embeddings in {', '.join(map(repr, strangers))} can't be compared with those of other "
            "languages: they seem to come from different encoders; embed all languages with one multilingual encoder"
        )


def _near_documents(
    vectors: Arrays,
    settings: ContextSettings,
    state: State,
    steps: Steps,
    show_progress: bool,
) -> NearDocuments:
    if not settings.num_near_documents:
        return {}
    pairs = [(first, second) for first in vectors for second in vectors if first != second]
    names = {pair: f"near/{pair[0]}/{pair[1]}" for pair in pairs}
    if all(name in state for name in names.values()):
        return {pair: np.asarray(state[name], np.int32) for pair, name in names.items()}
    near = near_documents(vectors, settings.num_near_documents, show_progress=show_progress)
    state.update({name: near[pair] for pair, name in names.items()})
    steps.keep(state)
    return near


def _words(
    counts: Mapping[str, sp.csr_array], middle: Arrays, topics: Array, pairs: WordPairs | None
) -> tuple[Arrays, Arrays]:
    """Compute β of every language, and the scores of coherent words."""
    topic_word = {}
    for language, matrix in counts.items():
        # Long documents tell enough in smaller numbers.
        words = max(matrix.nnz / matrix.shape[0], 1)
        rows = evenly_spread(matrix.shape[0], max(int(COUNTED_WORDS / words), 1))
        theta = counting_proportions(middle[language][rows], topics)
        topic_word[language] = topic_word_log_probabilities(sp.csr_array(matrix[rows]), theta)
    if pairs is None:
        return topic_word, {}
    relevance = {
        language: standardized_relevance(each - log_unigram(counts[language])) for language, each in topic_word.items()
    }
    return topic_word, coherent_scores(relevance, pairs)


def _calibrated(
    counts: Mapping[str, sp.csr_array], contexts: Arrays, centers: Arrays, middle: Arrays, topics: Array
) -> float:
    """Return the temperature fitted to a sample of the documents that have words."""
    encoder = document_encoder(topics)
    means, points = {}, {}
    for language, matrix in counts.items():
        with_words = np.flatnonzero((np.diff(matrix.indptr) > 0) & middle[language].any(axis=1))
        chosen = with_words[evenly_spread(len(with_words), CALIBRATED_DOCUMENTS)]
        words = documents_by_others(matrix, contexts[language], centers[language], middle[language], chosen)
        means[language], points[language] = words @ encoder, middle[language][chosen]
    return fitted_temperature(means, points, topics)


def refined(topics: Array, scores: Arrays, contexts: Arrays) -> Array:
    """Move topics halfway to their coherent words: to a theme that words agree on, not a crowd of documents.

    Args:
        topics: ``(K, p)``, rows of length 1.
        scores: for each language the scores of topics' coherent words, ``(K, V_l)``.
        contexts: for each language c, ``(V_l, p)``.

    Returns:
        ``(K, p)``, rows of length 1.
    """
    moved = np.zeros_like(topics)
    for language, each in scores.items():
        units = unit_vectors(contexts[language])
        number = min(REFINING_WORDS, each.shape[1])
        best = np.argsort(-each, axis=1, kind="stable")[:, :number]
        weight = (np.take_along_axis(each, best, axis=1) > 0).astype(np.float32)
        # Each language counts alike, however many coherent words it has.
        mean = np.einsum("kn,knp->kp", weight, units[best]) / np.maximum(weight.sum(axis=1, keepdims=True), 1)
        moved += mean
    return unit_vectors(unit_vectors(topics) + unit_vectors(moved))


def fitted_temperature(means: Arrays, points: Arrays, topics: Array) -> float:
    """Return the temperature by which θ is calibrated: it says how often a document is about a topic.

    Temperature scaling (Guo, Pleiss, Sun, Weinberger: On Calibration of Modern Neural Networks, 2017): the mean
    −log θ_dk is least, k the topic that the embedding of the document and of those near it are nearest to, θ being by
    its words. So θ is as sure of a topic as words and embeddings agree on it, but at most 0.97 on average: in a small
    corpus of clear themes they agree on everything, and texts to come are less clear.

    Args:
        means: for each language μ of documents by their words, at a temperature of 1, ``(documents, K)``; documents
            must not have shaped the context vectors of their words, or θ is too sure of new ones.
        points: for each language m of the same documents, ``(documents, p)``.
        topics: ``(K, p)``.
    """
    wanted = {language: (each @ topics.T).argmax(axis=1) for language, each in points.items()}

    def loss(log_temperature: float) -> float:
        scale = np.float32(np.exp(-log_temperature))
        total = 0.0
        for language, each in means.items():
            logarithms = log_softmax(each * scale, axis=1)
            # Languages count alike, however many documents they have.
            total -= float(logarithms[np.arange(len(each)), wanted[language]].mean(dtype=np.float64))
        return total

    def sureness(log_temperature: float) -> float:
        scale = np.float32(np.exp(-log_temperature))
        return float(np.mean([softmax(each * scale, axis=1).max(axis=1).mean() for each in means.values()]))

    low, high = np.log(TEMPERATURES)
    found = float(minimize_scalar(loss, bounds=(low, high), method="bounded").x)
    if sureness(found) > MOST_SURE > sureness(high):
        found = float(brentq(lambda each: sureness(each) - MOST_SURE, found, high, xtol=1e-4))
    return float(f"{np.exp(found):.3g}")
