"""The floor: a topic model for each language on its own, topics matched afterwards.

Each language has a ProdLDA (Srivastava, Sutton: Autoencoding Variational Inference for Topic Models, ICLR 2017) that
knows of no other. The topics of every language are then matched one to one with those of the first language of the
corpus, by the multilingual embeddings of their top words: the topics' order is that of the first language, and which
language is first is the only thing that is not symmetrical. A cross-lingual model that does no better than
this has not learned anything from having the languages together.

Certain, from the paper: two hidden layers of 100, softplus, Adam with a learning rate of 2e-3 and a first decay of
0.99, batches of 200, dropout. Not certain: dropout at 0.2, and 100 epochs (there is no one number for every corpus).
Chosen here: the encoder is GloCTM's local one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.special import softmax
from torch import Tensor, nn

from baselines.embeddings import Array, centred_rows, unit_rows, word_embeddings
from baselines.product_decoder import ProductDecoder, arrays, encoded_means
from baselines.training import Rows, TrainingPlan, train
from gloctm import Corpus
from gloctm.model import top_words, topic_proportions
from gloctm.network import SparseRows, TopicEncoder, kl_to_prior, make_generator
from gloctm.training.device import choose_device


def topic_vectors(topic_word: Array, word_vectors: Array, num_words: int) -> Array:
    """The mean of the embeddings of each topic's top words, weighted by softmax(β), of length 1.

    Args:
        topic_word: β, ``(K, V)``.
        word_vectors: ``(V, dimension)``; centred and of length 1, so that languages can be compared.
        num_words: how many words of a topic count.

    Returns:
        ``(K, dimension)``.
    """
    top = np.argsort(-topic_word, axis=1, kind="stable")[:, :num_words]
    weights = softmax(np.take_along_axis(topic_word, top, axis=1), axis=1)
    return unit_rows(np.einsum("kw,kwd->kd", weights, word_vectors[top]))


def matched_order(first: Array, other: Array) -> NDArray[np.intp]:
    """For each topic of the first language that of the other which goes with it, one to one.

    Of all ways to pair them off it has the largest sum of cosines (Kuhn, 1955).

    Args:
        first: ``(K, dimension)``, rows of length 1.
        other: ``(K, dimension)``, rows of length 1.
    """
    _, order = linear_sum_assignment(first @ other.T, maximize=True)
    return np.asarray(order, np.intp)


class ProdLDA(nn.Module):
    """Encoder and decoder of one language.

    Args:
        language: its code.
        num_words: V.
        hidden_size: width of both hidden layers.
        num_topics: K.
        dropout_rate: of the second hidden layer and of θ.
        seed: starts the weights.
    """

    def __init__(
        self, language: str, num_words: int, hidden_size: int, num_topics: int, dropout_rate: float, *, seed: int
    ) -> None:
        super().__init__()
        self.num_topics = num_topics
        self.encoder = TopicEncoder(
            {language: num_words}, hidden_size, num_topics, dropout_rate=dropout_rate, seed=seed, name="monolingual"
        )
        self.decoder = ProductDecoder(num_topics, num_words, make_generator(seed, "monolingual", "decoder", language))

    def forward(self, counts: SparseRows, generator: torch.Generator) -> Tensor:
        """Reconstruction and KL, averaged over the batch."""
        shape = (len(counts), self.num_topics)
        noise = torch.randn(shape, generator=generator, device=counts.values.device)
        posterior = self.encoder(counts, noise, generator)
        loss: Tensor = self.decoder(posterior.theta, counts) + kl_to_prior(posterior)
        return loss


@dataclass(kw_only=True, eq=False)
class Monolingual:
    """See the module. θ is softmax(μ), topics in the order of the first language.

    Args:
        num_topics: K.
        seed: owns every random number; a language's training does not depend on the others.
        epochs: passes over each language.
        threads: of torch.
        show_progress: whether progress is shown.
        hidden_size: width of both hidden layers.
        dropout_rate: of the second hidden layer and of θ.
        batch_size: documents.
        learning_rate: Adam's.
        betas: Adam's decays of the moments.
        num_matching_words: how many top words topics are matched by.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
    """

    num_topics: int = 50
    seed: int = 0
    epochs: int = 100
    threads: int = 1
    show_progress: bool = False
    hidden_size: int = 100
    dropout_rate: float = 0.2
    batch_size: int = 200
    learning_rate: float = 2e-3
    betas: tuple[float, float] = (0.99, 0.999)
    num_matching_words: int = 15
    device: str = "auto"
    name: str = field(default="monolingual, matched", init=False)
    published_epochs: int | None = field(default=100, init=False)
    training_seconds: float | None = field(default=None, init=False)

    def fit(self, corpus: Corpus, checkpoint: Path | None = None) -> Self:
        """Train language after language, then match topics.

        Raises:
            InputError: no word embeddings.
        """
        vectors = {language: centred_rows(each) for language, each in word_embeddings(corpus, self.name).items()}
        self._vocabulary = {language: list(part.vocabulary) for language, part in corpus.items()}
        self._encoders: dict[str, Mapping[str, Array]] = {}
        self._topic_word: dict[str, Array] = {}
        self._order: dict[str, NDArray[np.intp]] = {}
        self.losses: dict[str, list[float]] = {}
        self.training_seconds = 0.0
        first = None
        for language in corpus:
            own = None if checkpoint is None else checkpoint.with_name(f"{checkpoint.name}-{language}")
            network = self._trained(language, corpus, own)
            self._encoders[language] = arrays(network.encoder)
            topic_word = network.decoder.scores()
            topics = topic_vectors(topic_word, vectors[language], self.num_matching_words)
            first = topics if first is None else first
            order = np.arange(self.num_topics) if topics is first else matched_order(first, topics)
            self._order[language] = order
            self._topic_word[language] = topic_word[order]
        return self

    def _trained(self, language: str, corpus: Corpus, checkpoint: Path | None) -> ProdLDA:
        part = corpus[language]
        device = choose_device(self.device)
        network = ProdLDA(
            language, part.num_words, self.hidden_size, self.num_topics, self.dropout_rate, seed=self.seed
        ).to(device)
        counts = SparseRows.from_scipy(part.counts, device=device, index_dtype=torch.int32)
        generator = make_generator(self.seed, "monolingual", "noise", language, device=device)

        def terms_of(batch: Rows) -> dict[str, Tensor]:
            return {"model": network(counts.take(batch[language].to(device)), generator)}

        record = train(
            network,
            terms_of,
            corpus,
            TrainingPlan(self.epochs, self.batch_size, self.learning_rate, self.betas, threads=self.threads),
            generators={"noise": generator},
            seed=self.seed,
            name=f"ProdLDA of {language}",
            settings=self.settings(),
            languages=(language,),
            show_progress=self.show_progress,
            checkpoint=checkpoint,
        )
        self.losses[language] = [epoch["loss"] for epoch in record.history]
        if self.training_seconds is not None:
            # Of both languages; not known where one's is not.
            self.training_seconds = None if record.seconds is None else self.training_seconds + record.seconds
        return network

    def top_words(self, num_words: int) -> dict[str, list[list[str]]]:
        """By β_l."""
        return {
            language: top_words(topic_word, self._vocabulary[language], num_words)
            for language, topic_word in self._topic_word.items()
        }

    def features(self, corpus: Corpus) -> dict[str, Array]:
        """The latent means μ, topics in the order of the first language."""
        means = {}
        for language, part in corpus.items():
            own = encoded_means(
                language, part, self._vocabulary.get(language), self._encoders.get(language, {}), self.name
            )
            means[language] = own[:, self._order[language]]
        return means

    def theta(self, corpus: Corpus) -> dict[str, Array]:
        """softmax(μ)."""
        return {language: topic_proportions(means) for language, means in self.features(corpus).items()}

    def settings(self) -> dict[str, Any]:
        """What a result says of the model."""
        return {
            "num_topics": self.num_topics,
            "seed": self.seed,
            "epochs": self.epochs,
            "hidden_size": self.hidden_size,
            "dropout_rate": self.dropout_rate,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "betas": list(self.betas),
            "num_matching_words": self.num_matching_words,
            "uncertain": ["epochs", "dropout_rate"],
            "deviations": ["the encoder is GloCTM's local one"],
        }

    def details(self) -> dict[str, Any]:
        """The loss of each language's last epoch."""
        return {"last_epoch": {language: losses[-1] for language, losses in self.losses.items()}}
