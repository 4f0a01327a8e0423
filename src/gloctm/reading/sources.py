"""Where documents are read from: files, folders of files, standard input, each plain or compressed with gzip."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import re
import shutil
import stat
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, cast

from gloctm.errors import FileFormatError, InputError
from gloctm.files.manifest import kind_of_folder
from gloctm.files.plain import read_plain_json
from gloctm.files.work import unfinished
from gloctm.languages import check_is_language, is_unidentified, normalize_language

# How files of each format may end, where they say it.
SUFFIXES = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".txt": "txt",
}
FORMATS = ("jsonl", "csv", "tsv", "parquet", "txt")
STANDARD_INPUT = "-"

_GZIP = b"\x1f\x8b"
_OTHER_COMPRESSION = {
    "zip": re.compile(rb"PK\x03\x04"),
    "bzip2": re.compile(rb"BZh[1-9]1AY&SY"),
    "xz": re.compile(rb"\xfd7zXZ\x00"),
    "zstandard": re.compile(rb"\x28\xb5\x2f\xfd"),
}


@dataclass(frozen=True)
class SourceFile:
    """One file to read.

    Attributes:
        path: where it is; None for standard input.
        file_format: one of ``FORMATS``.
        size: its bytes; None where they can't be known.
        id: the document's, where the file is one.
        language: the document's, by its folder; normalized.
        label: the document's, by its folder.
        shown: what messages call it; its path unless given.
    """

    path: Path | None
    file_format: str
    size: int | None
    id: str | None = None
    language: str | None = None
    label: str | None = None
    shown: str | None = None

    def __str__(self) -> str:
        return self.shown or ("standard input" if self.path is None else str(self.path))

    def absolute(self) -> SourceFile:
        """Return the same file by its whole path, which processes in other folders need; messages call it as before."""
        if self.path is None or self.path.is_absolute():
            return self
        return replace(self, path=self.path.absolute(), shown=str(self))


class ReadProgress:
    """How much of the input has been read.

    Args:
        total: bytes or rows in all; None where that is not known.
    """

    def __init__(self, total: int | None) -> None:
        self.total = total
        self.finished = 0
        self.position: Callable[[], int] = int

    def fraction(self) -> float | None:
        """Return the share that has been read, from 0 to 1; None where it is not known."""
        if self.total is None:
            return None
        if self.total == 0:
            return 1.0
        return min(1.0, (self.finished + self.position()) / self.total)

    def finish(self, size: int) -> None:
        """Note that a part of this size is done."""
        self.position = int
        self.finished += size


def list_files(
    sources: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], *, file_format: str | None, language_given: bool
) -> list[SourceFile]:
    """Return the files of some sources, in the order given, those of a folder sorted.

    Args:
        sources: a path or several; ``-`` is standard input.
        file_format: of all files; by the ending of each unless given, and JSON lines for standard input.
        language_given: whether the language of all documents is known or to be identified, which subfolders of text
            files then don't name.

    Raises:
        FileFormatError: a path does not exist, or says not what kind of file it is.
        InputError: the format is unknown, no source is given, or one is a corpus.
    """
    if file_format is not None and file_format not in FORMATS:
        raise InputError(f"there is no format {file_format!r}: choose {', '.join(FORMATS)}")
    if isinstance(sources, bytes):
        sources = os.fsdecode(sources)
    several = [sources] if isinstance(sources, str | os.PathLike) else list(sources)
    if not several:
        raise InputError("no file is given to read documents from: name at least one")
    files: list[SourceFile] = []
    for source in several:
        if not isinstance(source, str | os.PathLike):
            raise InputError(f"{source!r:.60} is not a path: documents in memory are read by Corpus.from_records")
        if str(source) == STANDARD_INPUT:
            files.append(SourceFile(None, file_format or "jsonl", None))
            continue
        path = Path(source)
        if path.is_dir():
            if _is_corpus(path):
                raise InputError(f"{path} is a corpus already: train on it, or name the files that it was built from")
            files += _list_folder(path, file_format, language_given)
        else:
            files.append(_single_file(path, file_format))
    if sum(file.path is None for file in files) > 1:
        raise InputError("standard input is named twice, but can be read only once: name it once")
    return files


def _is_corpus(folder: Path) -> bool:
    try:
        content = read_plain_json(folder / "corpus.json")
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and content.get("format") == "gloctm-corpus"


def describe_sources(sources: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> str:
    """Return some sources, for messages."""
    listed = [sources] if isinstance(sources, str | os.PathLike) else sources
    return ", ".join("standard input" if str(source) == STANDARD_INPUT else str(source) for source in listed)


def total_size(files: Sequence[SourceFile]) -> int | None:
    """Return the bytes of all files, None where those of one are not known."""
    sizes = [file.size for file in files]
    return None if None in sizes else sum(cast("list[int]", sizes))


@contextlib.contextmanager
def opened(file: SourceFile, progress: ReadProgress) -> Iterator[io.BufferedReader]:
    """Open a file for reading its bytes, those of a compressed one unpacked; errors of reading become the package's.

    Args:
        file: what to open.
        progress: follows the reading.

    Raises:
        FileFormatError: it is missing, may not be read, or is damaged or compressed in another way.
    """
    with contextlib.ExitStack() as stack:
        try:
            raw = _standard_input() if file.path is None else stack.enter_context(file.path.open("rb"))
            if file.size is not None:
                progress.position = raw.raw.tell
            stream = raw
            beginning = raw.peek(16)
            if beginning.startswith(_GZIP):
                # A second buffer, since gzip's own hands out lines one by one through Python.
                stream = io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=raw)), 2**16)
            for name, mark in _OTHER_COMPRESSION.items():
                if mark.match(beginning):
                    raise FileFormatError(f"{file} is compressed with {name}: unpack it, or compress it with gzip")
            yield stream
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise FileFormatError(f"{file} is cut short or damaged ({error}): copy or download it again") from None
        except FileNotFoundError:
            raise FileFormatError(f"{file} does not exist: check the path") from None
        except OSError as error:
            raise FileFormatError(f"{file} can't be read ({error.strerror or error}): check it") from None
    progress.finish(file.size or 0)


@contextlib.contextmanager
def seekable(stream: io.BufferedReader) -> Iterator[BinaryIO]:
    """Open the same bytes for reading in any order: a plain file itself, others through a temporary file."""
    if isinstance(stream.raw, io.FileIO) and stream.seekable():
        yield stream
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(stream, copy)
        copy.seek(0)
        yield cast(BinaryIO, copy)


def _standard_input() -> io.BufferedReader:
    stream = sys.stdin.buffer
    return stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, stream))


def _single_file(path: Path, file_format: str | None) -> SourceFile:
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise FileFormatError(unfinished(path) or f"{path} does not exist: check the path") from None
    except (OSError, ValueError) as error:
        # A ValueError: the name holds a null character.
        raise FileFormatError(f"{path} can't be read ({error}): check the path") from None
    found = file_format or format_of(path)
    if found is None:
        raise FileFormatError(
            f"{path} is none of {', '.join(SUFFIXES)}: name the file by what it holds, or say its format"
        )
    size = status.st_size if stat.S_ISREG(status.st_mode) else None
    return SourceFile(path, found, size, id=path.name if found == "txt" else None)


def format_of(path: Path) -> str | None:
    """Return the format that a file's name states, with or without ``.gz`` at its end."""
    name = path.name.lower().removesuffix(".gz")
    return SUFFIXES.get(os.path.splitext(name)[1])


