"""Clusters of multilingual document embeddings, with class-based TF-IDF words: what BERTopic and Top2Vec users get.

The documents of all languages are one heap of vectors; k-means cuts it into K clusters, and the words of a topic in a
language are those that tell this language's documents of the cluster from its other documents.

*u-SVD* and *SVD-LR* refine the dimensions before clustering (Chang, Huang, Tsai, Chang, Hwang: Refining Dimensions for
Improving Clustering-based Cross-lingual Topic Models, 2024), since some dimensions of multilingual encoders tell the
language rather than the theme, and clusters along them are of one language. With the singular value decomposition
E = U Σ Vᵀ of the embeddings of all documents,

- u-SVD clusters U, unscaled: dimensions of the language, which have large singular values, count no more than others;
- SVD-LR clusters U Σ without the language's dimensions.

As their authors run them: 100 dimensions, and the language's is the one dimension with the largest |t|, the statistic
of a regression of the dimension on the language. Then come k-means and class-based TF-IDF.

Not certain, and chosen here: the SVD is of the embeddings as they are, of length 1 but not centred. For more than two
languages, which the authors do not have, the largest |t| of all pairs of languages counts.

With settings of our own k-means is a stronger rival still: ``centred`` takes from the embeddings what a language's have
in common, ``relevance`` ranks the words of a cluster by relevance (Sievert, Shirley: LDAvis, 2014) instead, and
``coherent`` by how well they go together in the corpus, as GloCTM does by default (``gloctm.context.coherence``): what
is left of the difference is then the topics'.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any, Literal, Self, get_args

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from baselines.embeddings import Array, centred_rows, document_embeddings, unit_rows, word_embeddings
from gloctm import Corpus
from gloctm.context import coherent_words, log_unigram, topic_word_log_probabilities
from gloctm.errors import InputError
from gloctm.model import top_words
from gloctm.model.word_scores import word_scores

Kind = Literal["kmeans", "u-svd", "svd-lr"]
Features = Literal["theta", "log theta", "distances"]

# Lloyd's iterations at most: 300, scikit-learn's default, are too few for k-means on EC News.
MAX_ITERATIONS = 3000

NAMES: dict[Kind, str] = {"kmeans": "k-means", "u-svd": "u-SVD", "svd-lr": "SVD-LR"}


def class_tfidf(counts: sp.csr_array, classes: NDArray[np.integer], num_classes: int) -> NDArray[np.float64]:
    """How much each word tells a class of documents from the others: tf · log(1 + A / f).

    tf is the word's number of occurrences in the class, f that in all classes, A the mean number of words of a class
    (Grootendorst: BERTopic, 2022).

    Args:
        counts: ``(documents, V)``.
        classes: the class of each document, from 0.
        num_classes: K; a class may be without documents.

    Returns:
        ``(K, V)``, zero where a class lacks the word.
    """
    in_class = _in_classes(counts, classes, num_classes)
    everywhere = in_class.sum(axis=0)
    mean_words = everywhere.sum() / num_classes
    return np.asarray(in_class * np.log1p(mean_words / np.maximum(everywhere, 1)))


def relevance(
    counts: sp.csr_array, classes: NDArray[np.integer], num_classes: int, weight: float
) -> NDArray[np.float64]:
    """How relevant each word is to a class: p(w | class) / p(w)^(1 − λ).

    That is the exponential of λ log p(w | class) + (1 − λ) log [p(w | class) / p(w)], and ranks words alike
    (Sievert, Shirley: LDAvis, 2014).

    Args:
        counts: ``(documents, V)``.
        classes: the class of each document, from 0.
        num_classes: K; a class may be without documents.
        weight: λ, from 0 (what tells the class from others) to 1 (what is frequent in it).

    Returns:
        ``(K, V)``, zero where a class lacks the word.
    """
    in_class = _in_classes(counts, classes, num_classes)
    everywhere = in_class.sum(axis=0)
    of_class = in_class / np.maximum(in_class.sum(axis=1, keepdims=True), 1)
    return np.asarray(of_class / (np.maximum(everywhere, 1) / max(everywhere.sum(), 1)) ** (1 - weight))


def coherent_word_scores(
    corpus: Corpus, classes: Mapping[str, NDArray[np.integer]], num_classes: int
) -> dict[str, Array]:
    """Scores of words by coherence, as GloCTM has them by default: for each language ``(K, V)``.

    p(w | class) is over the distinct words of documents and smoothed as GloCTM's.

    Args:
        corpus: with word and document embeddings.
        classes: for each language the class of each document, from 0.
        num_classes: K.
    """
    log_probability, relevance_of = {}, {}
    for language, part in corpus.items():
        theta = np.eye(num_classes, dtype=np.float32)[classes[language]]
        # A document is of one class alone: there are no words for classes to share.
        log_probability[language] = topic_word_log_probabilities(part.counts, theta, rounds=0)
        relevance_of[language] = log_probability[language] - log_unigram(part.counts)
    return word_scores(log_probability, coherent_words(corpus, relevance_of))


def _in_classes(counts: sp.csr_array, classes: NDArray[np.integer], num_classes: int) -> NDArray[np.float64]:
    """How often each word occurs in each class, ``(K, V)``."""
    member = sp.csr_array(
        (np.ones(len(classes)), (classes, np.arange(len(classes)))), shape=(num_classes, len(classes))
    )
    return np.asarray((member @ counts).toarray())


def language_t(dimensions: NDArray[np.floating], languages: NDArray[np.integer]) -> NDArray[np.float64]:
    """For each dimension |t| of a regression on the language: how surely two languages differ in its mean.

    That is the two-sample t with one variance for both languages; of more than two, the largest of all pairs. Where
    languages differ and documents of one do not, it is infinite.

    Args:
        dimensions: ``(documents, dimensions)``.
        languages: the language of each document, from 0.
    """
    own = [dimensions[languages == each].astype(np.float64) for each in np.unique(languages)]
    found = np.zeros(dimensions.shape[1])
    for one, other in combinations(own, 2):
        apart = np.abs(one.mean(axis=0) - other.mean(axis=0))
        squares = ((one - one.mean(axis=0)) ** 2).sum(axis=0) + ((other - other.mean(axis=0)) ** 2).sum(axis=0)
        error = np.sqrt(squares / (len(one) + len(other) - 2) * (1 / len(one) + 1 / len(other)))
        surely = np.where(apart > 0, np.inf, 0.0)
        found = np.maximum(found, np.divide(apart, error, out=surely, where=error > 0))
    return found


@dataclass(kw_only=True, eq=False)
class Clustering:
    """K-means on the document embeddings of all languages pooled, class-based TF-IDF words for each language.

    scikit-learn's ``KMeans`` (Lloyd's iterations, k-means++, one start) on vectors of length 1. For 80,000 documents of
    512 dimensions and 50 topics that is half a minute on one thread; ``MiniBatchKMeans`` takes a second, but ends a
    little farther from the documents, and time is no matter here.

    θ is softmax(−d² / T) of the squared distances d² to the centroids, so that its largest entry is the cluster. T is
    ``temperature`` times the mean squared distance of a training document to its nearest centroid.

    A cluster without documents in a language knows nothing of its words there, and one with few knows few: after
    those come the most frequent words of the language. ``details()`` says how many clusters there are of the former.

    Args:
        kind: ``"kmeans"``, ``"u-svd"`` or ``"svd-lr"``, see above.
        num_topics: K.
        seed: of the starts of k-means and of the randomised SVD.
        threads: more than one may change the last bits of the result.
        show_progress: nothing is shown: k-means is a step.
        num_dimensions: of the SVD; at most what the embeddings and the documents allow.
        num_language_dimensions: how many dimensions SVD-LR takes to be the language's.
        temperature: of θ, see above.
        classified: what classifiers are given: ``"distances"`` (d to each centroid), ``"theta"`` or ``"log theta"``.
            With the first an RBF SVM seemed to do best by k-means on EC News (fitted and judged on training documents).
        centred: whether each language's embeddings are centred first, and made of length 1 again.
        relevance: λ by which words are ranked, see ``relevance``; None ranks them by class-based TF-IDF.
        coherent: whether words are ranked as GloCTM ranks them by default: those that go together first, which are
            looked for among words with a high log p(w | cluster) − log p(w), and then all others. Reads word
            embeddings.
    """

    kind: Kind = "kmeans"
    num_topics: int = 50
    seed: int = 0
    threads: int = 1
    show_progress: bool = False
    num_dimensions: int = 100
    num_language_dimensions: int = 1
    temperature: float = 0.1
    classified: Features = "distances"
    centred: bool = False
    relevance: float | None = None
    coherent: bool = False
    name: str = field(init=False)
    published_epochs: int | None = field(default=None, init=False)
    training_seconds: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        for value, choices, setting in (
            (self.kind, get_args(Kind), "kind"),
            (self.classified, get_args(Features), "classified"),
        ):
            if value not in choices:
                raise InputError(f"{setting} is {value!r}: it must be one of {', '.join(choices)}")
        if self.relevance is not None and not 0 <= self.relevance <= 1:
            raise InputError(f"relevance is {self.relevance}: it must be from 0 to 1, or None")
        if self.coherent and self.relevance is not None:
            raise InputError("relevance and coherent are both given: words are ranked by one of them")
        self.name = NAMES[self.kind]
        if self.centred:
            self.name += ", centred"
        if self.relevance is not None:
            self.name += ", by relevance"
        if self.coherent:
            self.name += ", coherent words"

    def fit(self, corpus: Corpus, checkpoint: Path | None = None) -> Self:
        """Cluster the documents and score the words, which takes no time that a checkpoint could save.

        Raises:
            InputError: no document embeddings, or of several dimensions; fewer documents than topics; no dimension is
                left; or no word embeddings where words are ranked by coherence.
        """
        started = time.process_time()
        by_language = document_embeddings(corpus, self.name)
        if self.coherent:
            word_embeddings(corpus, self.name)
        self._means = {code: unit_rows(each).mean(axis=0) for code, each in by_language.items()}
        vectors = np.concatenate([self._vectors(code, each) for code, each in by_language.items()])
        if len(vectors) < self.num_topics:
            raise InputError(f"{len(vectors)} documents can't make {self.num_topics} clusters: ask for fewer topics")
        sizes = [len(each) for each in by_language.values()]
        self._dimension = vectors.shape[1]
        with threadpool_limits(limits=self.threads):
            self._refine(vectors, np.repeat(np.arange(len(sizes)), sizes))
            points = self._points(vectors)
            kmeans = KMeans(self.num_topics, n_init=1, max_iter=MAX_ITERATIONS, random_state=self.seed)
            self._kmeans = kmeans.fit(points)
        self._scale = self.temperature * self._kmeans.inertia_ / len(points)
        clusters = np.split(self._kmeans.labels_, np.cumsum(sizes)[:-1])
        self._vocabulary = {language: list(part.vocabulary) for language, part in corpus.items()}
        of_language = dict(zip(corpus, clusters, strict=True))
        self._without_documents = {code: self.num_topics - len(np.unique(own)) for code, own in of_language.items()}
        with threadpool_limits(limits=self.threads):
            self._scores = self._word_scores(corpus, of_language)
        self.training_seconds = time.process_time() - started
        return self

    def _word_scores(self, corpus: Corpus, clusters: Mapping[str, NDArray[np.integer]]) -> dict[str, Array]:
        """For each language the numbers by which words are ranked, ``(K, V)``."""
        if self.coherent:
            return coherent_word_scores(corpus, clusters, self.num_topics)
        found = {}
        for language, part in corpus.items():
            scores = (
                class_tfidf(part.counts, clusters[language], self.num_topics)
                if self.relevance is None
                else relevance(part.counts, clusters[language], self.num_topics, self.relevance)
            )
            found[language] = _most_frequent_last(scores, np.asarray(part.counts.sum(axis=0)).ravel())
        return found

    def _vectors(self, language: str, embeddings: Array) -> Array:
        if not self.centred:
            return unit_rows(embeddings)
        if language not in self._means:
            # A language that was not trained on has its own mean alone.
            return centred_rows(embeddings)
        return unit_rows(unit_rows(embeddings) - self._means[language])

    def _refine(self, vectors: Array, languages: NDArray[np.integer]) -> None:
        """Find the matrix by which embeddings are multiplied before they are clustered."""
        self._projection: Array | None = None
        self._language_dimensions: list[int] = []
        if self.kind == "kmeans":
            return
        number = min(self.num_dimensions, *vectors.shape)
        svd = TruncatedSVD(number, random_state=self.seed).fit(vectors)
        if self.kind == "u-svd":
            # U = E V Σ⁻¹; times √D, so that squared distances are about the number of dimensions and not tiny.
            singular = np.maximum(svd.singular_values_, np.finfo(np.float32).tiny)
            self._projection = np.asarray(svd.components_.T / singular * np.sqrt(len(vectors)), np.float32)
            return
        surely = language_t(vectors @ svd.components_.T, languages)
        dropped = self.num_language_dimensions
        if dropped >= number:
            raise InputError(
                f"SVD-LR was to leave out {dropped} of {number} dimensions: raise num_dimensions or lower "
                "num_language_dimensions"
            )
        order = np.argsort(-surely, kind="stable")
        self._language_dimensions = sorted(int(each) for each in order[:dropped])
        self._projection = np.asarray(svd.components_[np.sort(order[dropped:])].T, np.float32)

    def _points(self, vectors: Array) -> Array:
        return vectors if self._projection is None else np.asarray(vectors @ self._projection)

    def top_words(self, num_words: int) -> dict[str, list[list[str]]]:
        """The words of each cluster with the highest scores, for each language."""
        return {
            language: top_words(scores, self._vocabulary[language], num_words)
            for language, scores in self._scores.items()
        }

    def distances(self, corpus: Corpus) -> dict[str, Array]:
        """Distance of each document to each centroid, ``(documents, K)``, of any language with embeddings."""
        embeddings = document_embeddings(corpus, self.name, dimension=self._dimension)
        with threadpool_limits(limits=self.threads):
            return {
                language: np.asarray(self._kmeans.transform(self._points(self._vectors(language, each))), np.float32)
                for language, each in embeddings.items()
            }

    def theta(self, corpus: Corpus) -> dict[str, Array]:
        """Softmax of −d² / T, ``(documents, K)``."""
        return self._of_distances(self.distances(corpus), "theta")

    def features(self, corpus: Corpus) -> dict[str, Array]:
        """What classifiers are given, see ``classified``."""
        return self._of_distances(self.distances(corpus), self.classified)

    def _of_distances(self, distances: Mapping[str, Array], wanted: Features) -> dict[str, Array]:
        if wanted == "distances":
            return dict(distances)
        # 64 bits, so that the log of a tiny proportion is not that of zero.
        theta = {
            language: softmax(-(each.astype(np.float64) ** 2) / self._scale, axis=1)
            for language, each in distances.items()
        }
        if wanted == "log theta":
            tiny = np.finfo(np.float64).tiny
            theta = {language: np.log(np.maximum(each, tiny)) for language, each in theta.items()}
        return {language: each.astype(np.float32) for language, each in theta.items()}

    def settings(self) -> dict[str, Any]:
        """What a result says of the model."""
        said: dict[str, Any] = {
            "kind": self.kind,
            "num_topics": self.num_topics,
            "seed": self.seed,
            "max_iterations": MAX_ITERATIONS,
            "temperature": self.temperature,
            "classified": self.classified,
            "uncertain": [],
            "deviations": [],
        }
        if self.kind != "kmeans":
            said["num_dimensions"] = self.num_dimensions
            said["deviations"] = [f"embeddings are of length 1 and {'' if self.centred else 'not '}centred"]
        elif self.centred:
            said["deviations"] = ["each language's embeddings are centred"]
        if self.kind == "svd-lr":
            said["num_language_dimensions"] = self.num_language_dimensions
        # Left out where they are as usual, so that results from before there was a choice are of the same model.
        if self.centred:
            said["centred"] = True
        if self.relevance is not None:
            said["relevance"] = self.relevance
            said["deviations"].append(f"words are ranked by relevance, λ {self.relevance:g}")
        if self.coherent:
            said["coherent"] = True
            said["deviations"].append("words are ranked by coherence, as GloCTM's")
        return said

    def details(self) -> dict[str, Any]:
        """Whether k-means came to its end, in how many clusters a language has no document, which dimensions went."""
        iterations = int(self._kmeans.n_iter_)
        found = {
            "iterations": iterations,
            "converged": iterations < MAX_ITERATIONS,
            "topics_without_documents": self._without_documents,
        }
        return {**found, "language_dimensions": self._language_dimensions} if self.kind == "svd-lr" else found


def _most_frequent_last(scores: NDArray[np.float64], frequencies: NDArray[np.integer]) -> Array:
    """Scores in which words that a class lacks come after those it has, by their frequency."""
    behind = frequencies / (frequencies.max() + 1) - 1
    return np.where(scores > 0, scores, behind).astype(np.float32)
