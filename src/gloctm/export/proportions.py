"""Topic proportions as a file: Parquet, CSV or JSON lines with columns id, lang, topic_0, topic_1 and so on."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import IO, Any

from gloctm.arrays import Array
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
    ids = list(map(storable, ids))
    names = ["id", "lang", *(f"topic_{topic}" for topic in topics or range(theta.shape[1]))]
    # Nine significant digits give a float32 back exactly.
    rows = (
        [identifier, language, *(float(f"{value:.9g}") for value in proportions.tolist())]
        for identifier, language, proportions in zip(ids, languages, theta, strict=True)
    )
    if not isinstance(target, str | os.PathLike):
        _write_json_lines(target, names, rows)
        return
    path = Path(target)
    check_proportions_target(path)
    if path.suffix.lower() == ".parquet":
        arrow, parquet = import_pyarrow("Writing Parquet")
        columns = [arrow.array(ids), arrow.array(list(languages)), *(arrow.array(column) for column in theta.T)]
        with atomic_file(path, "wb") as stream:
            parquet.write_table(arrow.table(columns, names=names), stream)
        return
    with atomic_file(path) as stream:
        if path.suffix.lower() == ".csv":
            csv.writer(stream, lineterminator="\n").writerows(chain([names], rows))
        else:
            _write_json_lines(stream, names, rows)


def _write_json_lines(stream: IO[str], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    for row in rows:
        stream.write(json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) + "\n")
