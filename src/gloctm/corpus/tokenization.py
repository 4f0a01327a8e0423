"""Blocks of documents to blocks of words: the part of building a corpus that worker processes do.

``tokenize_block`` is a function of its block and the settings alone, so that blocks can be worked on anywhere, in any
number of processes, with the same result.
"""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from numbers import Integral
from pickle import PicklingError
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gloctm.errors import InputError, UnsegmentedLanguageWarning
from gloctm.languages import known_spelling, primary_subtag, without_region
from gloctm.reading.dropped import EXCERPT, DroppedDocument
from gloctm.reading.records import Record
from gloctm.text import Tokenizer, as_tokenizer, get_tokenizer
from gloctm.text import stop_words as default_stop_words
from gloctm.text.chinese import ChineseTokenizer, Conversion
from gloctm.text.lemmas import LEMMA_LANGUAGES

# Worker processes without work end after this time.
IDLE_SECONDS = 60
# How often a worker process looks whether the process that it works for is still there.
WATCH_SECONDS = 2

T = TypeVar("T")

NOT_WANTED = "language not wanted"

# Enough for a worker to be busy with for a good part of a second, little enough to be sent and held many times over.
BLOCK_DOCUMENTS = 1000
BLOCK_CHARACTERS = 1_000_000
# With fewer blocks than this, starting worker processes takes longer than they save.
FEW_BLOCKS = 32


@dataclass(frozen=True)
class TextSettings:
    """How texts become words.

    What is set for a language holds for its regional variants too (``en`` for ``en-GB``), unless these have their own.

    Attributes:
        tokenizers: a callable for each language where the default is not wanted.
        stop_words: the words to leave out, for each language where the default list is not wanted.
        more_stop_words: words to leave out besides, for each language.
        lemmas: whether words are brought to their dictionary form: for all languages that have a lemmatiser, or for
            those named.
        convert: the script that Chinese words are brought to; None leaves them.
        phrases: whether stop words stay among the others, as phrases need them.
        languages: where given, the languages wanted; documents identified as others are dropped.
        min_confidence: documents identified with less are dropped.
    """

    tokenizers: Mapping[str, Callable[[str], list[str]]] = field(default_factory=dict)
    stop_words: Mapping[str, frozenset[str]] = field(default_factory=dict)
    more_stop_words: Mapping[str, frozenset[str]] = field(default_factory=dict)
    lemmas: bool | frozenset[str] = False
    convert: Conversion | None = None
    phrases: bool = False
    languages: tuple[str, ...] | None = None
    min_confidence: float = 0.0

    def tokenizer(self, language: str) -> Tokenizer:
        """The tokeniser of a language: the user's own, or the default."""
        own = set_for(language, self.tokenizers)
        if own is not None:
            return as_tokenizer(own)
        return _default_tokenizer(language, self.wants_lemmas(language), self.convert)

    def check(self, language: str) -> None:
        """Raise or warn now of what cutting texts of this language will meet.

        Raises:
            MissingDependencyError: its tokeniser is not installed.

        Warns:
            UnsegmentedLanguageWarning: it has no tokeniser here.
        """
        if set_for(language, self.tokenizers) is None:
            get_tokenizer(language, lemmas=self.wants_lemmas(language))("")

    def stopped(self, language: str) -> frozenset[str]:
        """The words of a language that are left out."""
        chosen = set_for(language, self.stop_words)
        if chosen is None:
            chosen = default_stop_words(language, lemmas=self.wants_lemmas(language))
        return chosen | (set_for(language, self.more_stop_words) or frozenset())

    def wants_lemmas(self, language: str) -> bool:
        """Whether the words of a language are brought to their dictionary form."""
        if not isinstance(self.lemmas, bool):
            return language in self.lemmas or without_region(language) in self.lemmas
        own = set_for(language, self.tokenizers)
        return self.lemmas and own is None and primary_subtag(language) in LEMMA_LANGUAGES


def set_for(language: str, settings: Mapping[str, T]) -> T | None:
    """What is set for a language or else for the language that it is a regional variant of; None for neither."""
    found = settings.get(language)
    return settings.get(without_region(language)) if found is None else found


# A dictionary is loaded once a process, not once a block.
@lru_cache(maxsize=64)
def _default_tokenizer(language: str, lemmas: bool, convert: Conversion | None) -> Tokenizer:
    with warnings.catch_warnings():
        # Told once, by the process that asked.
        warnings.simplefilter("ignore", UnsegmentedLanguageWarning)
        tokenizer = get_tokenizer(language, lemmas=lemmas)
        if convert is None or tokenizer.name != ChineseTokenizer.name:
            return tokenizer
        return get_tokenizer(language, convert=convert)


