"""The files of one shard: up to 32,768 documents of one language as Parquet, and their embeddings as ``.npy``.

===========================  ===========================================================================================
``NNNNN.parquet``            a row per document: ``id``, ``label``, ``date`` and ``text`` (where the language has them),
                             ``words`` (columns of the vocabulary, ascending) and their ``counts``
``NNNNN.passages.parquet``   where any document of the language is split, a row per passage: ``document`` (its row in
                             the shard), ``start`` (where it begins in the text), ``words`` and ``counts``
``NNNNN.npy``                a row per passage, or per document where the language has no passages
===========================  ===========================================================================================

A row group is a block of 1,024 rows. Strings with lone surrogates, which UTF-8 can't hold, have U+FFFD in their column,
and are whole in a further one of bytes, as ``text_bytes``, which is empty for all other rows.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.corpus.passages import Passages
from gloctm.errors import InputError
from gloctm.files.arrow import import_pyarrow
from gloctm.files.atomic import atomic_path, write_array
from gloctm.files.manifest import known_fields

#: Documents of every shard but the last of a language.
SHARD_DOCUMENTS = 32_768
#: Rows of a row group, which is the least that is read at a time.
BLOCK_DOCUMENTS = 1_024
#: Names in Parquet of what documents may have, and those of ``ShardRows``.
OPTIONAL_COLUMNS = {"label": "labels", "date": "dates", "text": "texts"}
#: Key of the size of the vocabulary in a Parquet file's own metadata.
NUM_WORDS = b"gloctm.vocabulary"

EmbeddingType = Literal["float32", "float16"]

# Rows of embeddings that are checked and hashed at a time.
_ROWS = 8192


@dataclass(frozen=True, eq=False)
class ShardRows:
    """What one shard holds, to be written or as read; or some rows of it.

    Attributes:
        ids: an identifier per document.
        labels: a label per document, or None where no document of the language has one.
        dates: the date of each document, or None as above.
        texts: the raw text of each document, or None.
        counts: word counts, ``(documents, vocabulary)`` CSR, int32, canonical.
        passages: of these documents, rows counted from 0; None where no document of the whole language is split.
            Their embeddings are not used.
    """

    ids: Sequence[str]
    labels: Sequence[str] | None
    dates: Sequence[str] | None
    texts: Sequence[str] | None
    counts: sp.csr_array
    passages: Passages | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Which of ``label``, ``date`` and ``text`` the documents have."""
        return tuple(name for name, attribute in OPTIONAL_COLUMNS.items() if getattr(self, attribute) is not None)


@dataclass(frozen=True)
class ShardEntry:
    """One shard as the manifest lists it.

    Attributes:
        documents: how many it has.
        units: passages where the language has passages, else documents.
        nonzeros: stored counts of documents.
        empty: documents without a word of the vocabulary.
        unit_nonzeros: stored counts of units.
        empty_units: units without a word of the vocabulary.
        passages: whether there is a file of passages.
        columns: which of ``label``, ``date`` and ``text`` the documents have.
        content: SHA-256 of the counts, and of the passages, as decoded: it does not change with pyarrow's version.
        embeddings: SHA-256 of the embeddings as decoded to float32; None before there are any.
    """

    documents: int
    units: int
    nonzeros: int
    empty: int
    unit_nonzeros: int
    empty_units: int
    passages: bool
    columns: tuple[str, ...]
    content: str
    embeddings: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the entry as JSON holds it."""
        return {**asdict(self), "columns": list(self.columns)}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> ShardEntry:
        """Return the entry that ``as_json`` gave; a TypeError or ValueError if it is none."""
        entry = known_fields(cls, {**content, "columns": tuple(content["columns"])})
        numbers = (entry.documents, entry.units, entry.nonzeros, entry.empty, entry.unit_nonzeros, entry.empty_units)
        # Thousands of entries are read at once.
        if set(map(type, numbers)) != {int} or min(numbers) < 0:
            raise ValueError("a shard's numbers must be whole and not negative")
        if not isinstance(entry.content, str) or not isinstance(entry.embeddings, str | None):
            raise ValueError("a shard's digests must be text")
        if not OPTIONAL_COLUMNS.keys() >= set(entry.columns) or not isinstance(entry.passages, bool):
            raise ValueError("a shard's columns must be label, date and text")
        return entry


#: Columns whose values repeat from row to row, and which alone have dictionaries.
REPEATED = ("label", "date", "words", "counts", "document")


def documents_file(number: int) -> str:
    """Return the name of the Parquet file of a shard's documents."""
    return f"{number:05d}.parquet"


