"""The training loop: batches that cycle the smaller languages, Adam, a schedule by epochs, a history of the loss."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray

from gloctm.augmentation import augment
from gloctm.corpus.corpus import Corpus
from gloctm.errors import InputError, ShortTrainingWarning, SmallCorpusWarning, TrainingError
from gloctm.network.initialization import make_generator
from gloctm.network.network import GloCTMNetwork, LanguageBatch, LanguageNoise
from gloctm.network.sparse import SparseRows
from gloctm.progress import Progress, track

# Measured on the embedded corpus with its preset and four languages: of 12 themes, as many as have one topic in every
# language are 12 with 96 documents a language, 10 with 60, 6 with 36.
FEW_DOCUMENTS = 100

# The sum of the learning rate over all steps, which is about how far Adam can move a weight. Measured on the embedded
# corpus: of 12 themes, as many as own one topic in every language are 12 at about 10 (its preset, or 4,800 steps at the
# published rate), 4 at 1.0 (600 epochs as published, which there are 1,200 steps), 1 at 0.6 (150 epochs).
SHORT_TRAINING = 5.0

# Batches that are gathered at once: one gather costs about as much as one batch's would.
GATHERED_BATCHES = 32


@dataclass(frozen=True)
class TrainingSettings:
    """What the loop needs to know; the estimator documents each setting."""

    num_topics: int
    num_neighbors: int
    kl_weight: float
    cka_weight: float
    local_hidden_size: int
    global_hidden_size: int
    dropout: float
    epochs: int
    batch_size: int
    learning_rate: float
    decay_every: int
    decay_factor: float
    device: str
    threads: int | None


@dataclass(frozen=True)
class EpochLoss:
    """Mean loss over an epoch's batches: the terms of ``LossTerms`` and their sum."""

    epoch: int
    loss: float
    local: float
    shared: float
    regularization: float
    cka: float


@dataclass(frozen=True)
class TrainingResult:
    """The trained network as arrays by name, and how the loss went."""

    weights: dict[str, NDArray[np.float32]]
    history: list[dict[str, float]]


class Batches:
    """All documents of all languages on one device, and the batches of an epoch.

    Args:
        corpus: with embeddings.
        num_neighbors: k of the augmentation.
        device: where the tensors lie.
    """

    def __init__(self, corpus: Corpus, num_neighbors: int, device: torch.device) -> None:
        counts = {language: part.counts for language, part in corpus.items()}
        words = {language: np.asarray(part.word_embeddings) for language, part in corpus.items()}
        global_counts = augment(counts, words, num_neighbors)
        self._counts = {language: _DocumentRows(matrix, device) for language, matrix in counts.items()}
        self._global_counts = {language: _DocumentRows(matrix, device) for language, matrix in global_counts.items()}
        self._embeddings = {
            language: _EmbeddingRows(part.document_embeddings, device)
            for language, part in corpus.items()
            if part.document_embeddings is not None
        }
        self.device = device
        self.length = max(part.num_documents for part in corpus.values())

    def epoch(self, batch_size: int, generator: torch.Generator) -> Iterator[dict[str, LanguageBatch]]:
        """The batches of one epoch: the largest language once, every smaller one cycled.

        Index i of a shuffled range stands for document i mod D_l of each language. A last batch of one document is
        joined to the one before, because batch norm needs two.
        """
        order = torch.randperm(self.length, generator=generator)
        sizes = self.batch_sizes(batch_size)
        for first in range(0, len(sizes), GATHERED_BATCHES):
            together = sizes[first : first + GATHERED_BATCHES]
            rows, order = order[: sum(together)], order[sum(together) :]
            taken = [
                (
                    language,
                    self._counts[language].batches(rows, together),
                    self._global_counts[language].batches(rows, together),
                    self._embeddings[language].batches(rows, together),
                )
                for language in self._counts
            ]
            for _ in together:
                yield {
                    language: LanguageBatch(next(counts), next(global_counts), next(embeddings))
                    for language, counts, global_counts, embeddings in taken
                }

    def batch_sizes(self, batch_size: int) -> list[int]:
        """Documents of each language in each batch of an epoch."""
        whole, rest = divmod(self.length, batch_size)
        sizes = [batch_size] * whole
        if rest == 1 and whole:
            sizes[-1] += 1
        elif rest:
            sizes.append(rest)
        return sizes

    def num_batches(self, batch_size: int) -> int:
        """How many batches an epoch has."""
        return len(self.batch_sizes(batch_size))


class _DocumentRows:
    """The counts of a language's documents on a device."""

    def __init__(self, matrix: sp.csr_array, device: torch.device) -> None:
        self._rows = SparseRows.from_scipy(matrix, device=device)
        # Known here too, so that no device has to be asked for a size.
        self._lengths = torch.as_tensor(np.diff(matrix.indptr).astype(np.int64))

    def batches(self, rows: torch.Tensor, sizes: Sequence[int]) -> Iterator[SparseRows]:
        """Rows (modulo their number) in batches of these sizes; gathered at once, a batch is a slice."""
        chosen = rows % len(self._lengths)
        ends = self._lengths[chosen].cumsum(0)[torch.as_tensor(sizes).cumsum(0) - 1].tolist()
        gathered = self._rows.take(chosen.to(self._rows.indices.device), total=ends[-1])
        return gathered.slices(sizes, ends)


