"""NMTM (Wu, Li, Zhu and Miao, NLPCC 2020): the neural multilingual topic model.

Both languages' documents go through an encoder whose layers but the first are shared, and the topics of each language
are completed by those of the other, brought over by a dictionary:

    β_a = λ φ_b M_ba + (1 − λ) φ_a,    M_ba[i, j] = (1 + N_i T_ij) / Σ_j' (1 + N_i T_ij'),

with T_ij = 1 where word i of b and word j of a are translations of each other, and N_i how often i occurs in the
corpus: a word goes to its translations, a rare one and one without any to all words alike. M is dense, but only the
sum of a uniform and a sparse matrix, and never computed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import scipy.sparse as sp
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines.dictionary import translation_matrix
from baselines.neural import BilingualModel, Sources, TopicNetwork, Vocabulary
from baselines.training import infer, seeded_linear
from gloctm import Corpus
from gloctm.errors import InputError
from gloctm.model.parameters import module_key
from gloctm.network import Posterior, ShiftBatchNorm, SparseLinear, SparseRows, linear_uniform, make_generator


class NMTMBatchNorm(ShiftBatchNorm):
    """Batch norm as NMTM has it: statistics that run slowly, over thousands of steps."""

    eps = 1e-3
    momentum = 1e-3


class WordMap(nn.Module):
    """M from one vocabulary to another: topics φ, ``(K, V_from)``, become ``(K, V_to)``.

    Args:
        translation: T, ``(V_from, V_to)`` of 0 and 1.
        frequencies: N, how often each word of the former occurs, ``(V_from,)``.
    """

    uniform: Tensor
    sparse: Tensor

    def __init__(self, translation: sp.csr_array, frequencies: NDArray[np.float64]) -> None:
        super().__init__()
        weighted = sp.csr_array(translation.multiply(frequencies[:, None]))
        uniform = 1 / (translation.shape[1] + np.asarray(weighted.sum(axis=1)).ravel())
        columns = sp.coo_array(weighted.multiply(uniform[:, None]).T)
        places = torch.from_numpy(np.stack([columns.row, columns.col]).astype(np.int64))
        values = torch.from_numpy(columns.data.astype(np.float32))
        # No part of the state: they belong to the corpus.
        self.register_buffer("uniform", torch.from_numpy(uniform.astype(np.float32)), persistent=False)
        sparse = torch.sparse_coo_tensor(places, values, columns.shape, check_invariants=False).coalesce()
        self.register_buffer("sparse", sparse, persistent=False)

    def forward(self, topic_word: Tensor) -> Tensor:
        """φ M."""
        brought: Tensor = torch.sparse.mm(self.sparse, topic_word.T).T + (topic_word @ self.uniform)[:, None]
        return brought


class NMTMNetwork(TopicNetwork):
    """The network.

    x_l → linear of the language → softplus → linear → softplus → heads with batch norm → μ, log σ²; θ = softmax of a
    draw; p = softmax(BN_l(θ β_l)). The loss is, summed over languages, −Σ_v x_v log p_v + KL(q ‖ N(0, 1 − 1/K)),
    averaged over the batch. Each language's batch is normalised on its own, by shared shifts and running statistics in
    the encoder.

    Args:
        vocabulary_sizes: V_l of the two languages.
        num_topics: K.
        hidden_size: width of both hidden layers.
        translation: T, from the first language to the second, ``(V_a, V_b)``.
        frequencies: for each language N, ``(V_l,)``.
        transfer: λ, the share of the other language's topics.
        seed: starts the weights.
    """

    def __init__(
        self,
        vocabulary_sizes: Mapping[str, int],
        num_topics: int,
        *,
        hidden_size: int,
        translation: sp.csr_array,
        frequencies: Mapping[str, NDArray[np.float64]],
        transfer: float,
        seed: int = 0,
    ) -> None:
        super().__init__(vocabulary_sizes, num_topics, name="nmtm", norm=NMTMBatchNorm, seed=seed)
        self.transfer = transfer
        self.hidden1 = nn.ModuleDict()
        for language, size in vocabulary_sizes.items():
            generator = make_generator(seed, "nmtm", "hidden1", language)
            weight = linear_uniform((size, hidden_size), size, generator)
            bias = linear_uniform((hidden_size,), size, generator)
            self.hidden1[module_key(language)] = SparseLinear(weight, bias)
        generator = make_generator(seed, "nmtm")
        self.hidden2 = seeded_linear(hidden_size, hidden_size, generator)
        self.mean = seeded_linear(hidden_size, num_topics, generator)
        self.log_variance = seeded_linear(hidden_size, num_topics, generator)
        self.mean_norm = NMTMBatchNorm(num_topics)
        self.log_variance_norm = NMTMBatchNorm(num_topics)
        # Mean and variance of what ``mean_norm`` takes, over a language's documents: about those of each batch.
        self.statistics: dict[str, tuple[Tensor, Tensor]] = {}
        first, second = self.languages
        self.map_from = nn.ModuleDict(
            {
                module_key(first): WordMap(translation, frequencies[first]),
                module_key(second): WordMap(sp.csr_array(translation.T), frequencies[second]),
            }
        )

    def terms(self, counts: Mapping[str, SparseRows], noise: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Reconstruction and KL of each language."""
        topic_word = self.topic_word()
        terms = {}
        for language, rows in counts.items():
            hidden = self._hidden(language, rows)
            mean = self.mean_norm(self.mean(hidden))
            log_variance = self.log_variance_norm(self.log_variance(hidden))
            theta = F.softmax(mean + noise[language] * torch.exp(0.5 * log_variance), dim=1)
            posterior = Posterior(mean, log_variance, theta)
            terms[language] = self.evidence_term(language, rows, posterior, topic_word[language])
        return terms

    def latent_means(self, language: str, rows: SparseRows) -> Tensor:
        """μ, by the language's own statistics where they are known, else by the running ones."""
        means = self.unnormalized_means(language, rows)
        if language not in self.statistics:
            normalized: Tensor = self.mean_norm(means)
            return normalized
        center, variance = self.statistics[language]
        return (means - center) * torch.rsqrt(variance + self.mean_norm.eps) + self.mean_norm.bias

    def unnormalized_means(self, language: str, rows: SparseRows) -> Tensor:
        """What batch norm makes μ of."""
        means: Tensor = self.mean(self._hidden(language, rows))
        return means

    def topic_word(self) -> dict[str, Tensor]:
        """β_l, completed by the other language's topics."""
        completed = {}
        for language, other in zip(self.languages, reversed(self.languages), strict=True):
            brought = self.map_from[module_key(other)](self.phi[module_key(other)])
            completed[language] = self.transfer * brought + (1 - self.transfer) * self.phi[module_key(language)]
        return completed

    def _hidden(self, language: str, rows: SparseRows) -> Tensor:
        return F.softplus(self.hidden2(F.softplus(self.hidden1[module_key(language)](rows))))


