"""ZeroShotTM, trained on every language.

An inference network reads multilingual embeddings of documents, and ProdLDA's decoder says their words (Bianchi,
Terragni, Hovy, Nozza, Fersini: Cross-lingual Contextualized Topic Models with Zero-shot Learning, EACL 2021). The paper
trains on one language and infers θ for others, which then have no words of their own. Here the inference network is
shared by all languages, and each has a decoder of its own, topic-word weights and batch norm: topic k is the same theme
in all of them in so far as one network reads all of them.

Certain, from the paper or what its authors' program shows of itself: two hidden layers of 100 with softplus, dropout
0.2 (of the last hidden layer and of θ), batch norms of μ, log σ² and the words that learn neither scale nor shift, Adam
with a learning rate of 2e-3 and both decays at 0.99, batches of 64, 100 epochs, a prior that is learned, from the
Laplace approximation of Dirichlet(1) on. Not certain: whether the paper's figures were made with exactly these defaults
of the program.

Chosen here: an epoch goes once through the largest language and cycles the others; a batch has 64 documents of each;
the encoder's batch norm is over those of all languages together, or it would take away in training what tells
languages apart, and not in inference; the logarithm of the prior's variance is learned.

Compared once with the authors' program, ``contextualized-topic-models`` 2.6.1, which was trained on one of two
languages and this on both: 1,000 planted documents of ten themes, 20 topics, 60 epochs, one seed, all else as above.
Topics in that language: TU 0.55 (the program's 0.53), NPMI in its documents 0.429 (0.427), all words of their topic's
theme (all), all ten themes found (all), 19.9 topics in use (19.9, e to the entropy of the mean θ), all documents of
both languages in a topic of their theme (all). With batch norms that learn a shift fewer topics stay in use: 18.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from baselines.embeddings import Array, document_embeddings
from baselines.product_decoder import ProductDecoder
from baselines.training import Rows, TrainingPlan, counts_on, seeded_linear, train
from gloctm import Corpus
from gloctm.model import top_words, topic_proportions
from gloctm.model.parameters import module_key
from gloctm.network import Posterior, SparseRows, dropout, kl_between, make_generator
from gloctm.training.device import choose_device, thread_count

# Documents at a time in inference.
BLOCK_ROWS = 4096


def fixed_norm(size: int) -> nn.BatchNorm1d:
    """A batch norm that learns neither scale nor shift."""
    return nn.BatchNorm1d(size, affine=False)


class EmbeddingEncoder(nn.Module):
    """Document embeddings in, posterior of the latent topics out.

    Linear → softplus for each hidden layer, → dropout → two heads, each with batch norm over the topics.

    Args:
        dimension: of the embeddings.
        hidden_sizes: width of each hidden layer.
        num_topics: K.
        dropout_rate: of the last hidden layer and of θ.
        generator: starts the weights.
    """

    def __init__(
        self,
        dimension: int,
        hidden_sizes: tuple[int, ...],
        num_topics: int,
        dropout_rate: float,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.dropout_rate = dropout_rate
        widths = (dimension, *hidden_sizes)
        self.hidden = nn.ModuleList([seeded_linear(before, after, generator) for before, after in pairwise(widths)])
        self.mean = seeded_linear(widths[-1], num_topics, generator)
        self.log_variance = seeded_linear(widths[-1], num_topics, generator)
        self.mean_norm = fixed_norm(num_topics)
        self.log_variance_norm = fixed_norm(num_topics)

    def forward(self, embeddings: Tensor, generator: torch.Generator) -> Posterior:
        """Infer and sample; the generator draws noise and dropout."""
        hidden = embeddings
        for layer in self.hidden:
            hidden = F.softplus(layer(hidden))
        rate = self.dropout_rate if self.training else 0.0
        hidden = dropout(hidden, rate, generator)
        mean = self.mean_norm(self.mean(hidden))
        log_variance = self.log_variance_norm(self.log_variance(hidden))
        noise = torch.randn(mean.shape, generator=generator, device=mean.device)
        theta = F.softmax(mean + noise * torch.exp(0.5 * log_variance), dim=1)
        return Posterior(mean, log_variance, dropout(theta, rate, generator))


class ZeroShotNetwork(nn.Module):
    """One encoder, a prior, and a decoder for each language.

    Args:
        dimension: of document embeddings.
        vocabulary_sizes: V_l of each language.
        hidden_sizes: of the encoder.
        num_topics: K.
        dropout_rate: see ``EmbeddingEncoder``.
        learn_prior: whether the prior's mean and variance are learned; they stay where they start if not.
        seed: starts the weights.
    """

    def __init__(
        self,
        dimension: int,
        vocabulary_sizes: Mapping[str, int],
        hidden_sizes: tuple[int, ...],
        num_topics: int,
        dropout_rate: float,
        *,
        learn_prior: bool,
        seed: int,
    ) -> None:
        super().__init__()
        self.encoder = EmbeddingEncoder(
            dimension, hidden_sizes, num_topics, dropout_rate, make_generator(seed, "zeroshot", "encoder")
        )
        self.decoders = nn.ModuleDict(
            {
                module_key(language): ProductDecoder(
                    num_topics, size, make_generator(seed, "zeroshot", "decoder", language), fixed_norm(size)
                )
                for language, size in vocabulary_sizes.items()
            }
        )
        self.prior_mean = nn.Parameter(torch.zeros(1, num_topics), requires_grad=learn_prior)
        variance = torch.full((1, num_topics), 1 - 1 / num_topics)
        self.prior_log_variance = nn.Parameter(variance.log(), requires_grad=learn_prior)

    def topic_word(self, language: str) -> Array:
        """β of a language, ``(K, V)``."""
        return self.decoders[module_key(language)].get_parameter("topic_word").detach().cpu().numpy()

    def forward(
        self, embeddings: Mapping[str, Tensor], counts: Mapping[str, SparseRows], generator: torch.Generator
    ) -> Tensor:
        """Reconstruction and KL, averaged over each language's batch and summed over languages."""
        posterior = self.encoder(torch.cat(list(embeddings.values())), generator)
        thetas = torch.split(posterior.theta, [len(each) for each in embeddings.values()])
        prior = Posterior(self.prior_mean, self.prior_log_variance, posterior.theta)
        # All batches have one size, so the mean over all documents is the mean of the languages' means.
        loss = kl_between(posterior, prior) * len(thetas)
        for (language, rows), theta in zip(counts.items(), thetas, strict=True):
            loss = loss + self.decoders[module_key(language)](theta, rows)
        return loss


