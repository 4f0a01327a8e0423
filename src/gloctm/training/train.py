"""Training of a network on a corpus: what comes before the loop and after it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gloctm.corpus.corpus import Corpus
from gloctm.corpus.validation import check_document_counts
from gloctm.errors import FileFormatError
from gloctm.files.atomic import remove_leftovers
from gloctm.progress import track
from gloctm.training.batches import Batches, BatchSource
from gloctm.training.callbacks import Callback
from gloctm.training.checkpoint import CheckpointPolicy, CheckpointWriter, check_identity
from gloctm.training.device import choose_device, thread_count
from gloctm.training.interrupts import Stop, waiting_interrupts
from gloctm.training.loop import TrainingLoop
from gloctm.training.settings import TrainingSettings, resolve_seed
from gloctm.training.streamed import BlockedCorpus, StreamedBatches

# What may differ between the part of a training before a checkpoint and the part after it. The kind of device may not:
# generators of random numbers differ.
_FREE_TO_DIFFER = ("device", "threads")
# A corpus in memory is shuffled as a whole.
_OF_STREAMS = ("shuffle_documents",)


@dataclass(frozen=True)
class TrainingResult:
    """The trained network.

    Attributes:
        weights: its arrays by name.
        seed: the seed that was used.
        history: the mean loss of each epoch and its terms.
    """

    weights: dict[str, NDArray[np.float32]]
    seed: int
    history: list[dict[str, float]]


def train(
    corpus: Corpus | BlockedCorpus,
    settings: TrainingSettings,
    *,
    seed: int | None,
    show_progress: bool,
    checkpoints: CheckpointPolicy | None = None,
    callbacks: Sequence[Callback] = (),
    stop: Stop | None = None,
) -> TrainingResult:
    """Train a network on a corpus.

    Args:
        corpus: with word and document embeddings; one on disk is read window by window.
        settings: see ``GloCTM``.
        seed: owns every random number: starts, shuffling, noise, dropout. None takes the checkpoint's, or a fresh one.
        show_progress: whether progress is shown on standard error.
        checkpoints: where checkpoints go; None writes none.
        callbacks: called after every epoch.
        stop: asked after every step whether to stop, which needs ``checkpoints``. None stops at an interrupt (Ctrl-C)
            or SIGTERM.

    Raises:
        InputError: the corpus is too small, or the checkpoint there is of another training or not to be resumed.
        TrainingError: the loss stopped being finite.
        TrainingInterrupted: training was stopped; the checkpoint holds all that was done.
    """
    # Batches of a single document would be copies of it, and batch norm would learn a variance of zero.
    check_document_counts({language: part.num_documents for language, part in corpus.items()})
    device = choose_device(settings.device)
    started = None if checkpoints is None else checkpoints.state_to_resume()
    if seed is None:
        seed = resolve_seed(None) if started is None else int(started.identity["random_state"])
    identity: dict[str, Any] = {}
    if checkpoints is not None:
        free = _FREE_TO_DIFFER + (_OF_STREAMS if isinstance(corpus, Corpus) else ())
        identity = {name: value for name, value in asdict(settings).items() if name not in free}
        identity |= {"random_state": seed, "device": device.type, "corpus": corpus.fingerprint()}
        if started is not None:
            check_identity(checkpoints.path, started.identity, identity)
        remove_leftovers(checkpoints.path)
    with thread_count(settings.threads), ExitStack() as closing:
        batches: BatchSource
        if isinstance(corpus, Corpus):
            batches = _resident(corpus, settings, device, show_progress)
        else:
            batches = closing.enter_context(_streamed(corpus, settings, device, seed, show_progress))
        vocabulary_sizes = {language: part.num_words for language, part in corpus.items()}
        loop = TrainingLoop(vocabulary_sizes, batches, settings, seed, identity)
        if checkpoints is not None and started is not None:
            try:
                loop.restore(started)
            except (KeyError, RuntimeError, ValueError):
                raise FileFormatError(
                    f"{checkpoints.path} is damaged, parts of it are missing: delete it to start again"
                ) from None
        with (
            track("training", loop.num_steps - loop.step, "steps", show=show_progress) as progress,
            waiting_interrupts(wait=checkpoints is not None and stop is None) as interrupted,
        ):
            loop.run(progress, callbacks, CheckpointWriter(checkpoints, loop.state), stop or interrupted)
    return TrainingResult(loop.weights(), seed, loop.history)


def _resident(corpus: Corpus, settings: TrainingSettings, device: torch.device, show_progress: bool) -> Batches:
    """Return the batches of a corpus in memory."""
    return Batches(
        corpus,
        settings.num_neighbors,
        device,
        neighbor_search=settings.neighbor_search,
        show_progress=show_progress,
    )


def _streamed(
    corpus: BlockedCorpus, settings: TrainingSettings, device: torch.device, seed: int, show_progress: bool
) -> StreamedBatches:
    """Return the batches of a corpus on disk."""
    return StreamedBatches(
        corpus,
        settings.num_neighbors,
        device,
        seed=seed,
        shuffle_documents=settings.shuffle_documents,
        neighbor_search=settings.neighbor_search,
        show_progress=show_progress,
    )