def _list_folder(folder: Path, file_format: str | None, language_given: bool) -> list[SourceFile]:
    found = [_single_file(path, file_format) for path in _walk(folder) if _holds_documents(path, file_format, folder)]
    if not found:
        raise FileFormatError(f"{folder} holds no file of documents ({', '.join(SUFFIXES)}): check the path")
    kinds = {file.file_format == "txt" for file in found}
    if len(kinds) > 1:
        text, table = (next(file for file in found if (file.file_format == "txt") is kind) for kind in (True, False))
        raise FileFormatError(
            f"{folder} holds both {_within(folder, text)}, a text file, and {_within(folder, table)}: "
            "keep them in folders of their own"
        )
    if kinds == {False}:
        return found
    return [_text_file(folder, file, language_given) for file in found]


def _walk(folder: Path) -> Iterator[Path]:
    """Every file below a folder, sorted, none that is hidden; links to folders are followed, but never in a circle."""
    seen = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        status = os.stat(place)
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(place, name)


def _holds_documents(path: Path, file_format: str | None, folder: Path) -> bool:
    if format_of(path) is not None or (file_format is not None and not path.name.startswith("_")):
        return True
    if path.name.startswith("_"):
        # Programs that write tables in parts leave notes for themselves, such as _SUCCESS.
        return False
    if (kind := kind_of_folder(folder)) is not None:
        raise FileFormatError(f"{folder} is a saved {kind}: give texts")
    raise FileFormatError(
        f"{path} is none of {', '.join(SUFFIXES)}: take it out of the folder {folder}, or say the format of all files"
    )


def _text_file(folder: Path, file: SourceFile, language_given: bool) -> SourceFile:
    path = cast(Path, file.path)
    folders = path.relative_to(folder).parts[:-1]
    language = None
    if folders and not language_given:
        if not is_unidentified(folders[0]):
            try:
                language = check_is_language(normalize_language(folders[0]))
            except InputError:
                raise FileFormatError(
                    f"{folder / folders[0]} holds text files but is not named by their language: "
                    "name it by a code such as en, or auto; or say the language of all"
                ) from None
        folders = folders[1:]
    label = "/".join(folders) or None
    return SourceFile(path, "txt", file.size, _within(folder, file), language, label)


def _within(folder: Path, file: SourceFile) -> str:
    return cast(Path, file.path).relative_to(folder).as_posix()
