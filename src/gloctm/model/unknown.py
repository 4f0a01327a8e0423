"""Documents in a trained language whose words no vocabulary has: what is inferred for them is a guess by vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gloctm.model.evidence import Evidence


def without_known_words(evidence: Evidence, vocabulary: Mapping[str, Sequence[str]]) -> NDArray[np.bool_]:
    """Return which documents have words, of which no vocabulary has any; none of an untrained language.

    Args:
        evidence: what the model sees of the documents.
        vocabulary: of each trained language.
    """
    counts, document = evidence.counts, evidence.document
    some = np.diff(counts.indptr) > 0
    known = np.ones(len(some), bool)
    if evidence.language in vocabulary:
        own = len(vocabulary[evidence.language])
        of_any = np.ones(counts.shape[1], bool)
        if counts.shape[1] > own:
            words = set().union(*vocabulary.values())
            of_any[own:] = [word in words for word in evidence.words[own:]]
        known = counts @ of_any.astype(np.float64) > 0
    if document is not None:
        some, known = (np.bincount(document, each) > 0 for each in (some, known))
    return np.asarray(some & ~known, bool)
