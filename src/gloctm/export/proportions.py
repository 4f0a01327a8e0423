"""Topic proportions as a file: Parquet, CSV or JSON lines with columns id, lang, topic_0, topic_1 and so on."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from gloctm.errors import InputError
from gloctm.files.arrow import import_pyarrow
from gloctm.files.atomic import atomic_file, storable

SUFFIXES = (".parquet", ".csv", ".jsonl")


def check_proportions_target(path: Path) -> None:
    """Raise now if ``write_proportions`` would refuse this target, before anything is computed."""
    if str(path) == "-":
        return
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"can't write {path}: its name must end in {', '.join(SUFFIXES)}, or be - for standard output")
    if not path.parent.is_dir():
        raise InputError(f"can't write {path}: the folder {path.parent} does not exist")
    if path.is_dir():
        raise InputError(f"can't write {path}: a folder of that name exists")
    if path.suffix.lower() == ".parquet":
        import_pyarrow("Writing Parquet")


def write_proportions(
    target: str | os.PathLike[str] | IO[str],
    ids: Sequence[str],
    languages: Sequence[str],
    theta: NDArray[np.float32],
    *,
    topics: Sequence[int] | None = None,
) -> None:
    """Write a row a document, all or nothing.

    Args:
        target: a path, its ending choosing the format; or an open text stream, which gets JSON lines.
        ids: an identifier a document.
        languages: a language a document.
        theta: ``(documents, K)``.
        topics: the number of the topic of each column; from 0 unless given.
    """
    ids = list(map(storable, ids))
    names = ["id", "lang", *(f"topic_{topic}" for topic in topics or range(theta.shape[1]))]
    if not isinstance(target, str | os.PathLike):
        _write_json_lines(target, names, ids, languages, theta)
        return
    path = Path(target)
    check_proportions_target(path)
    if path.suffix.lower() == ".parquet":
        arrow, parquet = import_pyarrow("Writing Parquet")
        columns = [arrow.array(list(ids)), arrow.array(list(languages)), *(arrow.array(column) for column in theta.T)]
        with atomic_file(path, "wb") as stream:
            parquet.write_table(arrow.table(columns, names=names), stream)
    elif path.suffix.lower() == ".csv":
        with atomic_file(path) as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(names)
            writer.writerows(_rows(ids, languages, theta))
    else:
        with atomic_file(path) as stream:
            _write_json_lines(stream, names, ids, languages, theta)


def _write_json_lines(
    stream: IO[str], names: list[str], ids: Sequence[str], languages: Sequence[str], theta: NDArray[np.float32]
) -> None:
    for row in _rows(ids, languages, theta):
        stream.write(json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) + "\n")


def _rows(ids: Sequence[str], languages: Sequence[str], theta: NDArray[np.float32]) -> Iterator[list[Any]]:
    for identifier, language, proportions in zip(ids, languages, theta, strict=True):
        # Nine significant digits give a float32 back exactly.
        yield [identifier, language, *(float(f"{value:.9g}") for value in proportions.tolist())]
