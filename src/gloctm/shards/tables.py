"""Intermediate files of a build: tables of Arrow in batches, each of which can be read by itself."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from gloctm.files.arrow import import_pyarrow
from gloctm.files.atomic import atomic_path

_PURPOSE = "building a corpus in shards"


def arrow() -> Any:
    """Return pyarrow.

    Raises:
        MissingDependencyError: it is not installed.
    """
    return import_pyarrow(_PURPOSE)[0]


@contextlib.contextmanager
def writing(path: Path, schema: Any) -> Iterator[Any]:
    """Open a table for batches to be written to it; it is there only if the block ends well."""
    ipc = arrow().ipc
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        options = ipc.IpcWriteOptions(compression="zstd")
        with ipc.new_file(stream, schema, options=options) as writer:
            yield writer


def read_batch(path: Path, number: int, columns: Sequence[str] | None = None) -> Any:
    """Return a batch of a table, or only some of its columns."""
    return read_batches(path, [number], columns)[0]


def read_batches(path: Path, numbers: Iterable[int], columns: Sequence[str] | None = None) -> list[Any]:
    """Return some batches of a table, or only some of their columns."""
    pyarrow = arrow()
    with pyarrow.memory_map(os.fspath(path)) as source:
        reader = pyarrow.ipc.open_file(source)
        if columns is not None:
            fields = [reader.schema.get_field_index(name) for name in columns]
            reader = pyarrow.ipc.open_file(source, options=pyarrow.ipc.IpcReadOptions(included_fields=fields))
        return [reader.get_batch(number) for number in numbers]


def as_bytes(values: Sequence[str | None]) -> Any:
    """Return strings as an array of bytes, which can be lone surrogates too."""
    pyarrow = arrow()
    try:
        return pyarrow.array(values, pyarrow.binary())
    except UnicodeEncodeError:
        encoded = [None if value is None else value.encode("utf-8", "surrogatepass") for value in values]
        return pyarrow.array(encoded, pyarrow.binary())


def as_strings(array: Any) -> list[Any]:
    """Return the strings of an array of bytes; None where there is none."""
    pyarrow = arrow()
    try:
        return list(array.cast(pyarrow.string()).to_pylist())
    except (pyarrow.ArrowInvalid, UnicodeDecodeError):
        return [None if value is None else value.decode("utf-8", "surrogatepass") for value in array.to_pylist()]
