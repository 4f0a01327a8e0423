"""Topic proportions as a file: Parquet, CSV or JSON lines with columns id, lang, topic_0, topic_1 and so on."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any

from gloctm.arrays import Array
from gloctm.errors import InputError
from gloctm.files.arrow import import_pyarrow
from gloctm.files.atomic import atomic_file, check_file_target, storable
from gloctm.inert import CsvWriter

SUFFIXES = (".parquet", ".csv", ".jsonl")
# Rows of a group in a Parquet file: 13 MB with 50 topics.
GROUP_ROWS = 65_536

#: Writes rows: an identifier per document, a language per document, and ``(documents, K)``. In Parquet, an identifier
#: that is not known yet is None.
Write = Callable[[Sequence[Any], Sequence[str], Array], None]


def check_proportions_target(path: Path) -> None:
    """Raise now if ``write_proportions`` would refuse this target, before anything is computed."""
    if str(path) == "-":
        return
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"can't write {path}: its name must end in {', '.join(SUFFIXES)}, or be - for standard output")
    check_file_target(path)
    if path.suffix.lower() == ".parquet":
        import_pyarrow("Writing Parquet")


def write_proportions(
    target: str | os.PathLike[str] | IO[str],
    ids: Sequence[str],
    languages: Sequence[str],
    theta: Array,
    *,
    topics: Sequence[int] | None = None,
) -> None:
    """Write a row per document, all or nothing.

    Args:
        target: a path, whose ending chooses the format; or an open text stream, which receives JSON lines.
        ids: an identifier per document.
        languages: a language per document.
        theta: ``(documents, K)``.
        topics: the number of the topic of each column; from 0 unless given.

    Examples:
        >>> import sys
        >>> import numpy as np
        >>> from gloctm.export import write_proportions
        >>> write_proportions(sys.stdout, ["a"], ["en"], np.float32([[0.25, 0.75]]))
        {"id": "a", "lang": "en", "topic_0": 0.25, "topic_1": 0.75}
    """
    with proportions_writer(target, topics or range(theta.shape[1])) as write:
        write(ids, languages, theta)


@contextlib.contextmanager
def proportions_writer(target: str | os.PathLike[str] | IO[str], topics: Sequence[int]) -> Iterator[Write]:
    """Yield a function that writes rows block by block; a file is put in place only if the block ends well.

    A stream gets its rows at once.

    Args:
        target: see ``write_proportions``.
        topics: the number of the topic of each column.

    Examples:
        >>> import sys
        >>> import numpy as np
        >>> from gloctm.export.proportions import proportions_writer
        >>> with proportions_writer(sys.stdout, range(1)) as write:
        ...     write(["a"], ["en"], np.float32([[1]]))
        ...     write(["b"], ["de"], np.float32([[1]]))
        {"id": "a", "lang": "en", "topic_0": 1.0}
        {"id": "b", "lang": "de", "topic_0": 1.0}
    """
    names = ["id", "lang", *(f"topic_{topic}" for topic in topics)]
    if not isinstance(target, str | os.PathLike):
        yield partial(_write_json_lines, target, names)
        return
    path = Path(target)
    check_proportions_target(path)
    match path.suffix.lower():
        case ".parquet":
            with atomic_file(path, "wb") as stream, _parquet_writer(stream, names) as write:
                yield write
        case ".csv":
            with atomic_file(path) as stream:
                table = CsvWriter(stream, names)
                yield lambda ids, languages, theta: table.rows(_rows(ids, languages, theta))
        case _:
            with atomic_file(path) as stream:
                yield partial(_write_json_lines, stream, names)


@contextlib.contextmanager
def _parquet_writer(stream: IO[bytes], names: Sequence[str]) -> Iterator[Write]:
    """Yield a function that writes rows in groups of ``GROUP_ROWS``, however they come."""
    arrow, parquet = import_pyarrow("Writing Parquet")
    types = [arrow.string(), arrow.string(), *(arrow.float32() for _ in names[2:])]
    waiting: list[Any] = []
    with parquet.ParquetWriter(stream, arrow.schema(list(zip(names, types, strict=True)))) as writer:

        def write(ids: Sequence[str | None], languages: Sequence[str], theta: Array) -> None:
            columns = [[each if each is None else storable(each) for each in ids], list(languages), *theta.T]
            arrays = [arrow.array(column, kind) for column, kind in zip(columns, types, strict=True)]
            waiting.append(arrow.table(arrays, names=list(names)))
            if sum(table.num_rows for table in waiting) >= GROUP_ROWS:
                finish()

        def finish() -> None:
            if waiting:
                # One row group: of many small ones, the notes on columns would be as large as the numbers.
                table = arrow.concat_tables(waiting)
                writer.write_table(table, row_group_size=max(table.num_rows, 1))
                waiting.clear()

        yield write
        finish()


def _rows(ids: Sequence[str], languages: Sequence[str], theta: Array) -> Iterator[list[Any]]:
    for identifier, language, proportions in zip(ids, languages, theta, strict=True):
        # Nine significant digits give a float32 back exactly.
        yield [storable(identifier), language, *(float(f"{value:.9g}") for value in proportions.tolist())]


def _write_json_lines(
    stream: IO[str], names: Sequence[str], ids: Sequence[str], languages: Sequence[str], theta: Array
) -> None:
    for row in _rows(ids, languages, theta):
        stream.write(json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) + "\n")
