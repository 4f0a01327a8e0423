"""Rows of Parquet files and of tables in memory: Arrow, pandas, polars, Hugging Face's ``datasets``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from functools import partial
from typing import Any, BinaryIO

from gloctm.errors import InputError, import_optional
from gloctm.files.arrow import ParquetBatches, import_pyarrow
from gloctm.reading.columns import Chooser
from gloctm.reading.dropped import BadRows

Row = tuple[str, Mapping[str, Any]]
# Returns the columns to read of those that a source has.
Wanted = Callable[[str, Sequence[str]], list[str]]

# Rows turned into Python's objects at a time: few enough for long documents.
_BATCH = 1024


def read_parquet(
    source: str,
    stream: BinaryIO,
    chooser: Chooser,
    bad_rows: BadRows,
    *,
    row_groups: Sequence[int] | None = None,
    first: int = 1,
) -> Iterator[Row]:
    """Yield the rows of a Parquet file, reading a batch of them and the wanted columns only.

    Args:
        source: the file, for messages.
        stream: its bytes.
        chooser: says which columns are wanted.
        bad_rows: collects what can't be read.
        row_groups: which to read; all unless given.
        first: the number of the first row that is read.

    Raises:
        FileFormatError: the file is damaged, is something else, or lacks a column.
        MissingDependencyError: pyarrow is not installed.
    """
    pyarrow, parquet = import_pyarrow("reading Parquet")
    try:
        file = ParquetBatches(stream, parquet)
        wanted = _wanted(source, file.names, chooser, bad_rows)
        batches = file.of(wanted, row_groups)
        yield from _arrow_rows(f"{source}, row", batches, wanted, first)
    except (pyarrow.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
        raise bad_rows.error(f"{source} can't be read as Parquet ({reason}): copy or write it again") from None


def in_memory_rows(documents: Any, chooser: Chooser, bad_rows: BadRows) -> tuple[Iterator[Row], int | None]:
    """Return the rows of documents in memory, and how many they are, None where that is not known.

    Raises:
        InputError: these are no documents, or their table lacks a column.
        MissingDependencyError: a table needs a package that is not installed.
    """
    if isinstance(documents, str | bytes | os.PathLike):
        raise InputError(f"{documents!r:.60} is one string: give an iterable of mappings, or read files by their paths")
    library = _library(documents)
    wanted = partial(_wanted, chooser=chooser, bad_rows=bad_rows)
    if library == "datasets":
        return _data_set_rows(documents, wanted)
    if library in ("pandas", "polars", "modin", "cudf", "duckdb", "ibis", "dask", "pyspark", "narwhals"):
        return _data_frame_rows(documents, wanted)
    if library == "pyarrow" or hasattr(documents, "__arrow_c_stream__"):
        return _arrow_table_rows(documents, wanted)
    if isinstance(documents, Mapping):
        raise InputError("documents are one mapping: give one for each document, or texts by language to from_texts")
    if not isinstance(documents, Iterable):
        raise InputError(f"{documents!r:.60} holds no documents: give an iterable of mappings, or a table")
    total = len(documents) if isinstance(documents, Sized) else None
    return _mapping_rows(documents, bad_rows), total


def _library(documents: Any) -> str | None:
    """Return which library's object this is, found without importing any; subclasses of users count as well."""
    roots = [cls.__module__.partition(".")[0] for cls in type(documents).__mro__]
    return next((root for root in roots if root not in ("builtins", "collections", "abc", "typing")), None)


def _mapping_rows(documents: Iterable[Any], bad_rows: BadRows) -> Iterator[Row]:
    for number, document in enumerate(documents, start=1):
        where = f"record {number}"
        if isinstance(document, Mapping):
            yield where, document
        else:
            cure = "give mappings such as {'text': …, 'lang': …}"
            bad_rows.meet(where, f" is {document!r:.60}, not a mapping", cure, text=str(document))


