"""Writing files and folders so that a reader finds the old one or the new one, never half of one."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from gloctm.errors import FileFormatError, InputError
from gloctm.files.leftovers import NEW, OLD, followed, held_file, held_folder, remove_leftover_files, remove_leftovers
from gloctm.files.plain import read_plain_json
from gloctm.files.replacing import put_in_place

# Rows of an array that are written at a time.
_ROWS = 65536


@dataclass(frozen=True)
class FolderFormat:
    """A kind of folder that this package writes.

    Attributes:
        kind: what it is, for messages ("model", "corpus").
        manifest: name of the file at its head, which lists all others.
        name: what the manifest states as ``format``.
        newest: the newest format version that this package reads, and the one it writes.
        optional: names of files that a folder may hold although its manifest does not list them.
        schema: returns by format version what the manifest holds, see ``gloctm.files.schema``.
    """

    kind: str
    manifest: str
    name: str
    newest: int
    optional: tuple[str, ...] = ()
    schema: Callable[[int], Any] | None = None

    def owns(self, folder: Path) -> bool:
        """Return whether a folder is of this kind and holds nothing else: only then may it be replaced."""
        try:
            manifest = read_plain_json(folder / self.manifest)
            known = {self.manifest, *manifest["files"], *self.optional}
            found = {
                file.relative_to(folder).as_posix()
                for file in folder.rglob("*")
                if file.is_symlink() or not file.is_dir()
            }
            return bool(manifest["format"] == self.name and found <= known)
        except (FileFormatError, OSError, KeyError, TypeError):
            return False


@contextlib.contextmanager
def atomic_file(path: str | os.PathLike[str], mode: str = "w") -> Iterator[IO[Any]]:
    """Open a temporary file next to ``path`` for writing; put it in place only if the block ends well.

    Args:
        path: where the finished file goes; an older file there is replaced. A link is followed.
        mode: ``"w"`` for UTF-8 text, ``"wb"`` for bytes.

    Raises:
        InputError: see ``check_file_target``.
    """
    binary = "b" in mode
    with (
        atomic_path(path) as temporary,
        temporary.open(mode, encoding=None if binary else "utf-8", newline=None if binary else "\n") as stream,
    ):
        yield stream


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Make a temporary file next to ``path`` for the block to write; put it in place only if the block ends well.

    An older file there is replaced. What killed processes left of it is deleted. A link is followed.

    Raises:
        InputError: see ``check_file_target``.
    """
    check_file_target(path)
    target = followed(path)
    remove_leftover_files(target)
    with held_file(target) as temporary:
        try:
            yield temporary
            # For writing, or some systems would not flush it.
            with temporary.open("r+b") as stream:
                os.fsync(stream.fileno())
            os.replace(temporary, target)
        except OSError as error:
            _name_file(error, target)
            raise