@dataclass(kw_only=True, eq=False, repr=False)
class NMTM(BilingualModel):
    """NMTM.

    Of the published settings, these defaults are sure: λ = 0.8 (that of the golden numbers), Adam at 0.002. As
    far as is remembered and not checked: hidden layers of 100, 800 epochs and batches of 200, as its later users train
    it next to InfoCTM. K = 50 is that of these comparisons.

    Batch norm's running statistics take up a thousandth of each batch, two batches a step in the encoder, and both
    languages share them. What the heads give drifts faster than that over a training, and varies so little between
    documents that μ by running statistics would be the same topic for nearly all of them. So θ and features are by the
    means and variances of each language's training documents instead, which is about what every batch was normalised
    by in training. Topics don't depend on it.

    Args:
        transfer: λ, from 0 to 1: the share of the other language's topics in those of a language.

    Further settings are those of ``BilingualModel``. Languages share the encoder but for its first layer.
    """

    name: str = field(default="NMTM", init=False)
    published_epochs: int | None = field(default=800, init=False)
    own_settings: ClassVar[tuple[str, ...]] = ("transfer",)
    uncertain: ClassVar[tuple[str, ...]] = ("hidden_size", "epochs", "batch_size")

    hidden_size: int = 100
    transfer: float = 0.8

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.transfer <= 1:
            raise InputError(f"transfer is {self.transfer}: it must be from 0 to 1")

    def fit(self, corpus: Corpus, checkpoint: Path | None = None) -> Self:
        """Train, and take the statistics of the documents."""
        super().fit(corpus, checkpoint)
        network = self._fitted()
        assert isinstance(network, NMTMNetwork)
        device = next(network.parameters()).device
        for language, part in corpus.items():
            means = infer(part.counts, partial(network.unnormalized_means, language), device, threads=self.plan.threads)
            center, variance = (torch.from_numpy(each).to(device) for each in (means.mean(axis=0), means.var(axis=0)))
            network.statistics[language] = (center, variance)
        return self

    def settings(self) -> dict[str, Any]:
        """See there; how μ is normalised is no choice of the authors'."""
        told = super().settings()
        told["deviations"] = [*told["deviations"], "μ is normalised by statistics of each language's documents"]
        return told

    def read(self, vocabulary: Vocabulary) -> Sources:
        """The dictionary's translations."""
        return {"translation": translation_matrix(self.dictionary, vocabulary, stems=self.stems)}

    def build(self, corpus: Corpus, sources: Sources, device: torch.device) -> NMTMNetwork:
        """The network with the corpus' maps."""
        return NMTMNetwork(
            {language: part.num_words for language, part in corpus.items()},
            self.num_topics,
            hidden_size=self.hidden_size,
            translation=sp.csr_array(sources["translation"]),
            frequencies={
                language: np.asarray(part.counts.sum(axis=0), np.float64).ravel() for language, part in corpus.items()
            },
            transfer=self.transfer,
            seed=self.seed,
        )
