"""The whole network: local and global encoders and decoders around one set of topic-word weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gloctm.model.parameters import module_key
from gloctm.network.decoder import (
    LARGEST_BATCH,
    DecoderLayout,
    Nonzeros,
    Reconstruction,
    Workspace,
    reconstruct,
)
from gloctm.network.initialization import make_generator, xavier_uniform
from gloctm.network.joint_decoder import Moments, reconstruct_jointly
from gloctm.network.joint_layers import joint_batch_norm
from gloctm.network.layers import ShiftBatchNorm, drop, keep_mask
from gloctm.network.losses import CkaSums, cka_loss, cka_loss_jointly, kl_between, kl_to_prior, reconstruction_loss
from gloctm.network.ranks import Share
from gloctm.network.sparse import SparseRows
from gloctm.network.topic_encoder import Posterior, TopicEncoder, sample


@dataclass(frozen=True)
class LanguageBatch:
    """One language's part of a batch.

    Attributes:
        counts: x, ``(batch, V_l)``.
        global_counts: g, ``(batch, V)``.
        document_embeddings: ``(batch, dimension)``.

    Examples:
        >>> import torch
        >>> from gloctm.network import SparseRows
        >>> [field for field in LanguageBatch.__dataclass_fields__]
        ['counts', 'global_counts', 'document_embeddings']
    """

    counts: SparseRows
    global_counts: SparseRows
    document_embeddings: Tensor


@dataclass(frozen=True)
class LanguageNoise:
    """Standard normal draws of one language's part of a batch, ``(batch, K)`` each.

    Examples:
        >>> LanguageNoise(local=torch.zeros(2, 5), shared=torch.zeros(2, 5)).local.shape
        torch.Size([2, 5])
    """

    local: Tensor
    shared: Tensor


@dataclass(frozen=True)
class LossTerms:
    """The loss of a batch: its four terms, summed over languages, the last two already weighted.

    Attributes:
        local: reconstruction and KL to the prior of the local paths.
        shared: the same of the global paths.
        regularization: λ_KL · KL(q_local ‖ q_global).
        cka: λ_CKA · CKA loss.

    Examples:
        >>> LossTerms(*(torch.tensor(value) for value in (4.0, 3.0, 0.5, 0.25))).total.item()
        7.75
    """

    local: Tensor
    shared: Tensor
    regularization: Tensor
    cka: Tensor

    @property
    def total(self) -> Tensor:
        """Their sum: what is minimized."""
        return self.local + self.shared + self.regularization + self.cka

    def detached(self) -> Tensor:
        """Return the four terms as one float64 tensor without gradient, in the order above."""
        return torch.stack(
            [term.detach().double() for term in (self.local, self.shared, self.regularization, self.cka)]
        )


class GloCTMNetwork(nn.Module):
    """GloCTM for any number of languages.

    Args:
        vocabulary_sizes: V_l of each language; its order is the order of the blocks.
        num_topics: K.
        local_hidden_size: width of the local encoders.
        global_hidden_size: width of the global encoder.
        dropout: rate in every encoder.
        kl_weight: λ_KL.
        cka_weight: λ_CKA.
        seed: starts every weight.

    Example:
        >>> network = GloCTMNetwork({"en": 30, "de": 40}, num_topics=5)
        >>> network.topic_word["lang_de"].shape
        torch.Size([5, 40])
    """

    def __init__(
        self,
        vocabulary_sizes: Mapping[str, int],
        num_topics: int,
        *,
        local_hidden_size: int = 100,
        global_hidden_size: int = 200,
        dropout: float = 0.0,
        kl_weight: float = 4.0,
        cka_weight: float = 450.0,
        seed: int = 0,
    ) -> None:
        super().__init__()
        sizes = dict(vocabulary_sizes)
        self.num_topics = num_topics
        self.kl_weight = kl_weight
        self.cka_weight = cka_weight
        self.languages = tuple(sizes)
        self.local_encoder = nn.ModuleDict(
            {
                module_key(language): TopicEncoder(
                    {language: size},
                    local_hidden_size,
                    num_topics,
                    dropout_rate=dropout,
                    seed=seed,
                    name=f"local_encoder.{language}",
                )
                for language, size in sizes.items()
            }
        )
        self.global_encoder = TopicEncoder(
            sizes, global_hidden_size, num_topics, dropout_rate=dropout, seed=seed, name="global_encoder"
        )
        self.topic_word = nn.ParameterDict(
            {
                module_key(language): xavier_uniform((num_topics, size), make_generator(seed, "topic_word", language))
                for language, size in sizes.items()
            }
        )
        self.local_decoder_norm = nn.ModuleDict(
            {module_key(language): ShiftBatchNorm(size) for language, size in sizes.items()}
        )
        self.global_decoder_norm = ShiftBatchNorm(sum(sizes.values()))
        # Off, the decoders are stock modules under autograd: what the faster way is tested against.
        self.fused = True
        self._layouts: dict[int, DecoderLayout] = {}
        self._workspace = Workspace()

    def forward(
        self,
        batch: Mapping[str, LanguageBatch],
        noise: Mapping[str, LanguageNoise],
        generators: Mapping[str, torch.Generator] | None = None,
        share: Share | None = None,
    ) -> LossTerms:
        """Return the loss of a batch, or the part of it that one of several processes computes.

        Args:
            batch: the documents of every language.
            noise: the draws of every language.
            generators: for dropout, one per language.
            share: which rows of the whole batch these are; None for all. Losses of all processes then add up to the
                loss of the whole batch, and so do their gradients. The batch is to have at most ``LARGEST_BATCH``
                documents per language.
        """
        generators = generators or {}
        if share is not None:
            return self._forward_jointly(batch, noise, generators, share)
        q_local = {
            language: self.local_encoder[module_key(language)](
                batch[language].counts, noise[language].local, generators.get(language)
            )
            for language in self.languages
        }
        q_global = dict(
            zip(
                self.languages,
                self.global_encoder.infer_each(
                    [batch[language].global_counts for language in self.languages],
                    [noise[language].shared for language in self.languages],
                    [generators.get(language) for language in self.languages],
                ),
                strict=True,
            )
        )
        local, shared = self._reconstruct(batch, q_local, q_global)
        return self._with_divergences(local, shared, q_local, q_global, self._cka(batch, q_local))

    def _with_divergences(
        self,
        local: Tensor,
        shared: Tensor,
        q_local: Mapping[str, Posterior],
        q_global: Mapping[str, Posterior],
        cka: Tensor,
        batch_size: int | None = None,
    ) -> LossTerms:
        """Add the divergences of posteriors to the reconstruction losses."""
        regularization = torch.zeros((), device=local.device)
        for language in self.languages:
            one, other = q_local[language], q_global[language]
            local = local + kl_to_prior(one, batch_size)
            shared = shared + kl_to_prior(other, batch_size)
            regularization = regularization + self.kl_weight * kl_between(one, other, batch_size)
        return LossTerms(local, shared, regularization, cka)

    def _cka(self, batch: Mapping[str, LanguageBatch], q_local: Mapping[str, Posterior]) -> Tensor:
        """Compute λ_CKA times CKA's loss, summed over languages."""
        thetas = [q_local[language].theta for language in self.languages]
        embeddings = [batch[language].document_embeddings for language in self.languages]
        loss = torch.zeros((), device=thetas[0].device)
        for each in zip(thetas, embeddings, strict=True):
            loss = loss + self.cka_weight * cka_loss(*each)
        return loss

    def _reconstruct(
        self, batch: Mapping[str, LanguageBatch], q_local: Mapping[str, Posterior], q_global: Mapping[str, Posterior]
    ) -> tuple[Tensor, Tensor]:
        """Compute the reconstruction losses of the local and of the global paths, summed over languages."""
        batch_sizes = {len(part.counts) for part in batch.values()}
        if self.fused and self.training and len(batch_sizes) == 1 and max(batch_sizes) <= LARGEST_BATCH:
            return self._reconstruct_at_once(batch, q_local, q_global, batch_sizes.pop())
        # The very same parameters side by side: this is what ties the languages together.
        shared_topic_word = torch.cat([self.topic_word[module_key(language)] for language in self.languages], dim=1)
        local = shared = torch.zeros((), device=shared_topic_word.device)
        for language in self.languages:
            key, part = module_key(language), batch[language]
            local_logits = self.local_decoder_norm[key](q_local[language].theta @ self.topic_word[key])
            global_logits = self.global_decoder_norm(q_global[language].theta @ shared_topic_word)
            local = local + reconstruction_loss(part.counts, local_logits)
            shared = shared + reconstruction_loss(part.global_counts, global_logits)
        return local, shared

    def _reconstruct_at_once(
        self,
        batch: Mapping[str, LanguageBatch],
        q_local: Mapping[str, Posterior],
        q_global: Mapping[str, Posterior],
        batch_size: int,
    ) -> tuple[Tensor, Tensor]:
        """Do the same by ``gloctm.network.decoder``: within rounding, in half the time and a fifth of the memory."""
        topic_word: list[Tensor] = [self.topic_word[module_key(language)] for language in self.languages]
        norms = [self._local_norm(language) for language in self.languages]
        layout = self._layout(batch_size)
        parts = [batch[language] for language in self.languages]
        result = reconstruct(
            [q_local[language].theta for language in self.languages],
            [q_global[language].theta for language in self.languages],
            topic_word,
            [norm.bias for norm in norms],
            self.global_decoder_norm.bias,
            Nonzeros.of([part.counts for part in parts], [part.global_counts for part in parts], layout),
            layout,
            self._workspace,
        )
        self._track(result, batch_size)
        return result.local, result.shared

    def _forward_jointly(
        self,
        batch: Mapping[str, LanguageBatch],
        noise: Mapping[str, LanguageNoise],
        generators: Mapping[str, torch.Generator],
        share: Share,
    ) -> LossTerms:
        """Compute own rows' part of the loss, with all that is taken over the batch taken over the whole batch."""
        q_local, q_global = self._infer_jointly(batch, noise, generators, share)
        parts = [batch[language] for language in self.languages]
        local_thetas, global_thetas = ([q[language].theta for language in self.languages] for q in (q_local, q_global))
        embeddings = [part.document_embeddings for part in parts]
        with torch.no_grad():
            exact = torch.stack([*local_thetas, *global_thetas]).double()
            sums = [exact.sum(dim=1), exact.mT @ exact]
            for theta, vectors in zip(local_thetas, embeddings, strict=True):
                sums += CkaSums.of(theta, vectors, share.rows, share.batch_size)
            sums = share.ranks.sum_each(sums)
        moments = Moments.of(sums[0], sums[1], share.batch_size)
        topic_word: list[Tensor] = [self.topic_word[module_key(language)] for language in self.languages]
        norms = [self._local_norm(language) for language in self.languages]
        layout = self._layout(len(parts[0].counts))
        result = reconstruct_jointly(
            local_thetas,
            global_thetas,
            topic_word,
            [norm.bias for norm in norms],
            self.global_decoder_norm.bias,
            Nonzeros.of([part.counts for part in parts], [part.global_counts for part in parts], layout),
            layout,
            self._workspace,
            moments,
            share,
        )
        self._track(result, share.batch_size)
        cka = torch.zeros((), device=exact.device)
        for place, (theta, vectors) in enumerate(zip(local_thetas, embeddings, strict=True)):
            its_sums = CkaSums(*sums[2 + 5 * place : 7 + 5 * place])
            cka = cka + self.cka_weight * cka_loss_jointly(theta, vectors, its_sums, share.batch_size)
        # Every process has the value of the whole batch; one counts it, all have its gradient by own rows.
        if share.ranks.rank:
            cka = cka - cka.detach()
        return self._with_divergences(result.local, result.shared, q_local, q_global, cka, share.batch_size)

    def _infer_jointly(
        self,
        batch: Mapping[str, LanguageBatch],
        noise: Mapping[str, LanguageNoise],
        generators: Mapping[str, torch.Generator],
        share: Share,
    ) -> tuple[dict[str, Posterior], dict[str, Posterior]]:
        """Infer and sample own rows by both encoders, with all heads in one batch norm."""
        rows = len(batch[self.languages[0]].counts)
        local_encoders = [self._local_encoder(language) for language in self.languages]
        encoders = [*local_encoders, *[self.global_encoder] * len(self.languages)]
        hidden = [
            encoder.hidden([batch[language].counts])
            for language, encoder in zip(self.languages, local_encoders, strict=True)
        ]
        together = self.global_encoder.hidden([batch[language].global_counts for language in self.languages])
        hidden += torch.split(together, [rows] * len(self.languages))
        rate = self.global_encoder.dropout_rate if self.training else 0.0
        masks = self._dropout_masks(hidden, rate, generators, share) if rate else []
        if rate:
            hidden = [drop(each, mask, rate) for each, (mask, _) in zip(hidden, masks, strict=True)]
        heads = [encoder.mean(each) for encoder, each in zip(encoders, hidden, strict=True)]
        heads += [encoder.log_variance(each) for encoder, each in zip(encoders, hidden, strict=True)]
        norms = [encoder.mean_norm for encoder in encoders] + [encoder.log_variance_norm for encoder in encoders]
        shifts = torch.stack([norm.bias for norm in norms])
        normalized, means, variances = joint_batch_norm(torch.stack(heads), shifts, share)
        for norm, mean, variance in zip(norms, means, variances, strict=True):
            norm.track(mean, variance, share.batch_size)
        epsilon = [noise[language].local for language in self.languages]
        epsilon += [noise[language].shared for language in self.languages]
        mean, log_variance = normalized.tensor_split(2)
        thetas = sample(mean, log_variance, torch.stack(epsilon)).unbind()
        if rate:
            thetas = tuple(drop(each, mask, rate) for each, (_, mask) in zip(thetas, masks, strict=True))
        posteriors = [Posterior(*each) for each in zip(mean.unbind(), log_variance.unbind(), thetas, strict=True)]
        number = len(self.languages)
        return (
            dict(zip(self.languages, posteriors[:number], strict=True)),
            dict(zip(self.languages, posteriors[number:], strict=True)),
        )

    def _dropout_masks(
        self, hidden: list[Tensor], rate: float, generators: Mapping[str, torch.Generator], share: Share
    ) -> list[tuple[Tensor, Tensor]]:
        """Return for each encoder and language masks of the hidden layer and of θ: own rows of the batch's."""
        # In the order in which one process alone draws them from each language's generator.
        local: list[tuple[Tensor, Tensor]] = []
        shared: list[tuple[Tensor, Tensor]] = []
        number = len(self.languages)
        for place, language in enumerate(self.languages):
            for masks, features in ((local, hidden[place]), (shared, hidden[number + place])):
                own, theta = (
                    keep_mask((share.batch_size, width), rate, generators.get(language), features)[share.rows]
                    for width in (features.shape[1], self.num_topics)
                )
                masks.append((own, theta))
        return local + shared

    def _layout(self, batch_size: int) -> DecoderLayout:
        """Return the layout for a number of documents; the last batch of an epoch has fewer, so there are two."""
        if batch_size not in self._layouts:
            betas: list[Tensor] = [self.topic_word[module_key(language)] for language in self.languages]
            self._layouts[batch_size] = DecoderLayout([beta.shape[1] for beta in betas], batch_size, betas[0].device)
        return self._layouts[batch_size]

    def _track(self, result: Reconstruction, batch_size: int) -> None:
        """Take the statistics of a batch into the decoders' batch norms."""
        for language, statistics in zip(self.languages, result.local_statistics, strict=True):
            self._local_norm(language).track(statistics[0], statistics[1], batch_size)
        for statistics in result.shared_statistics:
            self.global_decoder_norm.track(statistics[0], statistics[1], batch_size)

    def _local_encoder(self, language: str) -> TopicEncoder:
        encoder = self.local_encoder[module_key(language)]
        assert isinstance(encoder, TopicEncoder)
        return encoder

    def _local_norm(self, language: str) -> ShiftBatchNorm:
        norm = self.local_decoder_norm[module_key(language)]
        assert isinstance(norm, ShiftBatchNorm)
        return norm