def passages_file(number: int) -> str:
    """Return the name of the Parquet file of a shard's passages."""
    return f"{number:05d}.passages.parquet"


def embeddings_file(number: int) -> str:
    """Return the name of the file of a shard's embeddings."""
    return f"{number:05d}.npy"


def write_shard(folder: Path, number: int, rows: ShardRows) -> ShardEntry:
    """Write the documents of a shard, and its passages; each file is written next to its place, flushed and renamed.

    Args:
        folder: that of the language, which exists.
        number: of the shard, from 0.
        rows: its documents, ``SHARD_DOCUMENTS`` in every shard but the last of a language.

    Returns:
        What the manifest says of it, embeddings left out.

    Raises:
        MissingDependencyError: pyarrow is not installed.
    """
    strings = {"id": rows.ids} | {name: getattr(rows, OPTIONAL_COLUMNS[name]) for name in rows.columns}
    _write_documents(folder / documents_file(number), strings, rows.counts)
    passages = rows.passages
    if passages is not None:
        integers: dict[str, NDArray[Any]] = {
            "document": passages.document.astype(np.int32),
            "start": passages.starts.astype(np.int64),
        }
        _write_parquet(folder / passages_file(number), passages.counts, lambda pa, part: _integers(pa, integers, part))
    units = rows.counts if passages is None else passages.counts
    return ShardEntry(
        documents=rows.counts.shape[0],
        units=units.shape[0],
        nonzeros=int(rows.counts.nnz),
        empty=_empty_rows(rows.counts),
        unit_nonzeros=int(units.nnz),
        empty_units=_empty_rows(units),
        passages=passages is not None,
        columns=rows.columns,
        content=content_digest(rows.counts, passages),
    )


def write_shard_embeddings(
    folder: Path, number: int, vectors: NDArray[np.floating], dtype: EmbeddingType = "float32"
) -> str:
    """Write the embeddings of a shard's units, next to their place first, and return the SHA-256 of them as decoded.

    Args:
        folder: that of the language.
        number: of the shard.
        vectors: ``(units, dimension)``; an array on disk is read some rows at a time.
        dtype: ``"float32"``, or ``"float16"`` for half the space.

    Raises:
        InputError: some are NaN or infinite, or too large for float16.
    """
    digest = hashlib.sha256()
    stored = vectors if vectors.dtype == dtype else np.empty(vectors.shape, dtype)
    for start in range(0, len(vectors), _ROWS):
        rows = slice(start, start + _ROWS)
        if stored is not vectors:
            with np.errstate(over="ignore"):
                stored[rows] = vectors[rows]
        finite = np.isfinite(stored[rows]).all(axis=1)
        if not finite.all():
            row, cure = start + int(np.argmin(finite)), "" if dtype == "float32" else ", or keep them as float32"
            raise InputError(
                f"the embeddings of shard {folder.name}/{number:05d} hold NaN or infinite numbers as {dtype} "
                f"at row {row}: correct that row{cure}"
            )
        digest.update(np.ascontiguousarray(stored[rows], "<f4").data)
    with atomic_path(folder / embeddings_file(number)) as temporary:
        write_array(temporary, stored)
    return digest.hexdigest()


