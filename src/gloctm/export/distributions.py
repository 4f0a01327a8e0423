"""How probable each word is in each topic, from what the model's decoder expects in documents.

β of the published method is no distribution. Its softmax is nearly flat, since the decoder scales θ β by batch norm
before its own softmax. The decoder expects p(w | d) = softmax(BN_l(θ_d β_l)) in a document d. Over documents of lengths
n_d, topic k has the share

    p(w | k) = Σ_d n_d θ_dk p(w | d) / Σ_d n_d θ_dk

of it. Weighted by the amounts of their topics, these add up to the words that the model expects in all. Viewers of
topic models assume this relation between topics and counts.

A model of the context method has p(w | k) = exp β_kw as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from gloctm.arrays import Floats, Numbers
from gloctm.model.inference import BATCH_NORM_EPS
from gloctm.model.model import TopicModel
from gloctm.model.parameters import module_key

# Documents whose expected words are in memory at a time.
BLOCK_ROWS = 512


def word_distributions(
    model: TopicModel,
    language: str,
    theta: Floats,
    lengths: NDArray[np.integer],
    *,
    groups: Sequence[Sequence[int]] | None = None,
) -> Numbers:
    """Compute p(w | k) of a language.

    Args:
        model: trained on the language.
        language: its code, as in ``languages_``.
        theta: topic proportions of the documents to average over, ``(documents, K)``.
        lengths: the number of tokens of each document.
        groups: for each topic of a view the model's topics that it consists of; None for the model's topics.

    Returns:
        ``(topics, V_l)``, rows that sum to 1.

    Examples:
        >>> from gloctm.export import word_distributions
        >>> theta = model.transform(corpus["en"], language="en")
        >>> lengths = corpus["en"].counts.sum(axis=1)
        >>> word_distributions(model, "en", theta, lengths).sum(axis=1).round(6).tolist()[:3]
        [1.0, 1.0, 1.0]
    """
    chosen = [[topic] for topic in range(theta.shape[1])] if groups is None else [list(group) for group in groups]
    beta = model.topic_word_[language].astype(np.float64)
    if model.in_context:
        probability = np.exp(beta)
        probability /= probability.sum(axis=1, keepdims=True)
        tokens = lengths.astype(np.float64) @ theta
        # Members of a merged topic are weighted by their amounts; alike where there is nothing of any.
        weights = [tokens[group] if tokens[group].sum() > 0 else np.ones(len(group)) for group in chosen]
        return np.stack([own / own.sum() @ probability[group] for own, group in zip(weights, chosen, strict=True)])
    name = f"local_decoder_norm.{module_key(language)}"
    variance = model.weights_[f"{name}.running_var"].astype(np.float64)
    scale = 1 / np.sqrt(variance + BATCH_NORM_EPS)
    shift = model.weights_[f"{name}.bias"] - model.weights_[f"{name}.running_mean"] * scale
    shares = np.stack([theta[:, group].sum(axis=1, dtype=np.float64) for group in chosen], axis=1)
    total = np.zeros((shares.shape[1], beta.shape[1]))
    for start in range(0, len(theta), BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        expected = softmax((theta[rows] @ beta) * scale + shift, axis=1)
        total += (shares[rows] * lengths[rows, None]).T @ expected
    return np.asarray(total / total.sum(axis=1, keepdims=True))