class _EmbeddingRows:
    """The embeddings of a language's documents: on another device, or else where they are, which may be a disk."""

    def __init__(self, embeddings: NDArray[np.float32], device: torch.device) -> None:
        self._array = embeddings
        # A copy: torch must not be given a read-only memory map.
        self._tensor = None if device.type == "cpu" else torch.from_numpy(np.array(embeddings)).to(device)

    def batches(self, rows: torch.Tensor, sizes: Sequence[int]) -> Iterator[torch.Tensor]:
        """Rows (modulo their number) in batches of these sizes."""
        chosen = rows % len(self._array)
        if self._tensor is None:
            gathered = torch.from_numpy(np.asarray(self._array[chosen.numpy()]))
        else:
            gathered = self._tensor[chosen.to(self._tensor.device)]
        return iter(torch.split(gathered, list(sizes)))


def choose_device(device: str) -> torch.device:
    """``"auto"`` is CUDA where there is any, else the CPU; anything else is taken at its word and checked."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
        torch.empty(1, device=chosen)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"device {device!r} can't be used here ({reason}): use auto, cpu or cuda") from None
    return chosen


@contextlib.contextmanager
def thread_count(threads: int | None) -> Iterator[None]:
    """Let torch use this many threads within the block; None leaves its own choice."""
    before = torch.get_num_threads()
    if threads is not None:
        torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def train(corpus: Corpus, settings: TrainingSettings, *, seed: int, show_progress: bool) -> TrainingResult:
    """Train a network on a corpus.

    Args:
        corpus: with word and document embeddings.
        settings: see the estimator.
        seed: owns every random number: starts, shuffling, noise, dropout.
        show_progress: whether progress is shown on standard error.

    Raises:
        TrainingError: the loss stopped being finite.
    """
    for language, part in corpus.items():
        if part.num_documents < 2:
            # Its batches would be copies of the one document, and batch norm would learn a variance of zero.
            raise InputError(f"language {language!r} has one document: training needs at least two in each language")
        if part.num_documents < FEW_DOCUMENTS:
            warnings.warn(
                f"language {language!r} has {part.num_documents} documents: with fewer than about {FEW_DOCUMENTS} its "
                "topics may not be those of the other languages",
                SmallCorpusWarning,
                stacklevel=3,
            )
    device = choose_device(settings.device)
    with thread_count(settings.threads):
        batches = Batches(corpus, settings.num_neighbors, device)
        network = GloCTMNetwork(
            {language: part.num_words for language, part in corpus.items()},
            settings.num_topics,
            local_hidden_size=settings.local_hidden_size,
            global_hidden_size=settings.global_hidden_size,
            dropout=settings.dropout,
            kl_weight=settings.kl_weight,
            cka_weight=settings.cka_weight,
            seed=seed,
        ).to(device)
        steps = batches.num_batches(settings.batch_size) * settings.epochs
        if total_learning_rate(settings, batches.num_batches(settings.batch_size)) < SHORT_TRAINING:
            warnings.warn(
                f"training has {steps} steps, few for a learning rate of {settings.learning_rate:g}: the languages' "
                "topics may not meet; take smaller batches, a higher rate, or more epochs that decay later, as the "
                "preset demo does",
                ShortTrainingWarning,
                stacklevel=3,
            )
        with track("training", steps, "steps", show=show_progress) as progress:
            history = _run(network, batches, settings, seed, progress)
    return TrainingResult(
        weights={name: tensor.detach().cpu().numpy() for name, tensor in network.state_dict().items()},
        history=[asdict(epoch) for epoch in history],
    )


def total_learning_rate(settings: TrainingSettings, steps_per_epoch: int) -> float:
    """The learning rate summed over all steps of a training."""
    rates = (
        settings.learning_rate * settings.decay_factor ** (epoch // settings.decay_every)
        for epoch in range(settings.epochs)
    )
    return steps_per_epoch * sum(rates)


def _run(
    network: GloCTMNetwork, batches: Batches, settings: TrainingSettings, seed: int, progress: Progress
) -> list[EpochLoss]:
    optimizer = torch.optim.Adam(network.parameters(), lr=settings.learning_rate, fused=True)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, settings.decay_every, settings.decay_factor)
    shuffling = make_generator(seed, "shuffling")
    noise = {language: make_generator(seed, "noise", language, device=batches.device) for language in network.languages}
    history: list[EpochLoss] = []
    note = ""
    network.train()
    for epoch in range(1, settings.epochs + 1):
        # Summed on the device and read once an epoch: reading waits for a GPU.
        total = torch.zeros(4, dtype=torch.float64, device=batches.device)
        count = 0
        for batch in batches.epoch(settings.batch_size, shuffling):
            if count:
                progress.advance(note=note)
            draws = draw_noise(batch, settings.num_topics, noise)
            optimizer.zero_grad(set_to_none=True)
            terms = network(batch, draws, noise)
            terms.total.backward()
            optimizer.step()
            total += terms.detached()
            count += 1
        schedule.step()
        local, shared, regularization, cka = (total / count).tolist()
        loss = local + shared + regularization + cka
        if not np.isfinite(loss):
            raise TrainingError(f"the loss is not finite after epoch {epoch}: lower the learning rate or the weights")
        history.append(EpochLoss(epoch, loss, local, shared, regularization, cka))
        note = (
            f"epoch {epoch}/{settings.epochs} loss {loss:.1f} = local {local:.1f} + global {shared:.1f} "
            f"+ KL {regularization:.1f} + CKA {cka:.1f}"
        )
        # The epoch's last step is reported here, with the epoch's loss.
        progress.advance(note=note)
    return history


def draw_noise(
    batch: Mapping[str, LanguageBatch], num_topics: int, generators: Mapping[str, torch.Generator]
) -> dict[str, LanguageNoise]:
    """Standard normal draws for a batch, each language from a generator of its own."""
    draws = {}
    for language, part in batch.items():
        generator = generators[language]
        shape = (2, len(part.counts), num_topics)
        local, shared = torch.randn(shape, generator=generator, device=generator.device)
        draws[language] = LanguageNoise(local, shared)
    return draws
