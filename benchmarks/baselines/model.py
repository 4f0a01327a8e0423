"""What the quality benchmark asks of a model, and GloCTM in that form."""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from gloctm import Corpus, GloCTM
from gloctm.context import coherent_words
from gloctm.files.atomic import atomic_file
from gloctm.model import top_words, topic_proportions
from gloctm.training import Callback, TrainingRun, get_preset
from gloctm.training.settings import CONTEXT_SETTINGS, PUBLISHED_SETTINGS

Array = NDArray[np.float32]

# Settings of the default method that say which model it is; seed words guide none here.
_CHOSEN = ("num_near_documents", "num_refinements", "temperature")


class TopicModel(Protocol):
    """A model that the quality benchmark can measure.

    Attributes:
        name: as in tables.
        published_epochs: how long the authors train it; None where there is nothing to iterate.
        training_seconds: that the processor spent on training, of all its parts where it was stopped and went on; None
            before, and where it is not known.
    """

    name: str
    published_epochs: int | None
    training_seconds: float | None

    def fit(self, corpus: Corpus, checkpoint: Path | None = None) -> Self:
        """Train on a corpus with word and document embeddings and labels; labels are not looked at.

        Args:
            corpus: trained on.
            checkpoint: a file that keeps the state of a long training, and from which it goes on.
        """
        ...

    def top_words(self, num_words: int) -> dict[str, list[list[str]]]:
        """For each language its topics, each a list of words, best first."""
        ...

    def features(self, corpus: Corpus) -> dict[str, Array]:
        """What classifiers are given, ``(D, K)``: latent means where the model has them, else θ."""
        ...

    def theta(self, corpus: Corpus) -> dict[str, Array]:
        """The topic proportions of a corpus with the vocabulary of training, ``(D, K)``, rows summing to 1."""
        ...

    def settings(self) -> dict[str, Any]:
        """Every setting, as JSON holds it, and what is to be known of them.

        ``uncertain`` names the settings, ``epochs`` among them, that are not certain to be the authors';
        ``deviations`` says what is done otherwise than by the authors, or is not known of them.
        """
        ...

    def details(self) -> dict[str, Any]:
        """What training found out besides the topics, as JSON holds it."""
        ...


class Stopwatch(Callback):
    """Counts what the processor spends on a training, and on those before that it goes on from.

    Args:
        kept: a file that holds the seconds after every epoch; None keeps none.
        before: spent before; None where that is not known, and then nothing is.
    """

    def __init__(self, kept: Path | None, before: float | None) -> None:
        self.kept, self.before, self.started = kept, before, time.process_time()

    def seconds(self) -> float | None:
        """All of them until now."""
        return None if self.before is None else self.before + time.process_time() - self.started

    def on_epoch_end(self, run: TrainingRun, epoch: Mapping[str, float]) -> None:
        """Keep them."""
        if self.kept is not None and (seconds := self.seconds()) is not None:
            with atomic_file(self.kept) as file:
                file.write(f"{seconds:.1f}")