@dataclass(frozen=True)
class Words:
    """The words of a block's documents in one language.

    Attributes:
        rows: where in the block these documents are.
        words: the distinct words.
        frequency: in how many of the documents each word is.
        tokens: the documents' words one after another, as positions in ``words``.
        lengths: how many of ``tokens`` each document has.
        stop_words: positions in ``words`` of stop words, where these were not left out.
        stopped: how many stop words there were.
    """

    rows: list[int]
    words: list[str]
    frequency: NDArray[np.int64]
    tokens: NDArray[np.int32]
    lengths: NDArray[np.int32]
    stop_words: list[int]
    stopped: int


@dataclass(frozen=True)
class TokenizedBlock:
    """What became of a block.

    Attributes:
        words: by language, in order of appearance.
        identified: for each document whose language was sought, its position, what was found and how surely.
    """

    words: dict[str, Words]
    identified: dict[int, tuple[str, float]]


def tokenize_block(block: Sequence[tuple[str, str | None]], settings: TextSettings) -> TokenizedBlock:
    """Cut the texts of a block into words.

    Args:
        block: text and language of each document; None has the language identified.
        settings: how.
    """
    unknown = [row for row, (_, language) in enumerate(block) if language is None]
    identified: dict[int, tuple[str, float]] = {}
    if unknown:
        from gloctm.text.identification import identify_languages

        found = identify_languages([block[row][0] for row in unknown])
        identified = {
            row: (known_spelling(language, settings.languages or ()), confidence)
            for row, (language, confidence) in zip(unknown, found, strict=True)
        }
    rows: dict[str, list[int]] = {}
    for row, (_, given) in enumerate(block):
        if given is not None:
            rows.setdefault(given, []).append(row)
        elif is_wanted(*identified[row], settings):
            rows.setdefault(identified[row][0], []).append(row)
    words = {
        language: _words([block[row][0] for row in chosen], chosen, language, settings)
        for language, chosen in rows.items()
    }
    return TokenizedBlock(words, identified)


def is_wanted(language: str, confidence: float, settings: TextSettings) -> bool:
    """Whether a document identified like this is kept."""
    known = language != "und" and confidence >= settings.min_confidence
    return known and (settings.languages is None or language in settings.languages)


def with_languages(
    records: Sequence[Record], min_confidence: float, *, known: Sequence[str] = ()
) -> tuple[list[Record], list[DroppedDocument]]:
    """The records with the languages they lack identified, and those for which that failed.

    Args:
        records: in any languages.
        min_confidence: documents identified with less are left out.
        known: languages as they may be spelled, such as those of a model (see ``known_spelling``).
    """
    lacking = [row for row, record in enumerate(records) if "lang" not in record]
    if not lacking:
        return list(records), []
    from gloctm.text.identification import identify_languages

    found = dict(zip(lacking, identify_languages([records[row]["text"] for row in lacking]), strict=True))
    complete: list[Record] = []
    dropped: list[DroppedDocument] = []
    for row, record in enumerate(records):
        if row not in found:
            complete.append(record)
            continue
        language, confidence = found[row]
        if language == "und" or confidence < min_confidence:
            dropped.append(unidentified(record, language, confidence, min_confidence))
        else:
            complete.append({**record, "lang": known_spelling(language, known)})
    return complete, dropped


def unidentified(record: Record, language: str, confidence: float, min_confidence: float) -> DroppedDocument:
    """A document that what was identified keeps out, with the reason."""
    if language == "und":
        reason = "language not recognised"
    else:
        reason = "language uncertain" if confidence < min_confidence else NOT_WANTED
    return left_out(record, reason, language, confidence)


def left_out(record: Record, reason: str, language: str, confidence: float | None = None) -> DroppedDocument:
    """A document that is left out, for the report."""
    return DroppedDocument(
        source=record.get("source", ""),
        reason=reason,
        text=record["text"][:EXCERPT],
        id=record.get("id"),
        language=language,
        confidence=None if confidence is None else round(confidence, 4),
    )


def _words(texts: Sequence[str], rows: list[int], language: str, settings: TextSettings) -> Words:
    tokenizer, stop_words = settings.tokenizer(language), settings.stopped(language)
    position = _Numbering()
    number_of = position.__getitem__
    numbers: list[int] = []
    lengths: list[int] = []
    for text in texts:
        tokens = tokenizer(text)
        # No Python is run for a word that has its number.
        numbers.extend(map(number_of, tokens))
        lengths.append(len(tokens))
    words = list(position)
    sequence, sizes = np.asarray(numbers, np.int32), np.asarray(lengths, np.int64)
    is_stop = np.fromiter((word in stop_words for word in words), bool, len(words))
    document = np.repeat(np.arange(len(sizes)), sizes)
    stopped = is_stop[sequence]
    if not settings.phrases:
        document, sequence = document[~stopped], _renumbered(is_stop)[sequence[~stopped]]
        words = [word for word, stop in zip(words, is_stop.tolist(), strict=True) if not stop]
    width = max(len(words), 1)
    keys = np.sort(document * width + sequence)
    distinct = keys[np.flatnonzero(np.diff(keys, prepend=-1))]
    return Words(
        rows=rows,
        words=words,
        frequency=np.bincount(distinct % width, minlength=len(words)),
        tokens=sequence,
        lengths=np.bincount(document, minlength=len(sizes)).astype(np.int32),
        stop_words=np.flatnonzero(is_stop).tolist() if settings.phrases else [],
        stopped=int(stopped.sum()),
    )


