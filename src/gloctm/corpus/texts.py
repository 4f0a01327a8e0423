"""Texts on disk that look like a list: a corpus holds where each line begins, not the texts."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
import threading
import weakref
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any, overload

from gloctm.files.atomic import temporary_files


def json_line(content: Mapping[str, Any]) -> bytes:
    """Return one object as a line of JSON, which lines of bytes end at and nothing else."""
    # Lone surrogates, which UTF-8 can't hold, become JSON's own escapes.
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


class StoredTexts(Sequence[str]):
    """The texts of a file of JSON lines, read when they are asked for.

    Args:
        stream: the file, open for reading bytes; kept open, so the texts stay readable if it is replaced.
        starts: where each document's line begins.
    """

    def __init__(self, stream: IO[bytes], starts: array[int]) -> None:
        self._stream = stream
        self._starts = starts
        self._lock = threading.Lock()
        weakref.finalize(self, stream.close)

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return [self[each] for each in range(*row.indices(len(self)))]
        text = self._entry(self._starts[row])["text"]
        assert isinstance(text, str)
        return text

    def __iter__(self) -> Iterator[str]:
        return (entry["text"] for entry in self.entries())

    def entries(self) -> Iterator[dict[str, str]]:
        """Each document with all that its line says."""
        return map(self._entry, self._starts)

    def _entry(self, start: int) -> dict[str, str]:
        with self._lock:
            self._stream.seek(start)
            line = self._stream.readline()
        entry: dict[str, str] = json.loads(line)
        return entry

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str):
            return NotImplemented
        return len(self) == len(other) and all(one == two for one, two in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # as lists have none

    def __repr__(self) -> str:
        return f"StoredTexts({len(self)} texts)"

    def __reduce__(self) -> Any:
        # An open file can't be copied or sent to another process; its texts can.
        return list, (list(self),)


class TextWriter:
    """Collects texts in a temporary file, which vanishes with the last reference to it.

    There is none before the first text, and it is closed should the texts never be read.
    """

    def __init__(self) -> None:
        self._stream: IO[bytes] | None = None
        self._starts = array("q")
        self._position = 0
        self._texts: StoredTexts | None = None

    def append(self, text: str, *, source: str = "") -> None:
        """Add one text at the end, and where it comes from."""
        with temporary_files():
            if self._stream is None:
                self._stream = tempfile.TemporaryFile()  # noqa: SIM115  # open as long as the texts are in use
                self._closing = weakref.finalize(self, _discard, self._stream)
            self._starts.append(self._position)
            self._position += self._stream.write(json_line({"text": text, "source": source}))

    def finished(self) -> StoredTexts:
        """Return the texts, to be read; none can be added any more."""
        if self._texts is None:
            if self._stream is None:
                self._texts = StoredTexts(io.BytesIO(), self._starts)
            else:
                with temporary_files():
                    self._stream.flush()
                # Theirs from now on, who may outlive this object.
                self._closing.detach()
                self._texts = StoredTexts(self._stream, self._starts)
        return self._texts


def _discard(stream: IO[bytes]) -> None:
    # Nobody wants what a full disk did not take.
    with contextlib.suppress(OSError):
        stream.close()
