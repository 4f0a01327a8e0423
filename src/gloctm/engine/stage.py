"""Stages: lists of independent pieces of work, each committed once it is done, so that a stage that was killed goes on.

A stage knows nothing of documents, and an engine knows nothing of stages.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

from gloctm.files.atomic import atomic_file, storable
from gloctm.files.digests import file_sha256
from gloctm.progress import track

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Resources:
    """What a piece of a stage takes of the machine that makes it; engines of one machine alone don't look at it.

    Attributes:
        cpus: cores.
        gpus: GPUs, where machines have some.
        memory: bytes, or all that the largest machine has, should that be less.
    """

    cpus: float = 1
    gpus: float = 0
    memory: int = 2**30


#: What a piece takes unless its stage says otherwise.
ONE_CORE = Resources()


class Engine(Protocol):
    """Runs a function on each of many items, here or elsewhere.

    Items and results are small: paths and numbers rather than documents. Paths are absolute. In a ``with`` block, an
    engine keeps what it started for one run until the next.
    """

    def __enter__(self) -> Self:
        """Begin to keep what runs start."""

    def __exit__(self, *error: object) -> None:
        """End it."""

    def check(self, folder: Path, reads: Iterable[Path] = (), packages: Iterable[str] = ()) -> None:
        """Raise an InputError that names a machine which can't do the work.

        Args:
            folder: where results go; every machine has to see it.
            reads: what is read; every machine has to see that, too.
            packages: names on PyPI of what results depend on; every machine has to have the versions of this one.
        """

    def run(self, work: Callable[[T], R], items: Iterable[T], resources: Resources = ONE_CORE) -> Iterator[tuple[T, R]]:
        """Yield each item with its result, in any order; each item is run at least once.

        An error of the work ends the run and is raised as it is.

        Args:
            work: what is run.
            items: what it is given.
            resources: what each item takes.
        """

    def in_use(self) -> str:
        """Return what is in use beyond this machine, for the line of progress."""


@dataclass(frozen=True)
class Piece:
    """One piece of a stage.

    Attributes:
        name: of this piece alone within the stage's folder, such as ``en/00017``.
        key: states what the result depends on, see ``key_of``; a result with another key is made again.
        item: what the work is given; it can be sent to another process.
        label: what it is, for messages; the name unless given.
    """

    name: str
    key: str
    item: Any
    label: str = ""

    def __str__(self) -> str:
        return self.label or self.name


@dataclass(frozen=True)
class Done:
    """What a piece of work hands back.

    Attributes:
        files: the files that it wrote, by their names below the stage's folder.
        facts: what JSON can hold: counts, sums, names.
    """

    files: Sequence[str] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Note:
    """States that a piece is done: its files and facts.

    Attributes:
        key: that of the piece.
        files: the bytes and the SHA-256 of each file, by its name below the stage's folder.
        facts: see ``Done``, as JSON gives them back: lists, and keys that are text.
    """

    key: str
    files: dict[str, tuple[int, str]]
    facts: dict[str, Any]


def key_of(*parts: Any) -> str:
    """Return a digest of what a result depends on: any values that JSON can hold.

    Example:
        >>> key_of("tokens", 1, {"size": 5}) == key_of("tokens", 1, {"size": 6})
        False
    """
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def run_stage(
    engine: Engine,
    work: Callable[[Any], Done],
    pieces: Sequence[Piece],
    folder: Path,
    *,
    description: str,
    notes: Path | None = None,
    unit: str = "shards",
    resources: Resources = ONE_CORE,
    show_progress: bool = True,
) -> list[Note]:
    """Run the pieces of a stage that are not done yet, and return the notes of all, in the order of the pieces.

    A note is written after its files, so a killed stage leaves files without notes, which are made again. A piece is
    kept where its note has the piece's key and its files are as the note has them, to the bit.

    Args:
        engine: runs them.
        work: makes one piece from its item: a function of that alone. It writes its files whole or not at all, as
            ``gloctm.files.atomic.atomic_path`` does, since two processes may come to make the same piece.
        pieces: all pieces of the stage.
        folder: where the files are.
        description: what is done, for the line of progress.
        notes: where the notes are; next to the files unless given.
        unit: what a piece is, plural, for the line of progress.
        resources: what a piece takes.
        show_progress: whether progress is shown.
    """
    notes = folder if notes is None else notes
    found = {piece.name: note for piece in pieces if (note := _kept(piece, folder, notes)) is not None}
    # What is named twice is made once.
    lacking = list({piece.name: piece for piece in pieces if piece.name not in found}.values())
    if found and lacking:
        description += f", {len(found):,} of {len(found) + len(lacking):,} {unit} made before"
    with track(description, len(lacking), unit, show=show_progress) as progress:
        for piece, note in engine.run(_Committed(work, folder, notes), lacking, resources):
            found[piece.name] = note
            progress.advance(note=engine.in_use())
    return [found[piece.name] for piece in pieces]


@dataclass(frozen=True)
class _Committed:
    """Makes a piece, then writes its note; runs wherever the engine runs it."""

    work: Callable[[Any], Done]
    folder: Path
    notes: Path

    def __call__(self, piece: Piece) -> Note:
        path = _note_path(piece, self.notes)
        path.parent.mkdir(parents=True, exist_ok=True)
        done = self.work(piece.item)
        files = {name: _described(self.folder / name) for name in done.files}
        text = json.dumps({"key": piece.key, "files": files, "facts": dict(done.facts)}, ensure_ascii=False)
        with atomic_file(path, "wb") as stream:
            stream.write(storable(text).encode())
        # As a later run reads it: one result, whether a piece was kept or made.
        return _from_json(json.loads(text))


def _note_path(piece: Piece, notes: Path) -> Path:
    return notes / f"{piece.name}.note.json"


def _kept(piece: Piece, folder: Path, notes: Path) -> Note | None:
    try:
        note = _from_json(json.loads(_note_path(piece, notes).read_bytes()))
        as_noted = note.key == piece.key and all(_described(folder / name) == each for name, each in note.files.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        # Nobody's note, or one that a damaged disk holds: the piece is made again.
        return None
    return note if as_noted else None


def _from_json(content: Any) -> Note:
    files = {str(name): (int(size), str(digest)) for name, (size, digest) in content["files"].items()}
    return Note(str(content["key"]), files, dict(content["facts"]))


def _described(path: Path) -> tuple[int, str]:
    return os.stat(path).st_size, file_sha256(path)
