"""What the viewers pyLDAvis and topicwizard take: plain arrays, one language at a time. Neither is needed here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.corpus.corpus import Corpus, check_corpus
from gloctm.corpus.language import LanguageCorpus, document_texts
from gloctm.errors import InputError
from gloctm.export.distributions import word_distributions
from gloctm.languages import normalize_language
from gloctm.model.checks import check_vocabulary
from gloctm.model.labels import shared_labels
from gloctm.model.topics import top_words
from gloctm.model.view import TopicView, view_of

if TYPE_CHECKING:
    from gloctm.model.model import TopicModel


@dataclass(frozen=True)
class _Looked:
    """The documents of a language that have any word, and their topics: the model's, and those of the view."""

    view: TopicView
    language: str
    part: LanguageCorpus
    rows: NDArray[np.intp]
    counts: sp.csr_array
    theta: NDArray[np.float32]
    shown: NDArray[np.float32]


def pyldavis(model: TopicModel, corpus: Corpus, language: str, *, view: TopicView | None = None) -> dict[str, Any]:
    """The arguments of ``pyLDAvis.prepare``: ``pyLDAvis.prepare(**pyldavis(model, corpus, "en"))``.

    pyLDAvis draws estimated counts of words, so the distributions are those that the model expects of the documents
    (``gloctm.export.distributions``). They put frequent words before telling ones; the slider of pyLDAvis, to the left,
    does the reverse, as ``model.topics`` does. Give ``prepare`` also ``sort_topics=False, start_index=0``, so that it
    calls topics by their numbers here; with a view, by their places in ``view.groups``.

    Args:
        model: trained on the language.
        corpus: with the model's vocabulary in it.
        language: which.
        view: merged and hidden topics; proportions are then those among the topics shown, since pyLDAvis takes only
            rows that sum to 1.

    Returns:
        ``topic_term_dists`` ``(topics, V_l)``, ``doc_topic_dists`` ``(documents, topics)``, ``doc_lengths``, ``vocab``
        and ``term_frequency``. Documents without any word are left out: they have no tokens to draw.

    Raises:
        InputError: a language or corpus that is not the model's, or another model's view.
    """
    looked = _look(model, corpus, language, view)
    lengths = np.asarray(looked.counts.sum(axis=1)).ravel()
    # What there is of topics that are hidden may be all there is of a document.
    proportions = np.maximum(looked.shown.astype(np.float64), np.finfo(np.float32).tiny)
    return {
        "topic_term_dists": word_distributions(
            model, looked.language, looked.theta, lengths, groups=looked.view.groups
        ),
        "doc_topic_dists": proportions / proportions.sum(axis=1, keepdims=True),
        "doc_lengths": lengths,
        "vocab": list(looked.part.vocabulary),
        "term_frequency": np.asarray(looked.counts.sum(axis=0)).ravel(),
    }


def topicwizard(model: TopicModel, corpus: Corpus, language: str, *, view: TopicView | None = None) -> dict[str, Any]:
    """The topic data of topicwizard: ``topicwizard.visualize(topic_data=topicwizard(model, corpus, "en"))``.

    The weights of words are those by which they are ranked, as in ``model.topics``, with 0 for what is below: word
    clouds and sums take no negative numbers. Of logarithms, as a model of the context method has with
    ``ranking="weights"``, they are the probabilities.

    Args:
        model: trained on the language.
        corpus: with the model's vocabulary in it. Where it has no texts, words stand for them, most frequent first.
        language: which.
        view: names, and merged and hidden topics.

    Returns:
        The keys of its ``TopicData``, with positions None: topicwizard finds them itself. Documents without any word
        are left out, as in ``pyldavis``. Topics are named by the view, their labels or their first words, with their
        numbers in the model (of a merged one, that of its first member).

    Raises:
        InputError: a language or corpus that is not the model's, or another model's view.
    """
    looked = _look(model, corpus, language, view)
    code, part = looked.language, looked.part
    beta = looked.view.merge_topic_word(model.word_scores_[code], looked.theta.mean(axis=0, dtype=np.float64))
    are_logarithms = model.settings_["method"] == "context" and not model.coherent_words_
    texts = document_texts(part)
    vectors = part.document_embeddings

    def transform(documents: Any) -> Any:
        return looked.view.transform(model, list(documents), code)

    return {
        "corpus": [texts[row] for row in looked.rows.tolist()],
        "vocab": np.array(part.vocabulary, dtype=object),
        "document_term_matrix": looked.counts,
        "document_topic_matrix": looked.shown,
        "topic_term_matrix": np.exp(beta) if are_logarithms else np.maximum(beta, 0),
        "document_representation": looked.shown if vectors is None else np.asarray(vectors[looked.rows]),
        "transform": transform,
        "topic_names": _names(model, code, beta, looked.view),
        "topic_positions": None,
        "word_positions": None,
        "document_positions": None,
    }


def _look(model: TopicModel, corpus: Corpus, language: str, view: TopicView | None) -> _Looked:
    model.check_trained()
    check_corpus(corpus)
    view = view_of(model, view)
    code = normalize_language(language)
    if code not in model.languages_:
        raise InputError(f"the model was not trained on language {code!r}: it knows {', '.join(model.languages_)}")
    part = corpus[code]
    check_vocabulary(model, corpus, code)
    rows = np.flatnonzero(~part.empty_documents)
    counts = part.counts[rows]
    theta = np.asarray(model.transform(counts, language=code))
    return _Looked(view, code, part, rows, counts, theta, view.merge_theta(theta))


def _names(model: TopicModel, language: str, beta: NDArray[np.float32], view: TopicView) -> list[str]:
    """A name a topic shown, each with its number in the model, so that no two are alike."""
    labels = shared_labels(model.labels_, view.groups, [language])
    words = top_words(beta, model.vocabulary_[language], 3)
    return [
        f"{number} {view.name(place) or label.get(language) or ' '.join(first)}"
        for place, (number, label, first) in enumerate(zip(view.numbers, labels, words, strict=True))
    ]
