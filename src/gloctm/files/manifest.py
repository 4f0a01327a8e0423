"""The manifest at the head of every folder this package writes: what it is, its version, and what it must hold.

A folder is input like any other: its manifest is checked field by field, and nothing is read but plain files that the
manifest lists, with the size and the SHA-256 that it lists. Those written before there were digests have sizes alone.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from importlib.metadata import version
from io import BufferedReader
from pathlib import Path
from typing import Any, TypeVar

from gloctm.errors import FileFormatError
from gloctm.files.atomic import FolderFormat, write_json
from gloctm.files.digests import check_file, file_sha256, has_changed, open_checked, with_own_sha256
from gloctm.files.leftovers import restored
from gloctm.files.plain import MOST_JSON, check_plain, open_plain, read_json_stream, read_plain_json, size_of
from gloctm.files.work import unfinished

_Kind = TypeVar("_Kind")
# States the version of this package that wrote a folder.
_WRITTEN_BY = "gloctm_version"
# For messages: what a folder is that holds such a file.
_MANIFESTS = {"corpus": "corpus.json", "model": "model.json"}


@dataclass(frozen=True)
class SavedFolder:
    """A folder whose manifest has been checked, and whose files have the sizes that it lists.

    Attributes:
        path: the folder.
        expected: its kind.
        manifest: the content.
        verify: whether a file's SHA-256 is checked when it is opened; once per file and process.
    """

    path: Path
    expected: FolderFormat
    manifest: dict[str, Any]
    verify: bool = True

    @property
    def cure(self) -> str:
        """What to do about damage, the end of a sentence."""
        return f"copy or make the {self.expected.kind} again"

    def lists(self, name: str) -> bool:
        """Return whether the manifest lists a file."""
        return name in self.manifest["files"]

    def size(self, name: str) -> int:
        """Return the size of a file as the manifest has it; 0 for one that it does not list."""
        return int(self.manifest["files"].get(name, 0))

    def sha256(self, name: str) -> str | None:
        """Return the SHA-256 of a file as the manifest has it; None for a folder of before there were any."""
        found: str | None = self.manifest.get("sha256", {}).get(name)
        return found

    def open(self, name: str) -> BufferedReader:
        """Open a file for reading bytes, once it has been checked.

        Raises:
            FileFormatError: the manifest does not list it, or it is not what was listed.
        """
        path, sha256 = self.path / name, self.sha256(name)
        if not self.lists(name):
            raise FileFormatError(f"{self.path} is incomplete: {name} is missing; {self.cure}")
        if sha256 is not None and self.verify:
            return open_checked(path, sha256, cure=self.cure)
        try:
            stream = open_plain(path)
        except FileNotFoundError:
            raise FileFormatError(f"{self.path} is incomplete: {name} is missing; {self.cure}") from None
        if (found := size_of(stream)) != self.size(name):
            stream.close()
            raise _other_size(self.path, name, found, self.size(name), self.cure)
        return stream

    def json(self, name: str, most: int = MOST_JSON) -> Any:
        """Read a file of JSON; one of more than ``most`` bytes is damaged."""
        with self.open(name) as stream:
            return read_json_stream(stream, self.path / name, self.cure, most)

    def unlisted(self) -> list[str]:
        """Return the names of files in the folder that are none of its own."""
        known = {self.expected.manifest, *self.manifest["files"], *self.expected.optional}
        found = (file for file in self.path.rglob("*") if file.is_symlink() or not file.is_dir())
        return sorted({file.relative_to(self.path).as_posix() for file in found} - known)

    def without_digest(self) -> list[str]:
        """Return the names of files of which the manifest has the size alone."""
        return [name for name in self.manifest["files"] if self.sha256(name) is None]

    def damage(self, known: Collection[str] = ()) -> Iterator[str]:
        """Check the SHA-256 of every file, also of those checked before; yield a sentence for each that differs.

        Args:
            known: names of files that are not looked at.
        """
        for name in self.manifest["files"]:
            if name not in known and (sha256 := self.sha256(name)) is not None:
                try:
                    check_file(self.path / name, sha256, cure=self.cure, again=True)
                except FileFormatError as error:
                    yield str(error)
                except OSError as error:
                    # No reason to keep what is found of the others.
                    yield f"{self.path / name} can't be read ({error.strerror or error}): check it"


def open_folder(path: str | os.PathLike[str], expected: FolderFormat, *, verify: bool | None = None) -> SavedFolder:
    """Read a folder's manifest, check it field by field, and check the size of every file that it lists.

    Args:
        path: the folder.
        expected: what kind of folder it should be.
        verify: True checks the SHA-256 of all files now; False of none; None of each file when it is opened.

    Raises:
        FileFormatError: with one sentence saying what is wrong.
    """
    folder = Path(path)
    manifest = check_manifest(folder, expected)
    found = SavedFolder(folder, expected, manifest, verify is not False)
    if verify:
        for sentence in found.damage():
            raise FileFormatError(sentence)
    return found


def file_sizes(folder: Path) -> dict[str, int]:
    """Return the files below a folder with their sizes in bytes, by which a cut-short copy is noticed."""
    return {
        file.relative_to(folder).as_posix(): file.stat().st_size for file in sorted(folder.rglob("*")) if file.is_file()
    }


def write_manifest(path: Path, content: Mapping[str, Any]) -> None:
    """Write a manifest with its own SHA-256, inside an atomic folder or to a path that is renamed.

    Args:
        path: the file.
        content: begins with ``format`` and ``format_version``, and the version of this package is added to it.
    """
    write_json(path, {**content, _WRITTEN_BY: version("gloctm")})
    # Of the content as it is read: keys are text, and numbers are plain.
    write_json(path, with_own_sha256(json.loads(path.read_bytes())))


def list_files(
    folder: Path, sizes: Mapping[str, int] | None = None, known: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return what a manifest says of the files below a folder: ``files``, their sizes, and ``sha256``.

    Args:
        folder: holds everything but the manifest.
        sizes: of the files to list; all unless given.
        known: digests that are known, by path; those of others are computed.
    """
    listed, given = file_sizes(folder) if sizes is None else sizes, known or {}
    digests = {name: given[name] if name in given else file_sha256(folder / name) for name in listed}
    return {"files": dict(listed), "sha256": digests}


