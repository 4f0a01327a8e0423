"""Tokenizing blocks of documents, in several processes where that pays."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from gloctm.corpus.options import TextSettings
from gloctm.corpus.tokenization import TokenizedBlock, tokenize_block
from gloctm.engine.local import IDLE_SECONDS, available_cores, check_processes, watcher, worker_errors
from gloctm.reading.builder import Record

# Enough to keep a worker busy for a good part of a second, little enough to be sent and held many times over.
BLOCK_DOCUMENTS = 1000
BLOCK_CHARACTERS = 1_000_000
# With fewer blocks than this, starting worker processes takes longer than they save.
FEW_BLOCKS = 32


def in_blocks(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Yield records in blocks of similar size."""
    block: list[Record] = []
    characters = 0
    for record in records:
        block.append(record)
        characters += len(record["text"])
        if len(block) >= BLOCK_DOCUMENTS or characters >= BLOCK_CHARACTERS:
            yield block
            block, characters = [], 0
    if block:
        yield block


def tokenize_blocks(
    blocks: Iterable[list[Record]], settings: TextSettings, processes: int | None
) -> Iterator[tuple[list[Record], TokenizedBlock]]:
    """Yield blocks of records with their words, in order, tokenized in several processes where that pays.

    Args:
        blocks: read as they are needed; memory holds a few blocks per process.
        settings: how to tokenize.
        processes: how many. None uses all cores if there is much to do and the user brings no tokenizer, whose data
            would travel with each block.

    Raises:
        InputError: ``processes`` is no whole number of at least 1; a tokenizer of the user's own can't be sent to other
            processes; a process was ended from outside.
    """
    waiting = iter(blocks)
    processes = check_processes(processes, ", or None for all cores where that pays")
    if processes is None:
        first = list(islice(waiting, FEW_BLOCKS))
        processes = 1 if len(first) < FEW_BLOCKS or settings.tokenizers else available_cores()
        waiting = _chained(first, waiting)
    if processes == 1:
        for block in waiting:
            yield block, tokenize_block(_documents(block), settings)
        return
    from joblib import Parallel, delayed
    from joblib.externals.loky import get_reusable_executor

    # Two windows of blocks: while the workers tokenize one, the other is read here.
    window = 4 * processes
    work = delayed(tokenize_block)
    initializer, arguments = watcher()
    try:
        with (
            worker_errors("a tokenizer of your own can't be sent to other processes"),
            Parallel(
                n_jobs=processes,
                return_as="generator",
                pre_dispatch="all",
                batch_size=1,
                idle_worker_timeout=IDLE_SECONDS,
                initializer=initializer,
                initargs=arguments,
            ) as parallel,
        ):
            current = list(islice(waiting, window))
            while current:
                results = parallel(work(_documents(block), settings) for block in current)
                try:
                    upcoming = list(islice(waiting, window))
                except Exception:
                    # Results that nobody takes would become an error in another thread.
                    deque(results, maxlen=0)
                    raise
                yield from zip(current, results, strict=True)
                current = upcoming
    finally:
        # joblib keeps its processes for later; their dictionaries take memory that counting can use.
        get_reusable_executor().shutdown(wait=True)


def _documents(block: Sequence[Record]) -> list[tuple[str, str | None]]:
    return [(record["text"], record.get("lang")) for record in block]


def _chained(first: list[list[Record]], rest: Iterator[list[Record]]) -> Iterator[list[Record]]:
    held = deque(first)
    first.clear()
    while held:
        # Let go of a block once it has been handed out.
        yield held.popleft()
    yield from rest
