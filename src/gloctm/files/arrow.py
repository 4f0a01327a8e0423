"""pyarrow, an extra, imported where something needs it; and how much of a Parquet file is unpacked at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO

from gloctm.errors import import_optional

# A column of a row group that unpacks to more than this, and to more than a multiple of the file's size, is no text
# that somebody wrote.
_MOST_UNPACKED, _MOST_RATIO = 2**29, 1000
# Bytes that a batch may take where its rows are long, and rows that it has where they are not: few more would hardly be
# faster, and long rows may follow short ones.
_MOST_AT_ONCE, _MOST_ROWS = 2**26, 128
# Rows where each may repeat the one before, in hardly a byte of the file.
_MOST_DELTA_ROWS = 16
# By how much a batch may have more rows than the one before.
_GROWTH = 4
_OF_ANY_LENGTH = ("binary", "string", "large_binary", "large_string", "fixed_size_binary")
# Without a buffer size, whole column chunks are read.
_BUFFERS: dict[str, Any] = {"buffer_size": 2**20, "pre_buffer": False}


def import_pyarrow(purpose: str) -> tuple[Any, Any]:
    """Return the library pyarrow and its module for Parquet.

    Raises:
        MissingDependencyError: it is not installed; the message begins with the purpose.
    """
    return import_optional("pyarrow", purpose, "pyarrow"), import_optional("pyarrow.parquet", purpose, "pyarrow")


def check_unpacked(metadata: Any, groups: Iterable[int], columns: Sequence[str], size: int) -> None:
    """Raise ArrowInvalid if a column of a Parquet file would, as it says, take far more memory than such a file may.

    Args:
        metadata: of the file.
        groups: the row groups that will be read.
        columns: those that will be read.
        size: of the file, in bytes.
    """
    for group in groups:
        for column in _columns(metadata, group, columns):
            if column.total_uncompressed_size > max(_MOST_UNPACKED, _MOST_RATIO * size):
                raise _too_large(column.path_in_schema, column.total_uncompressed_size)


class ParquetBatches:
    """A Parquet file that is read a batch at a time, each of at most 128 rows.

    How long rows are is not known before they are unpacked: a page of some bytes may name one long text a million
    times. A first look at each row group finds the longest text of its dictionaries, and a batch has as many rows as
    would take 64 MiB if all were of it. Other rows are as long as those of the batch before, as far as is known.
    Where long ones follow, one batch may take more. A row, as of a list, and a page are unpacked whole.

    Args:
        stream: the file.
        parquet: the module of pyarrow.

    Attributes:
        names: of the columns.
    """

    def __init__(self, stream: BinaryIO, parquet: Any) -> None:
        self._stream, self._parquet = stream, parquet
        self._file = parquet.ParquetFile(stream, **_BUFFERS)
        self.names: list[str] = self._file.schema_arrow.names

    def of(self, columns: Sequence[str], groups: Iterable[int] | None = None) -> Iterator[Any]:
        """Yield the batches of some columns, of all row groups unless some are given.

        Raises:
            pyarrow.ArrowException: the file is damaged, or would take far more memory than one of its size may.
        """
        metadata = self._file.metadata
        chosen = range(metadata.num_row_groups) if groups is None else list(groups)
        check_unpacked(metadata, chosen, columns, self._stream.seek(0, 2))
        shared = {group: _with_dictionaries(metadata, group, columns) for group in chosen}
        texts = {each.path_in_schema for of_group in shared.values() for each in of_group if _is_text(each)}
        # A row is read with the whole dictionary of its row group.
        looking = self._parquet.ParquetFile(self._stream, metadata=metadata, read_dictionary=sorted(texts), **_BUFFERS)
        rows = 1
        for group in chosen:
            most = _MOST_DELTA_ROWS if any(map(is_delta, _columns(metadata, group, columns))) else _MOST_ROWS
            paths = [each.path_in_schema for each in shared[group]]
            for look in looking.iter_batches(1, row_groups=[group], columns=paths, use_threads=False) if paths else ():
                longest = max(_longest(look.column(name), metadata, group, name) for name in look.schema.names)
                most = min(most, _rows_of(longest))
                # Others would have the same dictionary.
                break
            rows = min(rows, most)
            for batch in self._file.iter_batches(rows, row_groups=[group], columns=columns):
                yield batch
                number = max(batch.num_rows, 1)
                rows = min(_GROWTH * number, _rows_of(batch.nbytes // number), most)
                # Of the batches that follow.
                self._file.reader.set_batch_size(rows)


def _rows_of(size: int) -> int:
    """Return how many rows of some bytes are read at once."""
    return max(_MOST_AT_ONCE // max(size, 1), 1)


def _with_dictionaries(metadata: Any, group: int, columns: Sequence[str]) -> list[Any]:
    """Return what the metadata say of those columns whose values are in a dictionary, which pyarrow can give."""
    return [each for each in _columns(metadata, group, columns) if each.has_dictionary_page and not is_delta(each)]


def _is_text(column: Any) -> bool:
    return bool(column.physical_type == "BYTE_ARRAY")


def is_delta(column: Any) -> bool:
    """Return whether the metadata of a column of texts say that some are written as how they differ."""
    return _is_text(column) and any(encoding.startswith("DELTA") for encoding in column.encodings)


def _longest(column: Any, metadata: Any, group: int, name: str) -> int:
    """Return how many bytes a row of a column of a row group takes at most, by its dictionary."""
    import pyarrow

    if not pyarrow.types.is_nested(column.type):
        return _longest_value(column)
    # One row may have all.
    number: int = max(each.num_values for each in _columns(metadata, group, [name]))
    if (most := number * _longest_value(column)) > _MOST_UNPACKED:
        raise _too_large(name, most)
    return most


def _longest_value(column: Any) -> int:
    from pyarrow import compute, types

    if types.is_nested(column.type):
        # Maps are lists that can't be flattened.
        return sum(map(_longest_value, column.flatten() if types.is_struct(column.type) else [column.values]))
    values = column.dictionary if types.is_dictionary(column.type) else column
    is_text = any(getattr(types, f"is_{kind}")(values.type) for kind in _OF_ANY_LENGTH)
    return int(compute.max(compute.binary_length(values)).as_py() or 0) if is_text else 0


def _too_large(name: str, size: int) -> Exception:
    import pyarrow

    error: Exception = pyarrow.ArrowInvalid(f"its column {name!r} would take {size:,} bytes of memory")
    return error


def _columns(metadata: Any, group: int, columns: Sequence[str]) -> Iterator[Any]:
    """Yield what the metadata of a Parquet file say of some columns, with those within them, of a row group."""
    of_group = metadata.row_group(group)
    for place in range(of_group.num_columns):
        column = of_group.column(place)
        if column.path_in_schema in columns or column.path_in_schema.partition(".")[0] in columns:
            yield column
