"""Long documents, of which a model infers passages: their topic proportions from those of the passages.

θ of a document is the mean of its passages' θ, weighted by their numbers of words. Its μ is defined so that
θ = softmax(μ) holds as for any other document, and so that μ of a document with one passage is that of the passage:

    μ_d = log Σ_p w_p θ_p + Σ_p w_p log Σ_k exp μ_pk,    w_p the passage's share of the document's words.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.special import logsumexp

from gloctm.arrays import Array
from gloctm.corpus.passages import passage_weights

# Keeps the logarithm of a proportion that is 0 in double precision finite.
_TINY = 1e-300


def means_of_documents(
    means: Array, empty: NDArray[np.bool_], document: NDArray[np.integer], lengths: NDArray[np.integer]
) -> tuple[Array, NDArray[np.bool_]]:
    """Return μ of documents, ``(documents, K)``, and which have no evidence: none of their passages has any.

    Args:
        means: μ of the passages, ``(passages, K)``.
        empty: for each passage whether it has no evidence; it does not count then.
        document: for each passage the row of its document, ascending, each there.
        lengths: of the passages, in words.

    Examples:
        >>> means = np.log(np.float32([[0.9, 0.1], [0.5, 0.5]]))
        >>> found, _ = means_of_documents(means, np.array([False, False]), np.array([0, 0]), np.array([3, 1]))
        >>> np.exp(found).round(2).tolist()
        [[0.8, 0.2]]
    """
    number = int(document[-1]) + 1
    weights = passage_weights(document, np.where(empty, 0, lengths))
    bounds = np.searchsorted(document, np.arange(number + 1))
    average = sp.csr_array((weights, np.arange(len(document)), bounds), shape=(number, len(document)))
    scale = logsumexp(means.astype(np.float64), axis=1)
    proportions = np.exp(means - scale[:, None])
    found = np.log(np.maximum(average @ proportions, _TINY)) + np.asarray(average @ scale)[:, None]
    whole = np.diff(bounds) == 1
    # To the last bit.
    found[whole] = means[bounds[:-1][whole]]
    is_empty = np.asarray(np.bincount(document, ~empty) == 0)
    found[is_empty] = 0
    return found.astype(np.float32), is_empty
