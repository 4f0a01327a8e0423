"""GloCTM without one of its parts: networks that take the place of the package's own within a block.

Parts with a weight or a number are left out by setting it to 0. What remains are the global path, and the weights of
words that local and global decoders share.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any
from unittest import mock

import torch
from torch import Tensor, nn

from gloctm.model.parameters import module_key
from gloctm.network import (
    GloCTMNetwork,
    LanguageBatch,
    LanguageNoise,
    LossTerms,
    Posterior,
    Share,
    cka_loss,
    kl_to_prior,
    make_generator,
    reconstruction_loss,
    xavier_uniform,
)


class WithoutGlobalPath(GloCTMNetwork):
    """Local paths and CKA alone: the global encoder and decoder are never taught, nor is anything drawn to them."""

    def forward(
        self,
        batch: Mapping[str, LanguageBatch],
        noise: Mapping[str, LanguageNoise],
        generators: Mapping[str, torch.Generator] | None = None,
        share: Share | None = None,
    ) -> LossTerms:
        """The loss of a batch; its shared and regularising terms are 0."""
        if share is not None:
            raise NotImplementedError("An ablation trains in one process.")
        generators = generators or {}
        local = cka = nothing = torch.zeros((), device=next(self.parameters()).device)
        for language in self.languages:
            key, part = module_key(language), batch[language]
            posterior = self.local_encoder[key](part.counts, noise[language].local, generators.get(language))
            logits = self.local_decoder_norm[key](posterior.theta @ self.topic_word[key])
            local = local + reconstruction_loss(part.counts, logits) + kl_to_prior(posterior)
            cka = cka + self.cka_weight * cka_loss(posterior.theta, part.document_embeddings)
        # Touched by nothing, they would have no gradient and no state in the optimiser.
        for parameter in [*self.global_encoder.parameters(), *self.global_decoder_norm.parameters()]:
            nothing = nothing + 0 * parameter.sum()
        return LossTerms(local, nothing, nothing, cka)


class WithoutSharedDecoder(GloCTMNetwork):
    """The global decoder has topic-word weights of its own, so that only the posteriors tie languages together."""

    def __init__(self, vocabulary_sizes: Mapping[str, int], num_topics: int, **settings: Any) -> None:
        super().__init__(vocabulary_sizes, num_topics, **settings)
        self.fused = False
        generator = make_generator(settings.get("seed", 0), "global_topic_word")
        self.global_topic_word = nn.Parameter(xavier_uniform((num_topics, sum(vocabulary_sizes.values())), generator))

    def _reconstruct(
        self, batch: Mapping[str, LanguageBatch], q_local: Mapping[str, Posterior], q_global: Mapping[str, Posterior]
    ) -> tuple[Tensor, Tensor]:
        local = shared = torch.zeros((), device=self.global_topic_word.device)
        for language in self.languages:
            key, part = module_key(language), batch[language]
            local_logits = self.local_decoder_norm[key](q_local[language].theta @ self.topic_word[key])
            global_logits = self.global_decoder_norm(q_global[language].theta @ self.global_topic_word)
            local = local + reconstruction_loss(part.counts, local_logits)
            shared = shared + reconstruction_loss(part.global_counts, global_logits)
        return local, shared


@contextlib.contextmanager
def training_with(network: type[GloCTMNetwork]) -> Iterator[None]:
    """Within the block, ``GloCTM.fit`` trains this network."""
    with mock.patch("gloctm.training.loop.GloCTMNetwork", network):
        yield
