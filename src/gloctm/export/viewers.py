"""What the viewers pyLDAvis and topicwizard read: plain arrays, one language at a time. Neither is needed here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.arrays import Array
from gloctm.corpus.language import LanguageCorpus, document_texts
from gloctm.errors import InputError
from gloctm.export.distributions import word_distributions
from gloctm.languages import normalize_language
from gloctm.model.checks import check_vocabulary
from gloctm.model.labels import shared_labels
from gloctm.model.model import TopicModel
from gloctm.model.topics import top_words
from gloctm.model.view import TopicView, view_of
from gloctm.shards.samples import AnyCorpus, sample_of


@dataclass(frozen=True)
class _Sample:
    """The documents of a language that have any word, and their proportions of the model's topics and of the view's."""

    view: TopicView
    language: str
    part: LanguageCorpus
    rows: NDArray[np.intp]
    counts: sp.csr_array
    theta: Array
    shown: Array


def pyldavis(model: TopicModel, corpus: AnyCorpus, language: str, *, view: TopicView | None = None) -> dict[str, Any]:
    """Return the arguments of ``pyLDAvis.prepare``.

    pyLDAvis draws estimated counts of words, so the distributions are those that the model expects of the documents
    (``gloctm.export.distributions``). They put frequent words before telling ones; the slider of pyLDAvis, to the left,
    does the reverse, as ``model.topics`` does. Pass ``sort_topics=False, start_index=0`` to ``prepare`` to keep the
    numbers of topics; with a view, they are places in ``view.groups``.

    Args:
        model: trained on the language.
        corpus: with the model's vocabulary in it; of one in shards, a sample, see ``gloctm.shards.sample_of``.
        language: which.
        view: merged and hidden topics. pyLDAvis accepts only rows that sum to 1, so proportions are those among the
            topics shown.

    Returns:
        ``topic_term_dists`` ``(topics, V_l)``, ``doc_topic_dists`` ``(documents, topics)``, ``doc_lengths``, ``vocab``
        and ``term_frequency``. Documents without any word are left out: they have no tokens to draw.

    Raises:
        InputError: a language or corpus that is not the model's, or another model's view.

    Examples:
        >>> from gloctm.export import pyldavis
        >>> arguments = pyldavis(model, corpus, "en")
        >>> page = pyLDAvis.prepare(**arguments, sort_topics=False, start_index=0)  # doctest: +SKIP
    """
    sample = _sample(model, corpus, language, view)
    lengths = np.asarray(sample.counts.sum(axis=1)).ravel()
    # A document may consist of hidden topics alone.
    proportions = np.maximum(sample.shown.astype(np.float64), np.finfo(np.float32).tiny)
    groups = sample.view.groups
    return {
        "topic_term_dists": word_distributions(model, sample.language, sample.theta, lengths, groups=groups),
        "doc_topic_dists": proportions / proportions.sum(axis=1, keepdims=True),
        "doc_lengths": lengths,
        "vocab": list(sample.part.vocabulary),
        "term_frequency": np.asarray(sample.counts.sum(axis=0)).ravel(),
    }


def topicwizard(
    model: TopicModel, corpus: AnyCorpus, language: str, *, view: TopicView | None = None
) -> dict[str, Any]:
    """Return the topic data of topicwizard.

    Words have the weights that rank them, as in ``model.topics``, and 0 where these are negative: word clouds and sums
    take no negative numbers. Where the weights are logarithms, as in a model of the context method with
    ``ranking="weights"``, words have the probabilities.

    Args:
        model: trained on the language.
        corpus: with the model's vocabulary in it. Where it has no texts, words replace them, most frequent first.
        language: which.
        view: names, and merged and hidden topics.

    Returns:
        The keys of its ``TopicData``, with positions None: topicwizard finds them itself. Documents without any word
        are left out, as in ``pyldavis``. Names of topics are their numbers in the model, followed by the view's name,
        a label or the first words.

    Raises:
        InputError: a language or corpus that is not the model's, or another model's view.

    Examples:
        >>> from gloctm.export import topicwizard
        >>> data = topicwizard(model, corpus, "en")
        >>> topicwizard_package.visualize(topic_data=data)  # doctest: +SKIP
    """
    sample = _sample(model, corpus, language, view)
    code, part = sample.language, sample.part
    beta = sample.view.merge_word_scores(model, model.word_scores_[code], sample.theta.mean(axis=0, dtype=np.float64))
    are_logarithms = model.in_context and not model.coherent_words_
    texts = document_texts(part)
    vectors = part.document_embeddings

    def transform(documents: Any) -> Any:
        return sample.view.transform(model, list(documents), code)

    labels = shared_labels(model.labels_, sample.view.groups, [code])
    words = top_words(beta, model.vocabulary_[code], 3)
    return {
        "corpus": [texts[row] for row in sample.rows.tolist()],
        "vocab": np.array(part.vocabulary, dtype=object),
        "document_term_matrix": sample.counts,
        "document_topic_matrix": sample.shown,
        "topic_term_matrix": np.exp(beta) if are_logarithms else np.maximum(beta, 0),
        "document_representation": sample.shown if vectors is None else np.asarray(vectors[sample.rows]),
        "transform": transform,
        # With their numbers, so that no two are alike.
        "topic_names": [
            f"{number} {sample.view.name(place) or label.get(code) or ' '.join(first)}"
            for place, (number, label, first) in enumerate(zip(sample.view.numbers, labels, words, strict=True))
        ],
        "topic_positions": None,
        "word_positions": None,
        "document_positions": None,
    }


def _sample(model: TopicModel, corpus: AnyCorpus, language: str, view: TopicView | None) -> _Sample:
    model.check_trained()
    corpus = sample_of(corpus)
    view = view_of(model, view)
    code = normalize_language(language)
    if code not in model.languages_:
        raise InputError(f"the model was not trained on language {code!r}: it knows {', '.join(model.languages_)}")
    part = corpus[code]
    check_vocabulary(model, corpus, code)
    rows = np.flatnonzero(~part.empty_documents)
    counts = part.counts[rows]
    theta = np.asarray(model.transform(part.select(rows, embeddings=False), language=code))
    return _Sample(view, code, part, rows, counts, theta, view.merge_theta(theta))