def _data_set_rows(documents: Any, wanted: Wanted) -> tuple[Iterator[Row], int | None]:
    if isinstance(documents, Mapping):
        raise InputError(f"the data set has several splits ({', '.join(documents)}): give one, as in data['train']")
    if not hasattr(documents, "iter"):
        raise InputError(f"a {type(documents).__name__} of the library datasets holds no documents: give a Dataset")
    names = documents.column_names
    features = getattr(documents, "features", None) or {}
    if names is not None:
        # Other columns may be images, which would be decoded for nothing.
        documents = documents.select_columns(wanted("the data set", names))
    named = {name: feature.int2str for name, feature in features.items() if hasattr(feature, "int2str")}
    total = len(documents) if hasattr(documents, "__len__") else None

    def rows() -> Iterator[Row]:
        # Values as Python has them, whatever arrays were asked of the data set before.
        batches = documents.with_format(None).iter(batch_size=_BATCH)
        number = 0
        for batch in batches:
            columns = {name: _class_names(values, named.get(name)) for name, values in batch.items()}
            for values in zip(*columns.values(), strict=True):
                number += 1
                yield f"row {number}", dict(zip(columns, values, strict=True))

    return rows(), total


def _class_names(values: Sequence[Any], int2str: Callable[[int], str] | None) -> Sequence[Any]:
    """Return the names of numbered classes; -1 means none."""
    if int2str is None:
        return values
    return [int2str(value) if isinstance(value, int) and value >= 0 else None for value in values]


def _data_frame_rows(documents: Any, wanted: Wanted) -> tuple[Iterator[Row], int | None]:
    kind = f"{_library(documents)} {type(documents).__name__}"
    nw = import_optional("narwhals", f"reading a {kind}", "narwhals")
    try:
        frame = nw.from_native(documents, pass_through=False)
    except TypeError:
        raise InputError(f"a {kind} holds no documents: give a data frame with a column for the text") from None
    except nw.exceptions.NarwhalsError as error:
        raise InputError(f"the data frame can't be used ({str(error).splitlines()[0]}): correct it") from None
    if isinstance(frame, nw.LazyFrame):
        raise InputError(f"a {kind} has not been computed yet: collect it first")
    names = [name for name in frame.columns if isinstance(name, str)]
    columns = wanted("the data frame", names)
    chosen = frame.select(columns)

    def rows() -> Iterator[Row]:
        for number, values in enumerate(chosen.iter_rows(named=False, buffer_size=_BATCH), start=1):
            yield f"row {number}", dict(zip(columns, values, strict=True))

    return rows(), len(chosen)


def _arrow_table_rows(documents: Any, wanted: Wanted) -> tuple[Iterator[Row], int | None]:
    pyarrow, _ = import_pyarrow("reading Arrow tables")
    batches: Iterable[Any]
    if isinstance(documents, pyarrow.RecordBatch):
        documents = pyarrow.Table.from_batches([documents])
    elif not isinstance(documents, pyarrow.Table | pyarrow.RecordBatchReader):
        try:
            documents = pyarrow.RecordBatchReader.from_stream(documents)
        except (TypeError, AttributeError, pyarrow.ArrowException):
            kind = type(documents).__name__
            raise InputError(f"a {kind} holds no documents: give a table with a column for the text") from None
    columns = wanted("the table", documents.schema.names)
    if isinstance(documents, pyarrow.Table):
        total, batches = documents.num_rows, documents.select(columns).to_batches(max_chunksize=_BATCH)
    else:
        total, batches = None, (batch.select(columns) for batch in documents)
    return _arrow_rows("row", batches, columns), total


def _arrow_rows(where: str, batches: Iterable[Any], names: Sequence[str], first: int = 1) -> Iterator[Row]:
    number = first - 1
    for batch in batches:
        # A batch that others made may be of any size.
        for begin in range(0, batch.num_rows, _BATCH):
            part = batch.slice(begin, _BATCH)
            columns = [_values(part.column(name)) for name in names]
            for values in zip(*columns, strict=True):
                number += 1
                yield f"{where} {number}", dict(zip(names, values, strict=True))


def _values(column: Any) -> list[Any]:
    try:
        return list(column.to_pylist())
    except UnicodeDecodeError:
        # Text that is no UTF-8, which Arrow does not check: each value by itself, the wrong ones as bytes.
        return [_value(value) for value in column]


def _value(scalar: Any) -> Any:
    try:
        return scalar.as_py()
    except UnicodeDecodeError:
        return scalar.as_buffer().to_pybytes()


def _wanted(source: str, names: Sequence[str], chooser: Chooser, bad_rows: BadRows) -> list[str]:
    # One column may be two things, as an id and a label.
    wanted = list(dict.fromkeys(chooser.choose(source, names).values()))
    double = next((name for name in wanted if list(names).count(name) > 1), None)
    if double is not None:
        raise bad_rows.error(f"{source} has two columns {double!r}: name each column differently")
    return wanted
