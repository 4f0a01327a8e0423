"""What the bilingual neural baselines share: settings, training, topics and inference."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines.dictionary import two_languages, vocabularies
from baselines.settings import fingerprint
from baselines.training import Rows, TrainingPlan, counts_on, infer, train
from gloctm import Corpus
from gloctm.errors import InputError
from gloctm.inference import topic_proportions
from gloctm.network.initialization import make_generator
from gloctm.network.sparse import SparseRows
from gloctm.topics import top_words
from gloctm.training import choose_device

Array = NDArray[np.float32]
Vocabulary = Mapping[str, Sequence[str]]
# Matrices by what they are.
Sources = Mapping[str, sp.csr_array | Array]


class TopicNetwork(nn.Module, ABC):
    """A network that knows its topics and infers those of documents."""

    num_topics: int

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


class BilingualModel(ABC):
    """A model of two languages with a dictionary; see ``model.TopicModel`` and the models that derive from it.

    Args:
        dictionary: see ``dictionary.translation_matrix``.
        stems: see there.
        num_topics: K.
        hidden_size: width of the encoder's two hidden layers.
        plan: how to train.
        seed: owns every random number.
        show_progress: whether lines of progress go to standard error.
    """

    name: str
    published_epochs: int | None
    #: Settings that are not certain to be the authors'.
    uncertain: ClassVar[tuple[str, ...]] = ()
    #: What ``settings`` tells beside the settings that all have.
    own_settings: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        *,
        dictionary: str | os.PathLike[str],
        stems: Mapping[str, str] | None,
        num_topics: int,
        hidden_size: int,
        plan: TrainingPlan,
        seed: int,
        show_progress: bool,
    ) -> None:
        if num_topics < 2:
            raise InputError(f"num_topics is {num_topics}: it must be 2 or more")
        self.dictionary = dictionary
        self.stems = dict(stems or {})
        self.num_topics = num_topics
        self.hidden_size = hidden_size
        self.plan = plan
        self.seed = seed
        self.show_progress = show_progress
        self.training_seconds: float | None = None
        self.history: list[dict[str, float]] = []
        self._network: TopicNetwork | None = None
        self._vocabulary: dict[str, list[str]] = {}

    @abstractmethod
    def read(self, vocabulary: Vocabulary) -> Sources:
        """What the model reads beside the corpus, for its words: fails at once if that is not there or of others."""

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
