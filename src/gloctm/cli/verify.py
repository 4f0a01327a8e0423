"""``gloctm verify``: whether saved models, corpora and other folders are still what was written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gloctm.checks import count_of
from gloctm.errors import FileFormatError

if TYPE_CHECKING:
    from gloctm.files.atomic import FolderFormat
    from gloctm.files.manifest import SavedFolder

# Names that are shown of files that the manifest does not list.
_SHOWN = 5


def verify(
    folders: Annotated[
        list[Path],
        typer.Argument(help="Folders of models, corpora, topic proportions or exported tables.", show_default=False),
    ],
) -> None:
    """Compare every file of saved folders with its SHA-256, and say what could not be checked."""
    damaged: dict[Path, list[str]] = {}
    for folder in folders:
        try:
            saved, found = _checked(folder)
            if not found:
                _open(saved)
                _tell(saved)
        except FileFormatError as error:
            found = [str(error)]
        if found:
            damaged[folder] = found
    every = [sentence for found in damaged.values() for sentence in found]
    if len(every) == 1:
        raise FileFormatError(every[0])
    if every:
        print("\n".join(every))
        several = f"{len(damaged)} of {count_of(len(folders), 'folder')} are"
        which = f"{next(iter(damaged))} is" if len(damaged) == 1 else several
        raise FileFormatError(f"{which} not as written, {count_of(len(every), 'fault')} in all: see above")


def _checked(folder: Path) -> tuple[SavedFolder, list[str]]:
    """Read the manifest of a folder of any kind, and return a sentence for each of its files that is damaged."""
    from gloctm.files.leftovers import restored
    from gloctm.files.manifest import SavedFolder, check_manifest, size_faults

    formats = _formats()
    found = [each for each in formats if os.path.lexists(restored(folder) / each.manifest)]
    if not found:
        reason = "does not exist" if not folder.exists() else "is a file" if not folder.is_dir() else "has no manifest"
        names = ", ".join(each.manifest for each in formats)
        raise FileFormatError(f"{folder} {reason}: give a folder that gloctm saved, with one of {names}")
    manifest = check_manifest(folder, found[0], sizes=False)
    saved = SavedFolder(folder, found[0], manifest)
    faults = size_faults(folder, manifest["files"], found[0], most=None)
    return saved, [*map(str, faults.values()), *saved.damage(faults)]


def _formats() -> list[FolderFormat]:
    from gloctm.corpus.shard_manifest import CORPUS_FORMAT
    from gloctm.export.folder import TABLES_FORMAT
    from gloctm.export.parts import TRANSFORM_FORMAT
    from gloctm.model.storage import MODEL_FORMAT

    return [MODEL_FORMAT, CORPUS_FORMAT, TABLES_FORMAT, TRANSFORM_FORMAT]


def _open(saved: SavedFolder) -> None:
    """Read a model or a corpus as every command does, which compares its parts with each other."""
    if saved.expected.kind == "model":
        from gloctm.estimator import GloCTM

        GloCTM.load(saved.path)
    elif saved.expected.kind == "corpus":
        from gloctm.shards import open_corpus

        open_corpus(saved.path)


def _tell(saved: SavedFolder) -> None:
    kind, sizes, name = saved.expected.kind, saved.manifest["files"], saved.expected.manifest
    what = f"{kind}, {count_of(len(sizes), 'file')}, {sum(sizes.values()):,} bytes"
    if not (older := saved.without_digest()):
        print(f"{saved.path}: {what}: all as written")
    else:
        these = "all of them" if len(older) == len(sizes) else f"{len(older)} of them"
        print(
            f"{saved.path}: {what}: as long as written, but {name} has no SHA-256 of {these}, as an older gloctm wrote "
            f"it; save the {kind} again to add them"
        )
    if unlisted := saved.unlisted():
        shown = ", ".join(unlisted[:_SHOWN]) + ("" if len(unlisted) <= _SHOWN else " …")
        print(f"not checked, since {name} does not list {'it' if len(unlisted) == 1 else 'them'}: {shown}")
