"""What the bilingual neural baselines share: settings, decoders, training, topics and inference."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines.decoding import Memory, decoded_loss
from baselines.dictionary import two_languages, vocabularies
from baselines.settings import fingerprint
from baselines.training import Rows, TrainingPlan, counts_on, infer, train
from gloctm import Corpus
from gloctm.errors import InputError
from gloctm.model import top_words, topic_proportions
from gloctm.model.parameters import module_key
from gloctm.network import (
    Posterior,
    ShiftBatchNorm,
    SparseRows,
    kl_to_prior,
    make_generator,
    xavier_uniform,
)
from gloctm.training.device import choose_device

Array = NDArray[np.float32]
Vocabulary = Mapping[str, Sequence[str]]
# Matrices by what they are.
Sources = Mapping[str, sp.csr_array | Array]


class TopicNetwork(nn.Module, ABC):
    """A network that knows its topics and infers those of documents, with a decoder of its own for each language.

    A decoder is φ_l, ``(K, V_l)``, and a batch norm of words.

    Args:
        vocabulary_sizes: V_l of the two languages.
        num_topics: K.
        name: of the model, which starts no φ_l as another does.
        norm: the decoders' batch norm.
        seed: starts the weights.
    """

    def __init__(
        self,
        vocabulary_sizes: Mapping[str, int],
        num_topics: int,
        *,
        name: str,
        norm: type[ShiftBatchNorm] = ShiftBatchNorm,
        seed: int,
    ) -> None:
        super().__init__()
        self.num_topics = num_topics
        self.languages = two_languages(vocabulary_sizes)
        self.decoder_norm = nn.ModuleDict()
        self.phi = nn.ParameterDict()
        self._memory = {language: Memory() for language in vocabulary_sizes}
        for language, size in vocabulary_sizes.items():
            key = module_key(language)
            self.decoder_norm[key] = norm(size)
            generator = make_generator(seed, name, "phi", language)
            self.phi[key] = nn.Parameter(xavier_uniform((num_topics, size), generator))

    def forward(self, batch: Mapping[str, SparseRows], generators: Mapping[str, torch.Generator]) -> dict[str, Tensor]:
        """The terms of the loss, the noise drawn by each language's generator."""
        noise = {
            language: torch.randn(
                (len(rows), self.num_topics),
                generator=generators[language],
                device=generators[language].device,
            )
            for language, rows in batch.items()
        }
        return self.terms(batch, noise)

    def evidence_term(self, language: str, rows: SparseRows, posterior: Posterior, topic_word: Tensor) -> Tensor:
        """−Σ_v x_v log p_v + KL(q ‖ N(0, 1 − 1/K)), averaged over the batch, with p = softmax(BN_l(θ β_l)).

        Args:
            language: l.
            rows: x, the batch's documents.
            posterior: q, and θ drawn from it.
            topic_word: β_l, ``(K, V_l)``.
        """
        norm: Any = self.decoder_norm[module_key(language)]
        return decoded_loss(posterior.theta, topic_word, rows, norm, self._memory[language]) + kl_to_prior(posterior)

    @abstractmethod
    def terms(self, counts: Mapping[str, SparseRows], noise: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The terms of the loss by name, which are to be added.

        Args:
            counts: rows of each language.
            noise: ε, standard normal, ``(batch, K)`` of each.
        """

    @abstractmethod
    def latent_means(self, language: str, rows: SparseRows) -> Tensor:
        """μ of documents, ``(rows, K)``."""

    @abstractmethod
    def topic_word(self) -> dict[str, Tensor]:
        """For each language β_l, ``(K, V_l)``, unnormalised: by which words are ranked."""


@dataclass(kw_only=True, eq=False, repr=False)
class BilingualModel(ABC):
    """A model of two languages with a dictionary; see ``model.TopicModel`` and the models that derive from it.

    Args:
        dictionary: a file of translations or a folder of some, see ``dictionary.translation_matrix``.
        stems: for a side of the dictionary that is stemmed, see there.
        num_topics: K.
        hidden_size: width of the encoder's two hidden layers.
        epochs: passes over the larger language.
        batch_size: documents of each language in a step.
        learning_rate: of Adam.
        decay_every: epochs after which the learning rate is halved; None keeps it.
        seed: owns every random number.
        threads: of torch.
        device: see ``training.TrainingPlan``.
        show_progress: whether lines of progress go to standard error.
    """

    name: str = field(init=False)
    published_epochs: int | None = field(init=False)
    #: Settings that are not certain to be the authors'.
    uncertain: ClassVar[tuple[str, ...]] = ()
    #: What ``settings`` has in addition to the settings of all models.
    own_settings: ClassVar[tuple[str, ...]] = ()

    dictionary: str | os.PathLike[str]
    stems: Mapping[str, str] = field(default_factory=dict)
    num_topics: int = 50
    hidden_size: int
    epochs: int = 800
    batch_size: int = 200
    learning_rate: float = 2e-3
    decay_every: int | None = None
    seed: int = 0
    threads: int = 1
    device: str = "auto"
    show_progress: bool = False

    training_seconds: float | None = field(default=None, init=False)
    history: list[dict[str, float]] = field(default_factory=list, init=False)
    _network: TopicNetwork | None = field(default=None, init=False)
    _vocabulary: dict[str, list[str]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.stems = dict(self.stems)
        self.plan = TrainingPlan(
            self.epochs,
            self.batch_size,
            self.learning_rate,
            decay_every=self.decay_every,
            threads=self.threads,
            device=self.device,
        )
        if self.num_topics < 2:
            raise InputError(f"num_topics is {self.num_topics}: it must be 2 or more")

    @abstractmethod
    def read(self, vocabulary: Vocabulary) -> Sources:
        """What the model reads besides the corpus, for its words: fails at once if that is not there or of others."""

    @abstractmethod
    def build(self, corpus: Corpus, sources: Sources, device: torch.device) -> TopicNetwork:
        """The network for a corpus, at its start."""

    def fit(self, corpus: Corpus, checkpoint: Path | None = None) -> Self:
        """Train; neither embeddings nor labels of the corpus are looked at."""
        two_languages(corpus)
        device = choose_device(self.plan.device)
        sources = self.read(vocabularies(corpus))
        network = self.build(corpus, sources, device).to(device)
        counts = counts_on(corpus, device)
        generators = {language: make_generator(self.seed, "noise", language, device=device) for language in corpus}

        def terms_of(batch: Rows) -> dict[str, Tensor]:
            terms: dict[str, Tensor] = network(
                {language: counts[language].take(rows.to(device)) for language, rows in batch.items()}, generators
            )
            return terms

        record = train(
            network,
            terms_of,
            corpus,
            self.plan,
            generators=generators,
            seed=self.seed,
            name=self.name,
            settings={**self.settings(), **{name: fingerprint(matrix) for name, matrix in sources.items()}},
            show_progress=self.show_progress,
            checkpoint=checkpoint,
        )
        self.history, self.training_seconds = record.history, record.seconds
        self._network, self._vocabulary = network, vocabularies(corpus)
        return self

    @torch.no_grad()
    def top_words(self, num_words: int) -> dict[str, list[list[str]]]:
        """By β_l."""
        return {
            language: top_words(topic_word.cpu().numpy(), self._vocabulary[language], num_words)
            for language, topic_word in self._fitted().topic_word().items()
        }

    def features(self, corpus: Corpus) -> dict[str, Array]:
        """The latent means μ, as the running statistics of batch norm give them."""
        network = self._fitted()
        device = next(network.parameters()).device
        means = {}
        for language, part in corpus.items():
            if self._vocabulary.get(language) != list(part.vocabulary):
                raise InputError(f"the vocabulary of {language!r} is not that of training: give a corpus with the same")
            of_language = partial(network.latent_means, language)
            means[language] = infer(part.counts, of_language, device, threads=self.plan.threads)
        return means

    def theta(self, corpus: Corpus) -> dict[str, Array]:
        """softmax(μ)."""
        return {language: topic_proportions(means) for language, means in self.features(corpus).items()}

    def settings(self) -> dict[str, Any]:
        """Every setting but paths: checkpoints know what was read by fingerprints."""
        own = {name: getattr(self, name) for name in self.own_settings}
        return {
            "num_topics": self.num_topics,
            "hidden_size": self.hidden_size,
            "stems": self.stems,
            **own,
            "seed": self.seed,
            **asdict(self.plan),
            "uncertain": list(self.uncertain),
            "deviations": [f"words are linked by their stems, too, in {', '.join(self.stems)}"] if self.stems else [],
        }

    def details(self) -> dict[str, Any]:
        """The losses of the last epoch."""
        return {"last_epoch": self.history[-1]}

    def _fitted(self) -> TopicNetwork:
        if self._network is None:
            raise InputError(f"{self.name} is not trained yet: call fit first")
        return self._network
