"""Reading some rows of a language's shards: each file is checked against the manifest when it is first opened."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from gloctm.arrays import Array, Indices
from gloctm.corpus.passages import Passages
from gloctm.corpus.shard_files import (
    NUM_WORDS,
    OPTIONAL_COLUMNS,
    REPEATED,
    ShardRows,
    documents_file,
    embeddings_file,
    passages_file,
)
from gloctm.corpus.shard_manifest import CURE, LanguageEntry, opened
from gloctm.errors import FileFormatError
from gloctm.files.arrow import check_unpacked, import_pyarrow, is_delta

#: What is read of documents unless asked otherwise; counts and passages are read in any case.
ALL_COLUMNS = ("id", *OPTIONAL_COLUMNS)


class ShardFiles:
    """The shards of one language.

    Args:
        folder: that of the language.
        entry: what the manifest says of it.
        sha256: of its files, by name; those of others are not checked.
        block_documents: rows of a block.
    """

    def __init__(self, folder: Path, entry: LanguageEntry, sha256: Mapping[str, str], block_documents: int) -> None:
        self.folder = folder
        self.entry = entry
        self.sha256 = sha256
        self.block = block_documents
        # Where the numbers begin in the files of embeddings that were opened.
        self._offsets: dict[int, int] = {}
        # Files whose numbers of counts are those of the manifest.
        self._counted: set[str] = set()

    def documents(
        self, number: int, rows: Indices, *, columns: Sequence[str] = ALL_COLUMNS
    ) -> tuple[ShardRows, Indices]:
        """Read some documents of a shard, with their passages.

        Args:
            number: of the shard.
            rows: of the documents, ascending.
            columns: of ``id``, ``label``, ``date`` and ``text``, those wanted; those that the shard lacks are None.

        Returns:
            The documents in this order, and the rows of their embeddings in the shard's file of these.
        """
        shard = self.entry.shards[number]
        documents = self._read(number, rows, self._present(columns))
        if not shard.passages:
            return documents.rows(None), rows
        bounds, starts = self._places(number)
        numbers = np.diff(bounds)[rows]
        units = np.repeat(bounds[rows] - np.cumsum(numbers) + numbers, numbers) + np.arange(numbers.sum())
        counts = self._read(number, units, (), passages=True).counts
        passages = Passages(np.repeat(np.arange(len(rows)), numbers), starts[units], counts)
        return documents.rows(passages), units

    def units(self, number: int, rows: Indices, *, columns: Sequence[str] = ALL_COLUMNS) -> tuple[ShardRows, Indices]:
        """Read some passages of a shard as documents, as ``LanguageCorpus.as_passages`` has them; else as above."""
        bounds, starts = self._places(number)
        document = np.searchsorted(bounds, rows, side="right") - 1
        chosen, place = np.unique(document, return_inverse=True)
        present = self._present(columns)
        documents = self._read(number, chosen, present, counts=False)
        counts = self._read(number, rows, (), passages=True).counts

        def of_units(name: str) -> list[str] | None:
            values = documents.strings.get(name)
            return None if values is None else [values[each] for each in place]

        ids, texts = of_units("id"), of_units("text")
        first, split = bounds[document], np.diff(bounds)[document] > 1
        if ids is not None:
            named = zip(ids, (rows - first).tolist(), split.tolist(), strict=True)
            ids = [f"{each}:{number}" if is_split else each for each, number, is_split in named]
        if texts is not None:
            ends = np.append(starts[1:], 0)[rows]
            follows = rows + 1 < bounds[document + 1]
            cuts = zip(texts, starts[rows].tolist(), ends.tolist(), follows.tolist(), strict=True)
            texts = [text[start : end if goes_on else None] for text, start, end, goes_on in cuts]
        return ShardRows(ids or [], of_units("label"), of_units("date"), texts, counts), rows

    def counts(self, number: int, blocks: Sequence[int], *, passages: bool) -> list[sp.csr_array]:
        """Read the counts of some blocks of a shard: of its documents, or of its passages.

        Args:
            number: of the shard.
            blocks: within the shard, in any order.
            passages: whether those of passages are wanted.
        """
        name = passages_file(number) if passages else documents_file(number)
        with self._checked(number, passages=passages) as file:
            return [_Read(file, [block], ()).checked(self.folder / name, self.entry.num_words) for block in blocks]

    def embeddings(self, number: int, rows: Indices, into: Array) -> None:
        """Read embeddings of some units of a shard into an array, ``(rows, dimension)``.

        Args:
            number: of the shard.
            rows: of the units, ascending.
            into: where they go.
        """
        first = 0
        while first < len(rows):
            start = int(rows[first]) // self.block * self.block
            last = int(np.searchsorted(rows, start + self.block))
            into[first:last] = self.embedding_block(number, start, int(rows[last - 1]) + 1)[rows[first:last] - start]
            first = last

    def embedding_block(self, number: int, start: int, stop: int) -> Array:
        """Read the embeddings of the units ``start`` to ``stop`` of a shard, ``(units, dimension)`` float32."""
        assert self.entry.dimension is not None
        found = np.empty((stop - start, self.entry.dimension), np.float32)
        self.embeddings_into(number, start, found)
        return found

    def embeddings_into(self, number: int, start: int, into: Array) -> None:
        """Read the embeddings of units from ``start`` on, as many as an array in C order has rows, into it."""
        path, dtype = self.folder / embeddings_file(number), np.dtype(self.entry.embedding_dtype)
        opened(path, self.sha256.get(path.name)).close()
        try:
            if number not in self._offsets:
                self._offsets[number] = _offset(path, (self.entry.shards[number].units, into.shape[1]), dtype)
            read = into if into.dtype == dtype else np.empty(into.shape, dtype)
            # Plain reading, as mapped pages would count as memory.
            with path.open("rb") as stream:
                stream.seek(self._offsets[number] + start * into.shape[1] * dtype.itemsize)
                if stream.readinto(read.data.cast("B")) != read.nbytes:
                    raise ValueError("it ends too early")
            if read is not into:
                into[:] = read
        except FileNotFoundError:
            raise FileFormatError(f"{path} is missing: {CURE}") from None
        except (ValueError, EOFError) as error:
            raise FileFormatError(f"{path} is damaged ({error}): {CURE}") from None

    def _present(self, columns: Sequence[str]) -> list[str]:
        return [name for name in columns if name == "id" or name in self.entry.columns]

    def _places(self, number: int) -> tuple[Indices, Indices]:
        """Return where the passages of each document of a shard begin and end, and where each begins in its text."""
        shard = self.entry.shards[number]
        with self._checked(number, passages=True) as file:
            read = _Read(file, range(file.num_row_groups), ("document", "start"), counts=False)
        document = read.integers("document")
        bounds = np.searchsorted(document, np.arange(shard.documents + 1))
        if len(document) != shard.units or bounds[-1] != shard.units or (np.diff(bounds) < 1).any():
            path = self.folder / passages_file(number)
            raise FileFormatError(f"{path} is damaged (its passages are not in the order of documents): {CURE}")
        return bounds, read.integers("start")

    def _read(
        self, number: int, rows: Indices, columns: Sequence[str], *, passages: bool = False, counts: bool = True
    ) -> _Read:
        """Read rows of a Parquet file, ascending, through the blocks that hold them."""
        blocks = np.unique(rows // self.block)
        with self._checked(number, passages=passages) as file:
            read = _Read(file, blocks.tolist(), columns, counts=counts)
        if counts:
            name = passages_file(number) if passages else documents_file(number)
            read.checked(self.folder / name, self.entry.num_words)
        # Every block before the last that was read is full.
        place = np.searchsorted(blocks, rows // self.block) * self.block + rows % self.block
        read.choose(place)
        return read

    @contextlib.contextmanager
    def _checked(self, number: int, *, passages: bool = False) -> Iterator[Any]:
        shard, name = self.entry.shards[number], passages_file(number) if passages else documents_file(number)
        path, rows = self.folder / name, shard.units if passages else shard.documents
        opened(path, self.sha256.get(name)).close()
        with _opened(path) as file:
            if name not in self._counted:
                if file.metadata.num_rows != rows:
                    raise FileFormatError(f"{path} has {file.metadata.num_rows:,} rows instead of {rows:,}: {CURE}")
                blocks = [file.metadata.row_group(block).num_rows for block in range(file.num_row_groups)]
                if blocks and (set(blocks[:-1]) - {self.block} or blocks[-1] > self.block):
                    raise FileFormatError(f"{path} is damaged (its blocks have other than {self.block:,} rows): {CURE}")
                # A row without counts has an entry, too.
                most = rows + (shard.unit_nonzeros if passages else shard.nonzeros)
                if _most_entries(file.metadata) > most:
                    raise FileFormatError(f"{path} is damaged (it holds more than {most:,} counts): {CURE}")
                check_unpacked(file.metadata, range(file.num_row_groups), file.schema_arrow.names, path.stat().st_size)
                # One text that thousands of rows share would be unpacked for each.
                if shared := _shared_texts(file.metadata):
                    raise FileFormatError(
                        f"{path} is damaged (its column {min(shared)!r} is in another encoding): {CURE}"
                    )
                self._counted.add(name)
            yield file


class _Read:
    """Columns of some row groups of a Parquet file, as Python and scipy have them."""

    def __init__(self, file: Any, groups: Sequence[int], columns: Sequence[str], *, counts: bool = True) -> None:
        present = file.schema_arrow.names
        wanted = [*columns, *(["words", "counts"] if counts else [])]
        if lacking := [name for name in wanted if name not in present]:
            raise KeyError(f"it has no column {lacking[0]}")
        wanted += [name for name in present if name.removesuffix("_bytes") in columns and name not in wanted]
        self._table = file.read_row_groups(list(groups), columns=wanted, use_threads=False)
        self._num_words = int(file.schema_arrow.metadata[NUM_WORDS])
        self.strings = {name: self._strings(name) for name in columns if name in ALL_COLUMNS}
        self.counts: sp.csr_array = self._counts() if counts else _no_counts(0, self._num_words)

    def rows(self, passages: Passages | None) -> ShardRows:
        ids, labels, dates, texts = (self.strings.get(name) for name in ALL_COLUMNS)
        return ShardRows(ids or [], labels, dates, texts, self.counts, passages)

    def integers(self, name: str) -> Indices:
        return np.asarray(self._table.column(name).to_numpy(), np.int64)

    def choose(self, rows: Indices) -> None:
        """Keep some rows of those read."""
        if len(rows) == self._table.num_rows and (np.diff(rows) == 1).all():
            return
        listed = rows.tolist()
        self.strings = {name: [values[row] for row in listed] for name, values in self.strings.items()}
        if self.counts.shape[0]:
            self.counts = sp.csr_array(self.counts[rows])

    def checked(self, path: Path, num_words: int) -> sp.csr_array:
        """Return the counts if they are of a vocabulary; indices out of range would end the process."""
        words, counts = self.counts.indices, self.counts.data
        if self._num_words != num_words or (len(words) and not 0 <= words.min() <= words.max() < num_words):
            raise FileFormatError(f"{path} is of another corpus (its words are not of this vocabulary): {CURE}")
        if len(counts) != len(words):
            raise FileFormatError(f"{path} is damaged (it has not one count per word): {CURE}")
        return self.counts

    def _strings(self, name: str) -> list[str]:
        found: list[str] = []
        for chunk in self._table.column(name).chunks:
            if name in ("label", "date"):
                values = chunk.dictionary.to_pylist()
                found += [values[index] for index in chunk.indices.to_numpy()]
            else:
                found += chunk.to_pylist()
        if f"{name}_bytes" in self._table.column_names:
            for row, whole in enumerate(self._table.column(f"{name}_bytes").to_pylist()):
                if whole is not None:
                    found[row] = whole.decode("utf-8", "surrogatepass")
        return found

    def _counts(self) -> sp.csr_array:
        lengths, columns = [np.zeros(1, np.int64)], []
        for name in ("words", "counts"):
            chunks = self._table.column(name).chunks
            if name == "words":
                lengths += [np.diff(chunk.offsets.to_numpy()) for chunk in chunks]
            columns.append(np.concatenate([np.zeros(0, np.int32), *(chunk.flatten().to_numpy() for chunk in chunks)]))
        indptr = np.cumsum(np.concatenate(lengths))
        kind = np.int32 if indptr[-1] <= np.iinfo(np.int32).max else np.int64
        counts = _no_counts(len(indptr) - 1, self._num_words)
        counts.indptr, counts.indices, counts.data = indptr.astype(kind), columns[0].astype(kind), columns[1]
        return counts


def _offset(path: Path, shape: tuple[int, int], dtype: np.dtype[Any]) -> int:
    """Return where the numbers of an ``.npy`` file begin; a ValueError if it holds other than these."""
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    if array.shape != shape or array.dtype != dtype or not array.flags.c_contiguous:
        raise ValueError(f"it has shape {array.shape} of {array.dtype}, not {shape} of {dtype}")
    return int(array.offset)


def _most_entries(metadata: Any) -> int:
    """Return how many values, as said before any is read, the column of a Parquet file has that has most."""
    totals: Counter[str] = Counter()
    for column in _all_columns(metadata):
        totals[column.path_in_schema] += column.num_values
    return max(totals.values(), default=0)


def _shared_texts(metadata: Any) -> set[str]:
    """Return the names of columns of which rows share texts, or beginnings of texts, that are written for each."""
    return {
        each.path_in_schema
        for each in _all_columns(metadata)
        if each.physical_type == "BYTE_ARRAY"
        and (is_delta(each) or (each.has_dictionary_page and each.path_in_schema not in REPEATED))
    }


def _all_columns(metadata: Any) -> Iterator[Any]:
    """Yield what the metadata of a Parquet file say of each column of each row group."""
    for group in range(metadata.num_row_groups):
        of_group = metadata.row_group(group)
        yield from map(of_group.column, range(of_group.num_columns))


def _no_counts(rows: int, num_words: int) -> sp.csr_array:
    nothing = np.zeros(0, np.int32)
    return sp.csr_array((nothing, nothing, np.zeros(rows + 1, np.int32)), shape=(rows, num_words))


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a Parquet file; what is wrong with it is one sentence."""
    pa, pq = import_pyarrow("Reading a corpus in shards")
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            yield file
    except FileFormatError:
        raise
    except FileNotFoundError:
        raise FileFormatError(f"{path} is missing: {CURE}") from None
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        if isinstance(error, MemoryError) or getattr(error, "errno", None) is not None:
            # Too many open files, or a disk that does not answer.
            raise
        reason = " ".join(str(error).split())
        raise FileFormatError(f"{path} is damaged ({reason}): {CURE}") from None