class GloCTMModel:
    """GloCTM, by default or as a preset has it.

    Args:
        preset: see ``gloctm.training.presets``; None for the default method.
        via: by which encoders of a published model θ and features are inferred: ``"local"``, as published,
            ``"global"``, ``"both"`` for the mean of their μ, or None for the package's own choice.
        name: as in tables; the method's unless given, for variants.
        changes: of the settings, by the estimator's names, as a variant of the method needs them.
        num_topics: K; the preset's where None, or the package's.
        epochs: passes over the largest language; the preset's where None. The default method has none.
        seed: owns every random number.
        threads: of torch.
        device: see the estimator.
        show_progress: whether training shows progress.
    """

    def __init__(
        self,
        preset: str | None = None,
        *,
        via: Literal["local", "global", "both"] | None = None,
        name: str | None = None,
        changes: dict[str, Any] | None = None,
        num_topics: int | None = None,
        epochs: int | None = None,
        seed: int = 0,
        threads: int = 1,
        device: str = "auto",
        show_progress: bool = False,
    ) -> None:
        self.name = name or ("GloCTM" if preset is None else "GloCTM as published")
        self.preset = preset
        self.training_seconds: float | None = None
        self.coherent = False
        self._corpus: Corpus | None = None
        self.via: Literal["local", "global", "both"] | None = via
        self.published_epochs: int | None = None if preset is None else get_preset(preset)["epochs"]
        given = {"num_topics": num_topics, "epochs": epochs}
        self.changes = {**(changes or {}), **{key: value for key, value in given.items() if value is not None}}
        self.estimator = GloCTM(
            **{
                **({} if preset is None else get_preset(preset)),
                **self.changes,
                "random_state": seed,
                "threads": threads,
                "device": device,
                "show_progress": show_progress,
            }
        )

    def fit(self, corpus: Corpus, checkpoint: Path | None = None) -> Self:
        """Train; by the default method that takes no time that a checkpoint could save."""
        self._corpus = corpus
        if self.preset is None:
            started = time.process_time()
            self.estimator.fit(corpus)
            self.training_seconds = time.process_time() - started
            return self
        if checkpoint is None:
            watch = Stopwatch(None, 0.0)
        else:
            # GloCTM's checkpoints don't say how long the epochs took that are behind them.
            kept = checkpoint.with_name(f"{checkpoint.name}.seconds")
            before = float(kept.read_text("ascii")) if kept.exists() else None
            watch = Stopwatch(kept, before if checkpoint.exists() else 0.0)
        self.estimator.fit(corpus, checkpoint=checkpoint, resume=checkpoint is not None, callbacks=[watch])
        self.training_seconds = watch.seconds()
        return self

    @property
    def usual(self) -> dict[str, Any]:
        """Defaults that the preset leaves as they are: one that a later version adds makes no other model."""
        own = ("num_topics", "method", "ranking", *_CHOSEN)
        named = own if self.preset is None else get_preset(self.preset)
        usual = {name: value for name, value in GloCTM().get_params().items() if name not in named}
        # Results of a preset from before there was a choice of methods are of the same model.
        return usual if self.preset is None else {**usual, "method": "published"}

    def seen_by(self, via: Literal["local", "global", "both"], name: str) -> GloCTMModel:
        """The same trained model, θ and features by other encoders."""
        other = copy.copy(self)
        other.via, other.name = via, name
        return other

    def ranked_by_coherence(self, name: str) -> GloCTMModel:
        """The same trained model, a published one, words ranked as the default method ranks its own."""
        other = copy.copy(self)
        other.coherent, other.name = True, name
        return other

    def top_words(self, num_words: int) -> dict[str, list[list[str]]]:
        """As the model ranks them: the default method by coherence, the published one by β_l unless told otherwise."""
        ranked = self.estimator.word_scores_
        if self.coherent:
            assert self._corpus is not None
            ranked = coherent_words(self._corpus, self.estimator.topic_word_)
        return {
            language: top_words(scores, self.estimator.vocabulary_[language], num_words)
            for language, scores in ranked.items()
        }

    def features(self, corpus: Corpus) -> dict[str, Array]:
        """The latent means μ."""
        means = self.estimator.transform(corpus, via=self.via, latent=True)
        assert isinstance(means, dict)
        return means

    def theta(self, corpus: Corpus) -> dict[str, Array]:
        """softmax(μ)."""
        return {language: topic_proportions(means) for language, means in self.features(corpus).items()}

    def settings(self) -> dict[str, Any]:
        """The preset, what was changed, and every setting of the method."""
        foreign = PUBLISHED_SETTINGS if self.preset is None else CONTEXT_SETTINGS
        settings = {name: value for name, value in self.estimator.get_params().items() if name not in foreign}
        if self.coherent:
            settings["ranking"] = "coherence"
        own = {"preset": self.preset, "via": self.via, "changes": self.changes}
        return {**own, **settings, "uncertain": [], "deviations": []}

    def details(self) -> dict[str, Any]:
        """What the default method chose by the corpus, or the losses of the last epoch."""
        if self.preset is None:
            return {"chosen": {name: self.estimator.settings_[name] for name in _CHOSEN}}
        return {"last_epoch": self.estimator.history_[-1]}