class _Numbering(dict[str, int]):
    """Numbers words in the order in which they are asked for."""

    def __missing__(self, word: str) -> int:
        number = self[word] = len(self)
        return number


def _renumbered(left_out: NDArray[np.bool_]) -> NDArray[np.int32]:
    """The numbers of things once some are left out."""
    return (np.cumsum(~left_out) - 1).astype(np.int32)


def in_blocks(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Records in blocks of like size."""
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
    """Cut blocks of records into words, in several processes where that pays; the blocks come back in order.

    Args:
        blocks: read as they are needed: some blocks for each process are in memory at a time.
        settings: how.
        processes: how many; None takes all cores where there is much to do and no tokeniser of the user's own (whose
            data would travel with each block).

    Raises:
        InputError: ``processes`` is no whole number from 1; a tokeniser of the user's own can't be sent to other
            processes; a process was ended from outside.
    """
    blocks = iter(blocks)
    if processes is not None and (isinstance(processes, bool) or not isinstance(processes, Integral)):
        raise InputError(
            f"processes is {processes!r}: it must be a whole number, or None for all cores where that pays"
        )
    if processes is not None and processes < 1:
        raise InputError(f"processes is {processes}: it must be 1 or more")
    first = list(islice(blocks, FEW_BLOCKS)) if processes is None else []
    if processes is None:
        small = len(first) < FEW_BLOCKS
        processes = 1 if small or settings.tokenizers else available_cores()
    waiting = _chained(first, blocks)
    if processes == 1:
        for block in waiting:
            yield block, tokenize_block(_documents(block), settings)
        return
    from joblib import Parallel, delayed
    from joblib.externals.loky import get_reusable_executor
    from joblib.externals.loky.process_executor import BrokenProcessPool

    # Two windows of blocks: while the workers cut one into words, the other is read here.
    window = 4 * processes
    work = delayed(tokenize_block)
    try:
        with Parallel(
            n_jobs=processes,
            return_as="generator",
            pre_dispatch="all",
            batch_size=1,
            idle_worker_timeout=IDLE_SECONDS,
            initializer=_end_with,
            initargs=(os.getpid(),),
        ) as parallel:
            current = list(islice(waiting, window))
            while current:
                results = parallel(work(_documents(block), settings) for block in current)
                try:
                    upcoming = list(islice(waiting, window))
                except Exception:
                    # Left to themselves, results that nobody takes become an error in another thread.
                    deque(results, maxlen=0)
                    raise
                yield from zip(current, results, strict=True)
                current = upcoming
    except BrokenProcessPool:
        raise InputError(
            "a worker process ended unexpectedly, perhaps for lack of memory: use fewer processes (processes=1 needs "
            "the least memory)"
        ) from None
    except PicklingError as error:
        reason = str(error.__cause__ or error).strip('"\n').splitlines()[-1]
        raise InputError(
            f"a tokenizer of your own can't be sent to other processes ({reason}): use processes=1"
        ) from None
    finally:
        # joblib keeps its processes for later; their dictionaries take memory that the counting can use.
        get_reusable_executor().shutdown(wait=True)


def _end_with(parent: int) -> None:
    """Have this worker process end once its parent is gone: without one that is killed it would wait for ever.

    On Windows, which gives orphans no other parent, nothing is noticed.
    """
    if os.name != "posix":
        return
    first = os.getppid()

    def watch() -> None:
        # Both: a killed parent may linger until it is waited for, and may be gone before this process looks.
        while os.getppid() == first and _is_there(parent):
            time.sleep(WATCH_SECONDS)
        # Not sys.exit(), which ends no more than this thread.
        os._exit(1)

    threading.Thread(target=watch, name="gloctm-parent-watch", daemon=True).start()


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def available_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _documents(block: Sequence[Record]) -> list[tuple[str, str | None]]:
    return [(record["text"], record.get("lang")) for record in block]


def _chained(first: list[list[Record]], rest: Iterator[list[Record]]) -> Iterator[list[Record]]:
    held = deque(first)
    first.clear()
    while held:
        # Let go of a block once it has been handed out.
        yield held.popleft()
    yield from rest
