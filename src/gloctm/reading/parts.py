"""Stretches of files that can be read by themselves, and give together the records of the whole files."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from gloctm.files.arrow import import_pyarrow
from gloctm.files.encodings import Encoding
from gloctm.reading.builder import Beginning, Record, RecordBuilder
from gloctm.reading.dropped import BadRows
from gloctm.reading.formats import has_plain_lines, read_rows
from gloctm.reading.json_lines import read_json_lines
from gloctm.reading.notes import Notes
from gloctm.reading.quoting import Quoting
from gloctm.reading.sources import ReadProgress, SourceFile, opened, seekable
from gloctm.reading.tables import read_parquet

# Bytes that are read at a time.
_CHUNK = 2**20


@dataclass(frozen=True)
class FilePart:
    """A file, or a stretch of one: some lines of JSON, or some row groups of Parquet.

    Attributes:
        file: the file.
        start: the byte at which its first line begins.
        end: the byte at which its last line ends; None for the whole file, and for Parquet.
        first: the number of the first line or row.
        row_groups: the first row group, and the one after the last; None for the whole file, and for JSON.
    """

    file: SourceFile
    start: int = 0
    end: int | None = None
    first: int = 1
    row_groups: tuple[int, int] | None = None


def cut_file(file: SourceFile, encoding: Encoding, size: int) -> list[FilePart]:
    """Return the stretches of a file, each of about this many bytes; the file itself where it can't be cut.

    JSON lines can be cut where a line begins, unless they are compressed, and Parquet between row groups. Others are
    whole: a quotation mark in CSV may join any number of lines.

    Args:
        file: the file.
        encoding: that of text.
        size: bytes of a stretch, at least 1.
    """
    if file.path is None or file.size is None or file.size <= size:
        return [FilePart(file)]
    if file.file_format == "parquet":
        return _cut_parquet(file, size)
    if file.file_format == "jsonl" and _has_plain_lines(file, encoding):
        return _cut_lines(file, size)
    return [FilePart(file)]


def part_records(
    part: FilePart,
    progress: ReadProgress,
    builder: RecordBuilder,
    encoding: Encoding,
    bad_rows: BadRows,
    quoting: Quoting = "auto",
) -> Iterator[Record]:
    """Yield the records of a stretch of a file.

    Args:
        part: the stretch.
        progress: follows the reading of whole files.
        builder: makes the records.
        encoding: that of text.
        bad_rows: collects what can't be read.
        quoting: whether quotation marks quote the fields of CSV and TSV.
    """
    file, source = part.file, str(part.file)
    with opened(file, progress) as stream:
        if part.row_groups is not None:
            chooser = builder if part.row_groups[0] == 0 else _Repeated(builder, bad_rows.notes)
            groups = range(*part.row_groups)
            with seekable(stream) as table:
                rows = read_parquet(source, table, chooser, bad_rows, row_groups=groups, first=part.first)
                yield from builder.records(rows, source)
        elif part.end is None:
            yield from builder.records(read_rows(file, stream, builder, encoding, bad_rows, quoting), source)
        else:
            own = encoding.at(stream.peek())
            skipping = BadRows("skip" if bad_rows.skips else "raise", bad_rows.error)
            beginning = Beginning.of(read_json_lines(source, stream, own, skipping), is_here=part.start == 0)
            lines = _stretch(stream, part.start, part.end)
            rows = read_json_lines(source, lines, own, bad_rows, first=part.first)
            yield from builder.records(rows, source, beginning=beginning)


class _Repeated:
    """Chooses the columns of a file once more, without saying again what the first stretch has said."""

    def __init__(self, builder: RecordBuilder, notes: Notes) -> None:
        self._builder = builder
        self._notes = notes
        self.has_text = builder.has_text

    def choose(self, source: str, names: Sequence[str]) -> dict[str, str]:
        before = self._notes.all()
        chosen = self._builder.choose(source, names)
        self._notes.take_back(before)
        return chosen


class _Stretch(io.RawIOBase):
    """The bytes of a file from one place to another."""

    def __init__(self, raw: io.RawIOBase, start: int, end: int) -> None:
        self._raw = raw
        self._left = end - start
        raw.seek(start)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with memoryview(buffer) as view, view[: self._left] as within:
            count = self._raw.readinto(within) or 0
        self._left -= count
        return count


def _stretch(stream: io.BufferedReader, start: int, end: int) -> io.BufferedReader:
    raw = _Stretch(cast(io.RawIOBase, stream.raw), start, end)
    return io.BufferedReader(cast(io.RawIOBase, raw), _CHUNK)


def _has_plain_lines(file: SourceFile, encoding: Encoding) -> bool:
    with opened(file, ReadProgress(None)) as stream:
        return isinstance(stream.raw, io.FileIO) and has_plain_lines(stream.peek(), encoding)


def _cut_lines(file: SourceFile, size: int) -> list[FilePart]:
    """Cut at the first line that begins at or after each multiple of a size; lines are counted on the way."""
    assert file.path is not None
    cuts: list[tuple[int, int]] = [(0, 1)]
    position, lines = 0, 1
    with file.path.open("rb", buffering=0) as stream:
        while chunk := stream.read(_CHUNK):
            searched = 0
            # A line begins after a line feed, so that is sought from the byte before.
            while (at := cuts[-1][0] + size - 1 - position) < len(chunk):
                found = chunk.find(b"\n", max(at, searched))
                if found < 0:
                    break
                lines += chunk.count(b"\n", searched, found + 1)
                searched = found + 1
                cuts.append((position + searched, lines))
            lines += chunk.count(b"\n", searched)
            position += len(chunk)
    if len(cuts) > 1 and cuts[-1][0] == position:
        # No line begins at the end.
        cuts.pop()
    ends = [start for start, _ in cuts[1:]] + [position]
    return [FilePart(file, start, end, first) for (start, first), end in zip(cuts, ends, strict=True)]


def _cut_parquet(file: SourceFile, size: int) -> list[FilePart]:
    assert file.path is not None
    pyarrow, parquet = import_pyarrow("reading Parquet")
    try:
        metadata = parquet.read_metadata(os.fspath(file.path))
        groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
        sizes = [(group.num_rows, group.total_byte_size) for group in groups]
    except (pyarrow.ArrowException, OSError):
        # Whoever reads it says what is wrong with it.
        return [FilePart(file)]
    parts: list[FilePart] = []
    begin, first, rows, held = 0, 1, 0, 0
    for number, (count, weight) in enumerate(sizes):
        rows, held = rows + count, held + weight
        if held >= size or number == len(sizes) - 1:
            parts.append(FilePart(file, first=first, row_groups=(begin, number + 1)))
            begin, first, rows, held = number + 1, first + rows, 0, 0
    return parts if len(parts) > 1 else [FilePart(file)]
