"""How probable each word is in each topic, by what the model's decoder expects of the words of documents.

β itself is no distribution: its softmax is nearly flat, since the decoder scales θ β by batch norm before its own
softmax (docs/concepts/published-method.md). The decoder gives a document d p(w | d) = softmax(BN_l(θ_d β_l)). Of the
words that it expects in documents of lengths n_d, the share

    p(w | k) = Σ_d n_d θ_dk p(w | d) / Σ_d n_d θ_dk

is topic k's. Weighted by how much there is of each topic these add up to the words that the model expects in all:
the relation between topics and counts that viewers of topic models are made for.

A model of the context method has p(w | k) = exp β_kw as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from gloctm.model.inference import BATCH_NORM_EPS
from gloctm.model.parameters import module_key

if TYPE_CHECKING:
    from gloctm.model.model import TopicModel

# Documents whose expected words are in memory at a time.
BLOCK_ROWS = 512


def word_distributions(
    model: TopicModel,
    language: str,
    theta: NDArray[np.floating],
    lengths: NDArray[np.integer],
    *,
    groups: Sequence[Sequence[int]] | None = None,
) -> NDArray[np.float64]:
    """p(w | k) of a language, see above.

    Args:
        model: trained on the language.
        language: its code, as in ``languages_``.
        theta: ``(documents, K)``, of the documents that the topics are looked at in.
        lengths: tokens of each of these.
        groups: for each topic of a view the model's topics that make it up; each of the model's by itself unless given.

    Returns:
        ``(topics, V_l)``, rows that sum to 1.
    """
    chosen = [[topic] for topic in range(theta.shape[1])] if groups is None else [list(group) for group in groups]
    if model.settings_["method"] == "context":
        return _from_log_probabilities(model.topic_word_[language], theta, lengths, chosen)
    name = f"local_decoder_norm.{module_key(language)}"
    beta = model.topic_word_[language].astype(np.float64)
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


def _from_log_probabilities(
    beta: NDArray[np.float32],
    theta: NDArray[np.floating],
    lengths: NDArray[np.integer],
    groups: Sequence[list[int]],
) -> NDArray[np.float64]:
    probability = np.exp(beta.astype(np.float64))
    probability /= probability.sum(axis=1, keepdims=True)
    tokens = lengths.astype(np.float64) @ theta
    found = []
    for group in groups:
        # Of a merged topic, its members' as much as there is of each; of what there is nothing of, alike.
        weights = tokens[group] if tokens[group].sum() > 0 else np.ones(len(group))
        found.append(weights / weights.sum() @ probability[group])
    return np.stack(found)