@dataclass(kw_only=True, eq=False)
class ZeroShotTM:
    """See the module. θ is softmax(μ), without noise; it is had for any language the encoder knows.

    Args:
        num_topics: K.
        seed: owns every random number.
        epochs: passes over the largest language.
        threads: of torch.
        show_progress: whether progress is shown.
        hidden_sizes: width of each hidden layer.
        dropout_rate: of the last hidden layer and of θ.
        batch_size: documents of each language.
        learning_rate: Adam's.
        betas: Adam's decays of the moments.
        learn_prior: whether the prior is learned.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
    """

    num_topics: int = 50
    seed: int = 0
    epochs: int = 100
    threads: int = 1
    show_progress: bool = False
    hidden_sizes: tuple[int, ...] = (100, 100)
    dropout_rate: float = 0.2
    batch_size: int = 64
    learning_rate: float = 2e-3
    betas: tuple[float, float] = (0.99, 0.99)
    learn_prior: bool = True
    device: str = "auto"
    name: str = field(default="ZeroShotTM", init=False)
    published_epochs: int | None = field(default=100, init=False)
    training_seconds: float | None = field(default=None, init=False)

    def fit(self, corpus: Corpus, checkpoint: Path | None = None) -> Self:
        """Train.

        Raises:
            InputError: no document embeddings, or of several dimensions.
        """
        device = choose_device(self.device)
        vectors = document_embeddings(corpus, self.name)
        self._dimension = next(iter(vectors.values())).shape[1]
        self._vocabulary = {language: list(part.vocabulary) for language, part in corpus.items()}
        self._network = ZeroShotNetwork(
            self._dimension,
            {language: part.num_words for language, part in corpus.items()},
            self.hidden_sizes,
            self.num_topics,
            self.dropout_rate,
            learn_prior=self.learn_prior,
            seed=self.seed,
        ).to(device)
        documents = {language: torch.tensor(np.array(each), device=device) for language, each in vectors.items()}
        counts = counts_on(corpus, device)
        generator = make_generator(self.seed, "zeroshot", "noise", device=device)

        def terms_of(batch: Rows) -> dict[str, Tensor]:
            rows = {language: each.to(device) for language, each in batch.items()}
            loss: Tensor = self._network(
                {language: documents[language][each] for language, each in rows.items()},
                {language: counts[language].take(each) for language, each in rows.items()},
                generator,
            )
            return {"model": loss}

        record = train(
            self._network,
            terms_of,
            corpus,
            TrainingPlan(self.epochs, self.batch_size, self.learning_rate, self.betas, threads=self.threads),
            generators={"noise": generator},
            seed=self.seed,
            name=self.name,
            settings=self.settings(),
            show_progress=self.show_progress,
            checkpoint=checkpoint,
        )
        self.losses = [epoch["loss"] for epoch in record.history]
        self.training_seconds = record.seconds
        return self

    def top_words(self, num_words: int) -> dict[str, list[list[str]]]:
        """By β_l."""
        return {
            language: top_words(self._network.topic_word(language), vocabulary, num_words)
            for language, vocabulary in self._vocabulary.items()
        }

    def features(self, corpus: Corpus) -> dict[str, Array]:
        """The latent means μ."""
        vectors = document_embeddings(corpus, self.name, dimension=self._dimension)
        with thread_count(self.threads):
            return {language: self._means(each) for language, each in vectors.items()}

    @torch.no_grad()
    def _means(self, vectors: Array) -> Array:
        device = self._network.prior_mean.device
        unused = make_generator(self.seed, "zeroshot", "inference", device=device)
        blocks = [
            self._network.encoder(torch.tensor(np.array(vectors[start : start + BLOCK_ROWS]), device=device), unused)
            for start in range(0, len(vectors), BLOCK_ROWS)
        ]
        return np.concatenate([block.mean.cpu().numpy() for block in blocks])

    def theta(self, corpus: Corpus) -> dict[str, Array]:
        """softmax(μ)."""
        return {language: topic_proportions(means) for language, means in self.features(corpus).items()}

    def settings(self) -> dict[str, Any]:
        """What a result says of the model."""
        said: dict[str, Any] = {
            "num_topics": self.num_topics,
            "seed": self.seed,
            "epochs": self.epochs,
            "hidden_sizes": list(self.hidden_sizes),
            "dropout_rate": self.dropout_rate,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "betas": list(self.betas),
            "learn_prior": self.learn_prior,
        }
        return {
            **said,
            # Defaults of the program: the paper's figures may have been made with others.
            "uncertain": [name for name in said if name not in ("num_topics", "seed")],
            "deviations": [
                "trained on every language, each with a decoder of its own",
                "batches hold documents of every language, normalised together in the encoder",
            ],
        }

    def details(self) -> dict[str, Any]:
        """The loss of the last epoch."""
        return {"last_epoch": {"loss": self.losses[-1]}}