def content_digest(counts: sp.csr_array, passages: Passages | None) -> str:
    """Return the SHA-256 of a shard's counts and passages, whatever file holds them."""
    arrays = _csr_arrays(counts)
    if passages is not None:
        arrays += [passages.document.astype("<i8"), passages.starts.astype("<i8"), *_csr_arrays(passages.counts)]
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _csr_arrays(counts: sp.csr_array) -> list[NDArray[Any]]:
    return [counts.indptr.astype("<i8"), counts.indices.astype("<i4"), counts.data.astype("<i4")]


def _empty_rows(counts: sp.csr_array) -> int:
    return int((np.diff(counts.indptr) == 0).sum())


class _LoneSurrogateError(Exception):
    """A column has strings that UTF-8 can't hold."""

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column


def _write_documents(path: Path, strings: dict[str, Sequence[str]], counts: sp.csr_array) -> None:
    in_bytes: set[str] = set()
    while True:
        try:
            _write_parquet(path, counts, lambda pa, part: _strings(pa, strings, part, in_bytes))
            return
        except _LoneSurrogateError as error:
            # Known only once it is met, as texts may be on disk; so rare that writing once more is no loss.
            in_bytes.add(error.column)


def _write_parquet(path: Path, counts: sp.csr_array, columns: Callable[[Any, slice], dict[str, Any]]) -> None:
    pa, pq = import_pyarrow("Writing a corpus in shards")
    total = counts.shape[0]
    with atomic_path(path) as temporary:
        writer = None
        try:
            for start in range(0, total, BLOCK_DOCUMENTS):
                part = slice(start, min(start + BLOCK_DOCUMENTS, total))
                table = pa.table({**columns(pa, part), **_lists(pa, counts, part)})
                if writer is None:
                    schema = table.schema.with_metadata({NUM_WORDS: str(counts.shape[1]).encode()})
                    writer = _writer(pq, temporary, schema)
                writer.write_table(table.replace_schema_metadata(schema.metadata), row_group_size=BLOCK_DOCUMENTS)
        finally:
            if writer is not None:
                writer.close()


def _writer(pq: Any, path: Path, schema: Any) -> Any:
    # No dictionaries of what is different in each row, and no statistics, which nobody asks for.
    repeated = [name for name in schema.names if name in REPEATED]
    repeated = [f"{name}.list.element" if name in ("words", "counts") else name for name in repeated]
    return pq.ParquetWriter(
        os.fspath(path),
        schema,
        compression="zstd",
        use_dictionary=repeated,
        write_statistics=False,
        write_page_checksum=True,
    )


def _strings(pa: Any, strings: dict[str, Sequence[str]], part: slice, in_bytes: set[str]) -> dict[str, Any]:
    columns = {}
    for name, values in strings.items():
        block = list(values[part])
        if name in in_bytes:
            encoded = [each.encode("utf-8", "surrogatepass") for each in block]
            block = [_without_surrogates(each) for each in block]
            lost = [each.encode() != whole for each, whole in zip(block, encoded, strict=True)]
            whole = [each if differs else None for each, differs in zip(encoded, lost, strict=True)]
            columns[f"{name}_bytes"] = pa.array(whole, pa.binary())
        try:
            array = pa.array(block, pa.string())
        except UnicodeEncodeError:
            raise _LoneSurrogateError(name) from None
        columns[name] = array.dictionary_encode() if name in ("label", "date") else array
    return columns


def _without_surrogates(text: str) -> str:
    return "".join("\ufffd" if "\ud800" <= each <= "\udfff" else each for each in text)


def _integers(pa: Any, columns: dict[str, NDArray[Any]], part: slice) -> dict[str, Any]:
    return {name: pa.array(values[part]) for name, values in columns.items()}


def _lists(pa: Any, counts: sp.csr_array, part: slice) -> dict[str, Any]:
    first, last = int(counts.indptr[part.start]), int(counts.indptr[part.stop])
    offsets = pa.array((counts.indptr[part.start : part.stop + 1] - first).astype(np.int32))
    return {
        name: pa.ListArray.from_arrays(offsets, pa.array(values[first:last].astype(np.int32, copy=False)))
        for name, values in (("words", counts.indices), ("counts", counts.data))
    }
