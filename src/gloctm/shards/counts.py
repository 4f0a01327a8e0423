"""Map 2 of a build: documents of a language over some splits become a shard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, overload

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.corpus.collection import counts_of
from gloctm.corpus.duplicates import exact_digest
from gloctm.corpus.passages import Passages
from gloctm.corpus.shard_files import ShardRows, documents_file, passages_file, write_shard
from gloctm.engine import Done
from gloctm.files.atomic import atomic_path, read_json, write_array
from gloctm.reading.dates import DateOrder, settled_date
from gloctm.shards.tables import as_strings, read_batch, read_batches
from gloctm.shards.tokens import WORD_BUCKETS


@dataclass(frozen=True)
class Span:
    """Consecutive documents of a language in one batch of a split.

    Attributes:
        tokens: the split's table of documents.
        batch: which batch.
        first: the first row.
        last: the row after the last.
        words: the split's table of words.
        words_batch: the first batch of the language in it.
        base: the position of the split's first document in the whole input.
    """

    tokens: Path
    batch: int
    first: int
    last: int
    words: Path
    words_batch: int
    base: int


@dataclass(frozen=True)
class ShardItem:
    """A shard to be written.

    Attributes:
        folder: that of the corpus.
        language: of the documents.
        number: of the shard.
        spans: its documents.
        has_ids: whether any document of the language came with an id, as for the next three.
        has_labels: a label.
        has_dates: a date.
        has_passages: several passages.
        order: of day and month in dates, if they show one.
        digests: folder for what duplicates are found by, in a file per shard.
    """

    folder: Path
    language: str
    number: int
    spans: tuple[Span, ...]
    has_ids: bool
    has_labels: bool
    has_dates: bool
    has_passages: bool
    order: DateOrder | None
    digests: Path


def digests_path(folder: Path, language: str, number: int) -> Path:
    """Return the file of a shard's digests, ``(documents, 2)`` uint64: of ids, 0 where none came with one; of texts."""
    return folder / language / f"{number:05d}.digests.npy"


def count_shard(item: ShardItem) -> Done:
    """Count the vocabulary's words in the documents of a shard, and write it."""
    folder = item.folder / item.language
    column = _columns(folder / "vocabulary.json")
    ids: list[str] = []
    labels: list[str] = []
    dates: list[str] = []
    digests: list[NDArray[np.uint64]] = []
    counts: list[sp.csr_array] = []
    starts: list[NDArray[np.int64]] = []
    numbers: list[NDArray[np.int64]] = []
    own: dict[tuple[Path, int], NDArray[np.int32]] = {}
    names = ["id", "label", "date", "position", "digest", "tokens", "lengths", "starts"]
    for span in item.spans:
        batch = read_batch(span.tokens, span.batch, names).slice(span.first, span.last - span.first)
        given, positions = as_strings(batch.column("id")), batch.column("position").to_numpy()
        named = zip(given, (positions + span.base).tolist(), strict=True)
        ids += [str(position) if each is None else each for each, position in named]
        if item.has_labels:
            labels += as_strings(batch.column("label"))
        if item.has_dates:
            dates += [_settled(date, item.order) for date in as_strings(batch.column("date"))]
        digests.append(batch.column("digest").to_numpy())
        key = span.words, span.words_batch
        if key not in own:
            own[key] = _columns_of(span, column)
        tokens = own[key][batch.column("tokens").flatten().to_numpy()]
        number, lengths, begin = _passages(batch)
        counts.append(counts_of(tokens, lengths, len(column)))
        numbers.append(number)
        starts.append(begin)
    passages = None
    together = sp.csr_array(sp.vstack(counts, format="csr", dtype=np.int32)) if len(counts) > 1 else counts[0]
    if item.has_passages:
        number = np.concatenate(numbers)
        passages = Passages(np.repeat(np.arange(len(number)), number), np.concatenate(starts), together)
    rows = ShardRows(
        ids=ids,
        labels=labels if item.has_labels else None,
        dates=dates if item.has_dates else None,
        texts=SpanTexts(item.spans),
        counts=together if passages is None else passages.document_counts(),
        passages=passages,
    )
    entry = write_shard(folder, item.number, rows)
    path = digests_path(item.digests, item.language, item.number)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        own_digests = np.zeros(len(ids), np.uint64)
        if item.has_ids:
            own_digests[:] = list(map(exact_digest, ids))
        write_array(temporary, np.stack([own_digests, np.concatenate(digests)], axis=1))
    files = [documents_file(item.number)] + ([] if passages is None else [passages_file(item.number)])
    return Done([f"{item.language}/{name}" for name in files], {"entry": entry.as_json()})


class SpanTexts(Sequence[str]):
    """The texts of a shard, read a batch at a time: long ones are never in memory together."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._spans = spans
        self._ends = np.cumsum([span.last - span.first for span in spans])
        self._held: tuple[int, Any] = (-1, None)

    def __len__(self) -> int:
        return int(self._ends[-1])

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        if not isinstance(row, slice):
            place = range(len(self))[row]
            return self[place : place + 1][0]
        first, last, step = row.indices(len(self))
        found: list[str] = []
        number = int(np.searchsorted(self._ends, first, side="right"))
        while first < last:
            span, end = self._spans[number], int(self._ends[number])
            begin = end - (span.last - span.first)
            until = min(last, end)
            place = span.first - begin
            found += as_strings(self._column(number).slice(place + first, until - first))
            first, number = until, number + 1
        return found[::step]

    def _column(self, number: int) -> Any:
        if self._held[0] != number:
            span = self._spans[number]
            self._held = number, read_batch(span.tokens, span.batch, ["text"]).column("text")
        return self._held[1]


def _columns_of(span: Span, column: Mapping[str, int]) -> NDArray[np.int32]:
    """Return for each word of a split, by its number there, its column; -1 for one that is not in the vocabulary."""
    buckets = range(span.words_batch, span.words_batch + WORD_BUCKETS)
    batches = read_batches(span.words, buckets, ["word", "number"])
    found = np.full(sum(batch.num_rows for batch in batches), -1, np.int32)
    for batch in batches:
        words = as_strings(batch.column("word"))
        found[batch.column("number").to_numpy()] = [column.get(word, -1) for word in words]
    return found


def _passages(batch: Any) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return how many passages each document has, and the length in words and the start of each passage."""
    tokens, lengths, starts = (batch.column(name) for name in ("tokens", "lengths", "starts"))
    words = np.asarray(tokens.value_lengths().to_numpy(), np.int64)
    if lengths.null_count == len(lengths):
        return np.ones(len(words), np.int64), words, np.zeros(len(words), np.int64)
    is_split = lengths.is_valid().to_numpy(zero_copy_only=False)
    number = np.ones(len(words), np.int64)
    number[is_split] = lengths.drop_null().value_lengths().to_numpy()
    within = np.repeat(is_split, number)
    sizes, begin = np.zeros(len(within), np.int64), np.zeros(len(within), np.int64)
    sizes[~within] = words[~is_split]
    sizes[within] = lengths.drop_null().flatten().to_numpy()
    begin[within] = starts.drop_null().flatten().to_numpy()
    return number, sizes, begin


@lru_cache(maxsize=2**14)
def _settled(date: str, order: DateOrder | None) -> str:
    return settled_date(date, order)


def _columns(path: Path) -> dict[str, int]:
    return {word: column for column, word in enumerate(read_json(path))}