def known_fields(kind: type[_Kind], content: Mapping[str, Any]) -> _Kind:
    """Return a dataclass of fields as JSON holds them, passing over those that later versions added.

    Example:
        >>> from gloctm.corpus.report import IdentifiedLanguage
        >>> known_fields(IdentifiedLanguage, {"documents": 3, "confidence": 0.5, "later": 1})
        IdentifiedLanguage(documents=3, confidence=0.5)
    """
    names: Any = kind
    return kind(**{each.name: content[each.name] for each in fields(names) if each.name in content})


def kind_of_folder(folder: Path) -> str | None:
    """Return ``"corpus"`` or ``"model"`` for a folder that this package saved, by its file names; else None."""
    restored(folder)
    return next((kind for kind, file in _MANIFESTS.items() if (folder / file).is_file()), None)


def check_manifest(folder: Path, expected: FolderFormat, *, sizes: bool = True) -> dict[str, Any]:
    """Read a folder's manifest and check that the folder is of this kind, whole, and not from a newer version.

    Args:
        folder: the folder.
        expected: what kind of folder it should be.
        sizes: whether the files are looked at, too, see ``size_faults``.

    Raises:
        FileFormatError: with one sentence saying what is wrong.
    """
    name, kind, newest = expected.manifest, expected.kind, expected.newest
    cure = f"copy or make the {kind} again"
    if not restored(folder).exists():
        raise FileFormatError(unfinished(folder) or f"{folder} does not exist: give the folder of a saved {kind}")
    if not folder.is_dir():
        raise FileFormatError(f"{folder} is a file: give the folder of a saved {kind}")
    if not os.path.lexists(folder / name):
        other = kind_of_folder(folder)
        reason = f"it has no {name}" if other is None else f"it is a {other}"
        raise FileFormatError(f"{folder} is not a gloctm {kind}: {reason}")
    manifest = read_plain_json(folder / name, cure)
    if not isinstance(manifest, dict) or manifest.get("format") != expected.name:
        raise FileFormatError(f"{folder} is not a gloctm {kind}: its {name} is of another kind")
    number = manifest.get("format_version")
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise FileFormatError(f"{folder} is damaged: its {name} states no format version")
    if number > newest:
        raise FileFormatError(
            f"{folder} was written by a newer gloctm (format {number}, this one reads up to {newest}): update gloctm"
        )
    if has_changed(manifest):
        raise FileFormatError(f"{folder / name} is damaged (its SHA-256 differs): {cure}")
    files = manifest.get("files")
    if not isinstance(files, dict):
        raise FileFormatError(f"{folder} is damaged: its {name} lists no files")
    _check_schema(manifest, expected, folder / name, cure)
    if "sha256" in manifest and (lacking := files.keys() ^ manifest["sha256"].keys()):
        raise FileFormatError(f"{folder} is damaged: its {name} has no size or no SHA-256 of {min(lacking)}; {cure}")
    if sizes:
        for fault in size_faults(folder, files, expected).values():
            raise fault
    return manifest


