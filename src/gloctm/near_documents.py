"""Words of near documents: what a document's global counts get from the nearest documents of the other languages.

Not part of the published method. Neighbours of words bring synonyms and translations, which seldom stand in one
document; near documents bring the words that go with the same matter. Only training looks at them: inference needs
neither the documents trained on nor the embedding of a new one. ``docs/quality.md`` says what it does for topics.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.augmentation import LONG_WORK, presence, rows_of_ones
from gloctm.errors import InputError
from gloctm.neighbors import neighbors_between, unit_vectors
from gloctm.progress import track


def words_of_near_documents(
    counts: Mapping[str, sp.csr_array],
    document_embeddings: Mapping[str, NDArray[np.float32]],
    num_neighbors: int,
    *,
    show_progress: bool = False,
) -> dict[str, sp.csr_array]:
    """For each document the words of its nearest documents in every other language.

    Nearest by the cosine of embeddings of length 1 from which the mean of their language is taken, or their language
    would count as likeness. All documents are compared, in time that grows with the product of two languages' sizes.

    Args:
        counts: for each language ``(D_l, V_l)``.
        document_embeddings: for each language ``(D_l, dimension)``, by one multilingual encoder.
        num_neighbors: how many documents of each other language.
        show_progress: whether progress is shown where it takes long.

    Returns:
        For each language ``(D_l, V)`` float32, blocks in the mapping's order: in how many of its near documents a word
        occurs. The own language's block is empty, and so is the row of a document without words, of which nothing is
        known.

    Raises:
        InputError: more neighbours than a language has documents, or embeddings of several dimensions.
    """
    _check(counts, document_embeddings, num_neighbors)
    directions = {language: _directions(vectors) for language, vectors in document_embeddings.items()}
    pairs = list(combinations(counts, 2))
    comparisons = 2 * sum(len(directions[first]) * len(directions[second]) for first, second in pairs)
    near = {}
    show = show_progress and comparisons >= LONG_WORK
    with track("finding near documents", comparisons, "pairs of documents", show=show) as progress:
        for first, second in pairs:
            both = neighbors_between(directions[first], directions[second], num_neighbors, progress=progress)
            near[first, second], near[second, first] = both
    return {language: _words(language, near, counts) for language in counts}


def _words(
    language: str, near: Mapping[tuple[str, str], NDArray[np.int64]], counts: Mapping[str, sp.csr_array]
) -> sp.csr_array:
    own = counts[language]
    blocks = [
        sp.csr_array(own.shape, dtype=np.float32)
        if other == language
        else rows_of_ones(near[language, other], matrix.shape[0]) @ presence(matrix)
        for other, matrix in counts.items()
    ]
    has_words = sp.diags_array((np.diff(own.indptr) > 0).astype(np.float32))
    words = sp.csr_array(has_words @ sp.hstack(blocks, format="csr"))
    words.eliminate_zeros()
    words.sort_indices()
    return words


def _directions(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    unit = unit_vectors(vectors)
    return unit_vectors(unit - unit.mean(axis=0, dtype=np.float64).astype(np.float32))


def _check(
    counts: Mapping[str, sp.csr_array], document_embeddings: Mapping[str, NDArray[np.float32]], num_neighbors: int
) -> None:
    dimensions = {language: vectors.shape[1] for language, vectors in document_embeddings.items()}
    if len(set(dimensions.values())) > 1:
        raise InputError(
            f"num_near_documents compares documents across languages, but their embeddings differ in dimension "
            f"({dimensions}): embed all with one multilingual encoder, or leave num_near_documents out"
        )
    for language, matrix in counts.items():
        if num_neighbors > matrix.shape[0]:
            raise InputError(
                f"num_near_documents is {num_neighbors} but {language!r} has {matrix.shape[0]} documents: use at "
                "most so many"
            )
