"""Training of a network on a corpus: what comes before the loop and after it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gloctm.corpus.corpus import Corpus
from gloctm.corpus.validation import check_document_counts
from gloctm.errors import FileFormatError, InputError
from gloctm.files.leftovers import remove_leftovers
from gloctm.network.decoder import LARGEST_BATCH
from gloctm.network.ranks import Ranks, alone
from gloctm.progress import track
from gloctm.training.batches import Batches, BatchSource
from gloctm.training.callbacks import Callback
from gloctm.training.checkpoint import CheckpointPolicy, CheckpointWriter, TrainingState, check_identity
from gloctm.training.device import choose_device, device_memory, own_device, thread_count
from gloctm.training.interrupts import Stop, agreed_stop, waiting_interrupts
from gloctm.training.loop import TrainingLoop
from gloctm.training.memory import check_training_memory
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
    ranks: Ranks | None = None,
) -> TrainingResult:
    """Train a network on a corpus, alone or together with other processes.

    Several processes compute what one computes, each with its rows of every batch: ``batch_size`` is that of the whole
    batch. All call this with the same arguments and get the same result within rounding of one process's. Checkpoints
    are the same for any number of processes. The first one writes them, shows progress and runs callbacks.

    Args:
        corpus: with word and document embeddings; one on disk is read window by window.
        settings: see ``GloCTM``.
        seed: owns every random number: starts, shuffling, noise, dropout. None takes the checkpoint's, or a fresh one.
        show_progress: whether progress is shown on standard error.
        checkpoints: where checkpoints go; None writes none.
        callbacks: called after every epoch.
        stop: asked after every step whether to stop, which needs ``checkpoints``. None stops at an interrupt (Ctrl-C)
            or SIGTERM. If one of several processes is to stop, all do, at the same step.
        ranks: the processes that train together, see ``gloctm.network.joined_ranks``; None for this one alone.

    Raises:
        InputError: the corpus is too small, or the checkpoint there is of another training or not to be resumed; more
            processes than documents in a batch, or processes with different corpora or settings.
        TrainingError: the loss stopped being finite, or another of the processes ended.
        TrainingInterrupted: training was stopped; the checkpoint holds all that was done.
    """
    ranks = ranks or alone()
    first = ranks.rank == 0
    show_progress = show_progress and first
    # Batches of a single document would be copies of it, and batch norm would learn a variance of zero.
    check_document_counts({language: part.num_documents for language, part in corpus.items()})
    device = choose_device(settings.device) if ranks.world == 1 else own_device(settings.device)
    vocabulary_sizes = {language: part.num_words for language, part in corpus.items()}
    check_training_memory(
        {**asdict(settings), "method": "published"},
        vocabulary_sizes,
        {language: part.num_documents for language, part in corpus.items()},
        ranks=ranks.world,
        available=device_memory(device),
    )
    started = None if checkpoints is None else checkpoints.state_to_resume()
    own_seed = seed
    if own_seed is None:
        own_seed = resolve_seed(None) if started is None else int(started.identity["random_state"])
    # Asked even of a process with a seed of its own: where others have none, they would wait.
    first_seed = int(ranks.from_first(lambda: str(own_seed)))
    seed = first_seed if seed is None else seed
    identity: dict[str, Any] = {}
    if checkpoints is not None or ranks.world > 1:
        free = _FREE_TO_DIFFER + (_OF_STREAMS if isinstance(corpus, Corpus) else ())
        identity = {name: value for name, value in asdict(settings).items() if name not in free}
        identity |= {"random_state": seed, "device": device.type, "corpus": corpus.fingerprint()}
        if checkpoints is not None and started is not None:
            check_identity(checkpoints.path, started.identity, identity)
        if ranks.world > 1:
            _check_joined(ranks, settings.batch_size, identity, started)
    if checkpoints is not None and first:
        remove_leftovers(checkpoints.path)
    with thread_count(settings.threads), ExitStack() as closing:
        batches: BatchSource
        if isinstance(corpus, Corpus):
            batches = _resident(corpus, settings, device, show_progress, ranks)
        else:
            batches = closing.enter_context(_streamed(corpus, settings, device, seed, show_progress, ranks))
        loop = TrainingLoop(vocabulary_sizes, batches, settings, seed, identity, ranks)
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
            stopping = stop or interrupted
            loop.run(
                progress,
                callbacks if first else (),
                CheckpointWriter(checkpoints, loop.state, writes=first),
                stopping if ranks.world == 1 else agreed_stop(stopping, ranks.largest),
            )
    return TrainingResult(loop.weights(), seed, loop.history)


def _check_joined(ranks: Ranks, batch_size: int, identity: Mapping[str, Any], started: TrainingState | None) -> None:
    """Raise the same InputError in all processes unless they can train together."""
    place = None if started is None else [len(started.history), started.batch]
    wanted, *others = map(json.loads, ranks.texts(json.dumps({**identity, "checkpoint": place})))
    for rank, found in enumerate(others, start=1):
        if different := [name for name in wanted if found.get(name) != wanted[name]]:
            raise InputError(
                f"process {rank} is to train otherwise than process 0, different in {', '.join(different)}: give all "
                "processes the same settings, corpus and checkpoint"
            )
    if batch_size < ranks.world:
        raise InputError(
            f"{ranks.world} processes can't share batches of {batch_size} documents: start at most {batch_size}, or "
            "raise batch_size"
        )
    if batch_size > LARGEST_BATCH:
        raise InputError(
            f"batch_size is {batch_size:,}, but processes that train together share at most {LARGEST_BATCH:,} "
            "documents of each language: lower it"
        )


def _resident(
    corpus: Corpus, settings: TrainingSettings, device: torch.device, show_progress: bool, ranks: Ranks
) -> Batches:
    """Return the batches of a corpus in memory."""
    return Batches(
        corpus,
        settings.num_neighbors,
        device,
        neighbor_search=settings.neighbor_search,
        show_progress=show_progress,
        ranks=ranks,
    )


def _streamed(
    corpus: BlockedCorpus,
    settings: TrainingSettings,
    device: torch.device,
    seed: int,
    show_progress: bool,
    ranks: Ranks,
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
        ranks=ranks,
    )