@contextlib.contextmanager
def atomic_folder(path: str | os.PathLike[str], *, replaces: FolderFormat) -> Iterator[Path]:
    """Fill a temporary folder next to ``path``; put it in place only if the block ends well.

    What killed processes left of it is deleted, and what they had moved aside put back.

    Args:
        path: where the finished folder goes. A link is followed.
        replaces: an existing folder is replaced only if it is empty, or of this kind and holding nothing else:
            nobody's files are ever deleted.
    """
    check_folder_target(path, replaces=replaces)
    target = followed(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    with held_folder(target) as place:
        new = place / NEW
        new.mkdir()
        try:
            yield new
            for file in new.rglob("*"):
                if file.is_file():
                    with file.open("rb") as stream:
                        os.fsync(stream.fileno())
            # Somebody may have put files there meanwhile.
            check_folder_target(target, replaces=replaces)
            put_in_place(new, target, place / OLD)
            # Before the old one is deleted.
            _flush_names(target.parent)
        except OSError as error:
            _name_file(error, target)
            raise


def _flush_names(folder: Path) -> None:
    """Bring the names in a folder to the disk, where the system can."""
    with contextlib.suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


@contextlib.contextmanager
def temporary_files() -> Iterator[None]:
    """Name the folder of temporary files in errors of writing to one."""
    try:
        yield
    except OSError as error:
        _name_file(error, Path(tempfile.gettempdir()))
        raise


def _name_file(error: OSError, target: Path) -> None:
    """Name the file in an error of writing to it, which an open file leaves out."""
    if error.errno is not None and error.filename is None:
        error.filename = str(target)


def check_file_target(path: str | os.PathLike[str]) -> None:
    """Raise InputError now if ``atomic_file`` would refuse this target, before hours of work are spent.

    The folder, to which a link may lead, must exist, and nothing but a file be there.
    """
    target, place = Path(path), followed(path)
    if not place.parent.is_dir():
        raise InputError(f"can't write {target}: the folder {place.parent} does not exist; create it")
    if place.is_dir():
        raise InputError(f"can't write {target}: a folder of that name exists; name a file")
    if place.is_symlink():
        raise InputError(f"can't write {target}: it is a link to itself; delete it, or name another file")
    if place.exists() and not place.is_file():
        raise InputError(f"can't write {target}: it is a device or a pipe, which no file can replace; name a file")


def check_folder_target(path: str | os.PathLike[str], *, replaces: FolderFormat) -> None:
    """Raise InputError now if ``atomic_folder`` would refuse this target, before hours of work are spent.

    What killed processes left of it is deleted, which makes room, and what they had moved aside put back.
    """
    target = Path(path)
    remove_leftovers(target)
    if not target.exists():
        if target.is_symlink():
            raise InputError(f"can't write the folder {target}: it is a link to nothing; delete it, or name another")
        parent = next(folder for folder in target.absolute().parents if folder.exists())
        if not parent.is_dir():
            raise InputError(f"can't write the folder {target}: {parent} is a file")
        if not os.access(parent, os.W_OK):
            raise InputError(f"can't write the folder {target}: no permission to write in {parent}")
        return
    if not target.is_dir():
        raise InputError(f"can't write the folder {target}: a file of that name exists")
    if target.resolve() == Path.cwd():
        raise InputError(f"can't write to {target}, the folder you are in: name another one")
    if any(target.iterdir()) and not replaces.owns(target):
        raise InputError(f"can't write to {target}: it holds files other than a {replaces.kind}'s; name a new folder")


def storable(text: str) -> str:
    """Lone surrogates, which JSON can bring but UTF-8 can't hold, as escapes, which are JSON's own."""
    return text.encode("utf-8", "backslashreplace").decode()


def write_json(path: Path, content: Any) -> None:
    """Write ``content`` as indented UTF-8 JSON (inside an atomic folder, so plainly)."""
    text = json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False, default=_plain_number) + "\n"
    # Lone surrogates, which UTF-8 can't hold, become JSON's own escapes.
    path.write_bytes(text.encode("utf-8", "backslashreplace"))


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Write ``array`` as a ``.npy`` file.

    Unlike ``numpy.save``, whose last bytes can be lost on a full disk without an error.
    """
    with path.open("wb") as stream:
        header = np.lib.format.header_data_from_array_1_0(array)
        np.lib.format.write_array_header_1_0(stream, {**header, "fortran_order": False})
        # A block at a time: an array on disk is never read whole.
        rows = array[None] if array.ndim == 0 else array
        for start in range(0, len(rows), _ROWS):
            stream.write(np.ascontiguousarray(rows[start : start + _ROWS]).data)


def _plain_number(value: Any) -> int | float:
    """Return a number of numpy's as JSON can hold it."""
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    raise TypeError(f"{type(value).__name__} is nothing that JSON can hold")


def read_json(path: Path) -> Any:
    """Read a JSON file; a missing, cut or non-JSON file is a FileFormatError."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FileFormatError(f"{path.parent} is incomplete: {path.name} is missing") from None
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"{path} is damaged: not valid JSON ({error})") from None
