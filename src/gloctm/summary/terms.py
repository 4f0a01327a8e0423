"""Words of topics with what orders them from frequent to telling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.arrays import Array, Floats, Numbers
from gloctm.summary.content import Term

#: The λ of relevance whose most relevant words are terms: a control from 0 to 1 finds nearly all its words among them.
LAMBDAS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Frequencies:
    """How frequent the words of a language are.

    Attributes:
        overall: p(w), ``(V,)``, all above 0 in a corpus.
        documents: how many documents have each word, ``(V,)``; None without a corpus.
    """

    overall: Numbers
    documents: NDArray[np.int64] | None


def word_probabilities(topic_word: Floats) -> Array:
    """Return p(w | topic): softmax of β over the vocabulary.

    β of the context method is log p(w | topic), so its softmax is p(w | topic) itself. The published model's β are
    weights in the decoder, which takes the softmax of θ β: softmax of β is what it computes for a document all of one
    topic, but for the normalization of batches.

    Args:
        topic_word: β_l, ``(K, V_l)``.

    Returns:
        ``(K, V_l)`` float32; each row sums to 1.

    Examples:
        >>> import numpy as np
        >>> word_probabilities(np.log([[0.25, 0.75]])).round(2).tolist()
        [[0.25, 0.75]]
    """
    beta = np.asarray(topic_word, np.float32)
    powers = np.exp(beta - beta.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True, dtype=np.float64), np.float32)


def frequencies_in(counts: sp.csr_array) -> Frequencies:
    """Count words in all documents of a language.

    A word that no document has counts as half an occurrence, so that its lift is finite.

    Args:
        counts: ``(documents, V)``.
    """
    occurrences = np.asarray(counts.sum(axis=0, dtype=np.int64)).ravel()
    documents = np.bincount(counts.indices[counts.data > 0], minlength=counts.shape[1])
    total = max(1, int(occurrences.sum()))
    return Frequencies(np.maximum(occurrences, 0.5) / total, documents.astype(np.int64))


def frequencies_of_topics(probabilities: Array, shares: Sequence[float] | None) -> Frequencies:
    """Estimate p(w) from a model alone: Σ_k share_k p(w | k).

    Args:
        probabilities: p(w | k) of all topics, ``(K, V)``.
        shares: the amount of each topic in the language; topics count alike without.
    """
    weights = np.ones(len(probabilities)) if shares is None else np.asarray(shares, np.float64)
    overall = weights @ probabilities / weights.sum()
    return Frequencies(np.maximum(overall, np.finfo(np.float64).tiny), None)


def topic_terms(
    words: Sequence[NDArray[np.integer]],
    probabilities: Array,
    frequencies: Frequencies,
    vocabulary: Sequence[str],
    num_words: int,
) -> list[tuple[Term, ...]]:
    """Collect for each topic the words shown and the most relevant ones for each λ of ``LAMBDAS``.

    Relevance is λ log p(w | topic) + (1 − λ) log(p(w | topic) / p(w)) (Sievert and Shirley 2014, LDAvis).

    Args:
        words: for each topic the columns of the words shown, in their order.
        probabilities: p(w | topic), ``(topics, V)``.
        frequencies: of the language's words.
        vocabulary: the word of each column.
        num_words: how many of the most relevant.

    Returns:
        For each topic the words shown, then the others by probability.

    Examples:
        >>> import numpy as np
        >>> seen = Frequencies(np.array([0.5, 0.4, 0.1]), documents=np.array([9, 8, 1]))
        >>> [terms] = topic_terms([np.array([0])], np.array([[0.5, 0.3, 0.2]], "f4"), seen, ["the", "a", "sea"], 1)
        >>> [term.word for term in terms]
        ['the', 'sea']
    """
    commonness = np.log(frequencies.overall)
    size = min(num_words, len(commonness))
    found = []
    for shown, row in zip(words, probabilities, strict=True):
        own = np.asarray(row, np.float64)
        with np.errstate(divide="ignore"):
            logarithms = np.log(own)
        best = [np.argpartition(-_relevance(logarithms, commonness, weight), size - 1)[:size] for weight in LAMBDAS]
        others = np.setdiff1d(np.concatenate(best), shown)
        others = others[np.argsort(-own[others], kind="stable")]
        columns = np.concatenate([np.asarray(shown, np.int64), others])
        counts = [None] * len(columns) if frequencies.documents is None else frequencies.documents[columns].tolist()
        rows = zip(columns.tolist(), own[columns].tolist(), frequencies.overall[columns].tolist(), counts, strict=True)
        found.append(tuple(Term(vocabulary[column], *values) for column, *values in rows))
    return found


def _relevance(logarithms: Floats, commonness: Floats, weight: float) -> Numbers:
    """λ log p(w | t) + (1 − λ) (log p(w | t) − log p(w)), less what cancels."""
    return np.asarray(logarithms - (1 - weight) * commonness)


def counts_of_main_topics(theta: Mapping[str, Array], groups: Sequence[Sequence[int]]) -> dict[str, list[int]]:
    """Count for each topic of a view the documents that have it as their largest; of equals, the first.

    Topics that the view hides are compared one by one: documents mostly of these count for none.

    Args:
        theta: by language proportions of all topics of the model, ``(documents, K)``.
        groups: the members of each topic of the view.

    Examples:
        >>> import numpy as np
        >>> counts_of_main_topics({"en": np.array([[0.25, 0.25, 0.5], [0.4, 0.2, 0.4]])}, [(0, 1)])
        {'en': [1]}
    """
    found = {}
    for code, own in theta.items():
        shown = {topic for group in groups for topic in group}
        hidden = [(topic,) for topic in range(own.shape[1]) if topic not in shown]
        sums = [own[:, list(group)].sum(axis=1, dtype=np.float64) for group in (*groups, *hidden)]
        main = np.stack(sums, axis=1).argmax(axis=1)
        found[code] = np.bincount(main, minlength=len(sums))[: len(groups)].tolist()
    return found
