"""Labels of topics by any function: a rule, a person, a language model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sp

from gloctm.arrays import Array
from gloctm.checks import check_int
from gloctm.corpus.corpus import Corpus
from gloctm.errors import InputError, LabelingError
from gloctm.languages import normalize_language
from gloctm.model.checks import check_vocabulary
from gloctm.model.inference import Via
from gloctm.model.labels import Labels, check_label, check_topic
from gloctm.model.model import TopicModel
from gloctm.shards.samples import AnyCorpus, sample_of
from gloctm.summary.documents import finder_in, typical_documents

# Characters of another error's message that are repeated.
_MAX_REASON = 200

Words = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class TopicToLabel:
    """What a function that labels topics receives of one topic.

    Attributes:
        topic: its number.
        words: for each language its heaviest words with their weights, heaviest first.
        documents: for each language its most typical documents, most typical first. A long document is cut to the part
            with the most of these words. Empty unless a corpus was given.

    Examples:
        >>> shown = TopicToLabel(0, {"en": (("train", 2.0), ("bus", 1.5))}, {})
        >>> shown.words["en"][0][0]
        'train'
    """

    topic: int
    words: Mapping[str, Words]
    documents: Mapping[str, tuple[str, ...]]


def labels_from_function(
    model: TopicModel,
    function: Callable[[TopicToLabel], str | Mapping[str, str]],
    *,
    num_words: int = 10,
    corpus: AnyCorpus | None = None,
    num_documents: int = 3,
    max_characters: int = 600,
    topics: Iterable[int] | None = None,
) -> Labels:
    """Label topics by a function of your own: a rule, a person, a language model.

    Args:
        model: trained.
        function: receives a ``TopicToLabel`` and returns a label for every language of the model, or a mapping from
            language to label. White space around a label is removed.
        num_words: words per topic and language that the function receives.
        corpus: the function also receives its most typical documents, those of the report. It needs texts, and the
            model's vocabulary. Of a corpus in shards, those of a sample, see ``gloctm.shards.sample_of``.
        num_documents: documents per topic and language.
        max_characters: documents are cut to this length, around the topic's words.
        topics: which topics; all unless given. After a ``LabelingError``, give the remaining ones.

    Raises:
        LabelingError: the function failed, or returned what can't be a label; ``labels`` has those made before.
        InputError: wrong settings, or a corpus that does not fit.

    Examples:
        >>> from gloctm.labels import labels_from_function
        >>> labels_from_function(model, lambda shown: shown.words["en"][0][0].upper(), topics=[0])["de"][0].isupper()
        True
    """
    model.check_trained()
    if not callable(function):
        raise InputError(f"the function is {function!r}: give something that can be called with a topic")
    for name, number, least in (("num_documents", num_documents, 1), ("max_characters", max_characters, 20)):
        check_int(name, number, least)
    total = model.num_topics_
    chosen = list(dict.fromkeys(check_topic(topic, total) for topic in (range(total) if topics is None else topics)))
    words: dict[int, dict[str, Words]] = {}
    for record in model.topics(num_words):
        pairs = tuple(zip(record["words"], record["weights"], strict=True))
        words.setdefault(record["topic"], {})[record["language"]] = pairs
    documents: dict[str, list[tuple[str, ...]]] = {}
    if corpus is not None:
        shown_words = {topic: words[topic] for topic in chosen}
        documents = _typical_documents(model, sample_of(corpus), shown_words, num_documents, max_characters)
    labels: Labels = {}
    for place, topic in enumerate(chosen):
        shown = TopicToLabel(topic, words[topic], {code: texts[place] for code, texts in documents.items()})
        try:
            answer = function(shown)
        # A function of the user's own may raise anything, and earlier labels must not be lost.
        except Exception as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:_MAX_REASON]
            raise LabelingError(
                f"the function failed at topic {topic} ({reason})", topic=topic, labels=labels
            ) from error
        try:
            found = _by_language(answer, topic, model.languages_)
        except InputError as error:
            raise LabelingError(str(error), topic=topic, labels=labels) from None
        for code, text in found.items():
            labels.setdefault(code, {})[topic] = text
    return labels


def _by_language(answer: Any, topic: int, languages: Sequence[str]) -> dict[str, str]:
    if not isinstance(answer, Mapping):
        return dict.fromkeys(languages, check_label(answer, f"the label of topic {topic}"))
    if not answer:
        raise InputError(f"the function gave topic {topic} no label: return a text, or one for each language")
    return {
        normalize_language(code): check_label(text, f"the label of topic {topic} in {code!r}")
        for code, text in answer.items()
    }


def _typical_documents(
    model: TopicModel,
    corpus: Corpus,
    words: Mapping[int, Mapping[str, Words]],
    num_documents: int,
    max_characters: int,
) -> dict[str, list[tuple[str, ...]]]:
    """Choose for each language and topic the texts that the report shows, around these words."""
    found = {}
    for code in (code for code in model.languages_ if code in corpus):
        part = corpus[code]
        if part.texts is None:
            raise InputError(f"the corpus has no texts of {code!r} to show: leave corpus out, or build it from texts")
        check_vocabulary(model, corpus, code)
        # A document without words is no evidence.
        rows = np.flatnonzero(~part.empty_documents)
        # By the global encoder, as in the report.
        via: Via | None = None if model.in_context else "global"
        theta = np.asarray(model.transform(part.select(rows, embeddings=False), language=code, via=via))
        documents = typical_documents(
            part,
            rows,
            theta[:, list(words)],
            [[word for word, _ in own[code]] for own in words.values()],
            finder_in(model, part, code),
            num_topics=model.num_topics_,
            num_documents=num_documents,
            max_characters=max_characters,
            infer=partial(_theta_of, model, code, via, list(words)),
        )
        found[code] = [tuple(document.text for document in each) for each in documents]
    if not found:
        raise InputError("the corpus has none of the model's languages: give that of the training, or leave it out")
    return found


def _theta_of(model: TopicModel, language: str, via: Via | None, topics: Sequence[int], counts: sp.csr_array) -> Array:
    """Infer θ of some topics."""
    return np.asarray(model.transform(counts, language=language, via=via), np.float32)[:, topics]
