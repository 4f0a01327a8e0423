"""The manifest at the head of every folder this package writes: what it is, its version, and what it must hold."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from gloctm.errors import FileFormatError
from gloctm.files.atomic import FolderFormat, read_json
from gloctm.files.leftovers import restored

# For messages: what a folder is that holds such a file.
_MANIFESTS = {"corpus": "corpus.json", "model": "model.json"}


def file_sizes(folder: Path) -> dict[str, int]:
    """Return the files below a folder with their sizes in bytes, by which a cut-short copy is noticed."""
    return {
        file.relative_to(folder).as_posix(): file.stat().st_size for file in sorted(folder.rglob("*")) if file.is_file()
    }


def kind_of_folder(folder: Path) -> str | None:
    """Return ``"corpus"`` or ``"model"`` for a folder that this package saved, by its file names; else None."""
    restored(folder)
    return next((kind for kind, file in _MANIFESTS.items() if (folder / file).is_file()), None)


def check_manifest(folder: Path, expected: FolderFormat) -> dict[str, Any]:
    """Read a folder's manifest and check that the folder is of this kind, whole, and not from a newer version.

    Args:
        folder: the folder.
        expected: what kind of folder it should be.

    Raises:
        FileFormatError: with one sentence saying what is wrong.
    """
    name, kind, newest = expected.manifest, expected.kind, expected.newest
    if not restored(folder).exists():
        raise FileFormatError(f"{folder} does not exist: give the folder of a saved {kind}")
    if not folder.is_dir():
        raise FileFormatError(f"{folder} is a file: give the folder of a saved {kind}")
    if not (folder / name).is_file():
        other = kind_of_folder(folder)
        reason = f"it has no {name}" if other is None else f"it is a {other}"
        raise FileFormatError(f"{folder} is not a gloctm {kind}: {reason}")
    manifest = read_json(folder / name)
    if not isinstance(manifest, dict) or manifest.get("format") != expected.name:
        raise FileFormatError(f"{folder} is not a gloctm {kind}: its {name} is of another kind")
    version = manifest.get("format_version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise FileFormatError(f"{folder} is damaged: its {name} states no format version")
    if version > newest:
        raise FileFormatError(
            f"{folder} was written by a newer gloctm (format {version}, this one reads up to {newest}): update gloctm"
        )
    files = manifest.get("files")
    if not isinstance(files, dict):
        raise FileFormatError(f"{folder} is damaged: its {name} lists no files")
    scanned: dict[str, dict[str, int]] = {}
    for relative, size in files.items():
        within, _, file = relative.rpartition("/")
        if within not in scanned:
            scanned[within] = _plain_files(folder, within)
        if (found := scanned[within].get(file)) is None:
            found = _size_of_other(folder, relative, expected)
        if found != size:
            raise FileFormatError(
                f"{folder} is damaged: {relative} has {found} bytes instead of {size}; copy or make the {kind} again"
            )
    return manifest


def _plain_files(folder: Path, within: str) -> dict[str, int]:
    """Return the files of a subfolder with their sizes, links left out: one look, however many files there are."""
    try:
        path = folder / within
        if not path.resolve().is_relative_to(folder.resolve()):
            return {}
        with os.scandir(path) as entries:
            return {
                entry.name: entry.stat(follow_symlinks=False).st_size
                for entry in entries
                if entry.is_file(follow_symlinks=False)
            }
    except (OSError, RuntimeError, ValueError):
        return {}


def _size_of_other(folder: Path, relative: str, expected: FolderFormat) -> int:
    """Return the size of a file that is linked to, or whose name is spelled in a roundabout way."""
    path = folder / relative
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
        found = path.stat().st_size if path.is_file() else None
    except (OSError, RuntimeError, ValueError):
        # A name that no file can have, too long or with a null character, or a link to itself.
        inside, found = True, None
    # A manifest is input like any other: it must not lead out of its folder.
    if not inside:
        raise FileFormatError(f"{folder} is damaged: its {expected.manifest} names {relative!r}, outside the folder")
    if found is None:
        cure = f"copy or make the {expected.kind} again"
        raise FileFormatError(f"{folder} is incomplete: {relative} is missing; {cure}")
    return found
