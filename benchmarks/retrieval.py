"""Documents that are translations of each other, and how far up each is found for the other."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations
from pathlib import Path

import numpy as np
from baselines.embeddings import Array, unit_rows

from gloctm import Corpus
from gloctm.arrays import evenly_spread
from gloctm.metrics import reference_documents, reference_file

# More would change little, and have to be embedded.
MOST_PAIRS = 2_000
Measures = dict[str, dict[str, float]]


def aligned_documents(folder: Path, corpus: Corpus, *, most: int = MOST_PAIRS) -> Corpus:
    """Pairs of documents of a reference corpus, evenly spread over those with a known word in every language.

    Args:
        folder: of the reference corpus, line i of each of whose files is one document.
        corpus: whose words are known.
        most: how many pairs.

    Returns:
        A corpus without embeddings, row i of each language the same document, with the words of ``corpus``.
    """
    texts = {code: list(reference_documents(reference_file(folder, code))) for code in corpus.languages}
    words = {code: set(part.vocabulary) for code, part in corpus.items()}
    known = [
        row
        for row in range(len(texts[corpus.languages[0]]))
        if all(not own.isdisjoint(texts[code][row]) for code, own in words.items())
    ]
    rows = [known[place] for place in evenly_spread(len(known), most).tolist()]
    return Corpus.from_tokens(
        {code: [each[row] for row in rows] for code, each in texts.items()},
        vocabulary={code: part.vocabulary for code, part in corpus.items()},
        encoder=None,
    )


def retrieval_by_cosine(vectors: Mapping[str, Array]) -> Measures:
    """What ``gloctm.evaluation.measure_alignment`` measures by θ, by the cosine of vectors instead.

    Args:
        vectors: for each language ``(documents, dimension)``; row i is the same document in each.
    """
    found: Measures = {"retrieval_reciprocal_rank": {}, "retrieval_accuracy_1": {}, "retrieval_accuracy_10": {}}
    units = {code: unit_rows(each) for code, each in vectors.items()}
    for source, target in permutations(units, 2):
        similarity = units[source] @ units[target].T
        rank = 1 + (similarity > similarity.diagonal()[:, None]).sum(axis=1)
        what = f"{target} from {source}"
        found["retrieval_reciprocal_rank"][what] = float((1 / rank).mean())
        for most in (1, 10):
            found[f"retrieval_accuracy_{most}"][what] = float(np.mean(rank <= most))
    return found