def _check_schema(manifest: dict[str, Any], expected: FolderFormat, path: Path, cure: str) -> None:
    from gloctm.files.schema import Manifest, check_content

    try:
        check_content(manifest, Manifest, str(path), cure)
        if expected.schema is not None:
            check_content(manifest, expected.schema(manifest["format_version"]), str(path), cure)
    except FileFormatError:
        written, own = manifest.get(_WRITTEN_BY), version("gloctm")
        if isinstance(written, str) and _release(written) > _release(own):
            raise FileFormatError(
                f"{path.parent} was written by a newer gloctm ({written}, this is {own}), and can't be read by this "
                "one: update gloctm"
            ) from None
        raise


def _release(number: str) -> list[int]:
    """Return the numbers that order versions, without what marks those before a release."""
    found = re.match(r"[0-9]{1,9}(?:\.[0-9]{1,9})*", number)
    return [int(part) for part in found[0].split(".")] if found else []


def size_faults(
    folder: Path, files: Mapping[str, int], expected: FolderFormat, most: int | None = 1
) -> dict[str, FileFormatError]:
    """Return by name the files that are missing, no plain files, of another size, or outside the folder.

    Args:
        folder: the folder.
        files: their sizes by name, as the manifest lists them.
        expected: what kind of folder it is.
        most: how many are looked for; None means all.
    """
    faults: dict[str, FileFormatError] = {}
    scanned: dict[str, dict[str, os.stat_result]] = {}
    cure = f"copy or make the {expected.kind} again"
    for relative, size in files.items():
        within, _, file = relative.rpartition("/")
        try:
            if within not in scanned:
                if not _is_inside(folder, relative, within):
                    raise FileFormatError(
                        f"{folder} is damaged: its {expected.manifest} names {relative!r}, outside the folder"
                    )
                scanned[within] = _entries(folder / within)
            if (status := scanned[within].get(file)) is None:
                raise FileFormatError(f"{folder} is incomplete: {relative} is missing; {cure}")
            check_plain(folder / relative, status)
            if status.st_size != size:
                raise _other_size(folder, relative, status.st_size, size, cure)
        except FileFormatError as fault:
            faults[relative] = fault
            if len(faults) == most:
                break
    return faults


def _is_inside(folder: Path, relative: str, within: str) -> bool:
    """Return whether a name does not lead out of its folder; also for one that no file can have."""
    if relative.startswith("/"):
        return False
    try:
        return (folder / within).resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):
        return True


def _entries(path: Path) -> dict[str, os.stat_result]:
    """Return what a folder holds with its status, links unfollowed: one look, however many files there are."""
    try:
        with os.scandir(path) as entries:
            return {entry.name: entry.stat(follow_symlinks=False) for entry in entries}
    except (OSError, ValueError):
        # Missing, or a name that no folder can have.
        return {}


def _other_size(folder: Path, name: str, found: int, listed: int, cure: str) -> FileFormatError:
    return FileFormatError(f"{folder} is damaged: {name} has {found} bytes instead of {listed}; {cure}")
