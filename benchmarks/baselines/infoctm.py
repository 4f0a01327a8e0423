"""InfoCTM (Wu, Dong, Nguyen, Liu, Pan and Luu, AAAI 2023): topics aligned by mutual information of linked words.

Each language has an encoder and topic-word weights φ_l of its own, as neural topic models have them; what joins the two
is one term of the loss, see ``alignment``. A word is linked to the translations of itself and of the words near it in
its own language (by monolingual word2vec vectors), so that a small dictionary goes a long way.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import scipy.sparse as sp
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from baselines.alignment import TopicAlignment
from baselines.dictionary import (
    alignment_links,
    near_words,
    read_word_vectors,
    translation_matrix,
    two_languages,
)
from baselines.neural import BilingualModel, Sources, TopicNetwork, Vocabulary
from gloctm import Corpus
from gloctm.model.parameters import module_key
from gloctm.network import SparseRows, TopicEncoder


class InfoCTMNetwork(TopicNetwork):
    """The network.

    For each language: x → linear → softplus → linear → softplus → heads with batch norm → μ, log σ²; θ = softmax of a
    draw; p = softmax(BN(θ φ_l)). The loss is, over the languages, −Σ_v x_v log p_v + KL(q ‖ N(0, 1 − 1/K)), averaged
    over the batch, + λ times the alignment of φ_a and φ_b.

    Args:
        vocabulary_sizes: V_l of the two languages.
        num_topics: K.
        hidden_size: width of both hidden layers.
        links: from the first language to the second, ``(V_a, V_b)``, see ``dictionary.alignment_links``.
        links_back: from the second to the first.
        alignment_weight: λ.
        temperature: τ.
        seed: starts the weights.
        device: where it will be trained.
    """

    def __init__(
        self,
        vocabulary_sizes: Mapping[str, int],
        num_topics: int,
        *,
        hidden_size: int,
        links: sp.csr_array,
        links_back: sp.csr_array,
        alignment_weight: float,
        temperature: float,
        seed: int = 0,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__(vocabulary_sizes, num_topics, name="infoctm", seed=seed)
        self.alignment_weight = alignment_weight
        self.encoder = nn.ModuleDict()
        for language, size in vocabulary_sizes.items():
            encoder = TopicEncoder({language: size}, hidden_size, num_topics, seed=seed, name="infoctm")
            self.encoder[module_key(language)] = encoder
        self.alignment = TopicAlignment(links, links_back, temperature, device)

    def terms(self, counts: Mapping[str, SparseRows], noise: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Reconstruction and KL of each language, and the weighted alignment."""
        terms = {}
        for language, rows in counts.items():
            key = module_key(language)
            posterior = self.encoder[key](rows, noise[language])
            terms[language] = self.evidence_term(language, rows, posterior, self.phi[key])
        first, second = (self.phi[module_key(language)] for language in self.languages)
        terms["alignment"] = self.alignment_weight * self.alignment(first, second)
        return terms

    def latent_means(self, language: str, rows: SparseRows) -> Tensor:
        """μ by the language's encoder."""
        noise = torch.zeros(len(rows), self.num_topics, device=rows.values.device)
        mean: Tensor = self.encoder[module_key(language)](rows, noise).mean
        return mean

    def topic_word(self) -> dict[str, Tensor]:
        """softmax(φ_l) over words, which ranks as φ_l does."""
        return {language: F.softmax(self.phi[module_key(language)].detach(), dim=1) for language in self.languages}


@dataclass(kw_only=True, eq=False, repr=False)
class InfoCTM(BilingualModel):
    """InfoCTM.

    Of the published settings, these defaults are sure: K = 50, τ = 0.2, a threshold of 0.4, Adam at 0.002. As far as is
    remembered and not checked: λ = 30 for EC News (the golden numbers have it too) and 50 for both corpora of reviews,
    hidden layers of 200, 800 epochs, batches of 200, and a learning rate that stays as it is.

    Args:
        word_vectors: a folder with ``word2vec_LANG.npz``, see ``dictionary.read_word_vectors``.
        alignment_weight: λ.
        temperature: τ of the alignment.
        near: words of a language whose cosine is above this are near each other.

    Further settings are those of ``BilingualModel``. Each language has an encoder of its own.
    """

    name: str = field(default="InfoCTM", init=False)
    published_epochs: int | None = field(default=800, init=False)
    own_settings: ClassVar[tuple[str, ...]] = ("alignment_weight", "temperature", "near")
    uncertain: ClassVar[tuple[str, ...]] = ("alignment_weight", "hidden_size", "epochs", "batch_size", "decay_every")

    hidden_size: int = 200
    word_vectors: str | os.PathLike[str]
    alignment_weight: float = 30.0
    temperature: float = 0.2
    near: float = 0.4

    def read(self, vocabulary: Vocabulary) -> Sources:
        """The dictionary's translations, and the word vectors of each language."""
        return {
            "translation": translation_matrix(self.dictionary, vocabulary, stems=self.stems),
            **{
                f"word vectors of {language}": vectors
                for language, vectors in read_word_vectors(self.word_vectors, vocabulary).items()
            },
        }

    def build(self, corpus: Corpus, sources: Sources, device: torch.device) -> InfoCTMNetwork:
        """The network with the corpus' links."""
        near = [
            near_words(np.asarray(sources[f"word vectors of {language}"]), self.near)
            for language in two_languages(corpus)
        ]
        links, links_back = alignment_links(sp.csr_array(sources["translation"]), *near)
        return InfoCTMNetwork(
            {language: part.num_words for language, part in corpus.items()},
            self.num_topics,
            hidden_size=self.hidden_size,
            links=links,
            links_back=links_back,
            alignment_weight=self.alignment_weight,
            temperature=self.temperature,
            seed=self.seed,
            device=device,
        )
