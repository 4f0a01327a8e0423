"""``gloctm verify``: whether saved models, corpora and other folders are still what was written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gloctm.checks import count_of
from gloctm.cli.messages import sentence_of, show_line
from gloctm.errors import FileFormatError, GloCTMError

if TYPE_CHECKING:
    from gloctm.files.atomic import FolderFormat
    from gloctm.files.manifest import SavedFolder

# Names that are shown of files that the manifest does not list, and faults of a folder.
_SHOWN, _MOST_FAULTS = 5, 20


def verify(
    folders: Annotated[
        list[Path],
        typer.Argument(help="Folders of models, corpora, topic proportions or exported tables.", show_default=False),
    ],
) -> None:
    """Compare every file of saved folders with its SHA-256, and say what could not be checked."""
    damaged: dict[Path, int] = {}
    could_read = True
    for folder in folders:
        try:
            saved, found = _checked(folder)
            if not found:
                _open(saved)
                _tell(saved)
                continue
        except (GloCTMError, OSError) as error:
            if len(folders) == 1:
                raise
            could_read = could_read and isinstance(error, FileFormatError)
            found = [sentence_of(error)]
        if len(folders) == len(found) == 1:
            raise FileFormatError(found[0])
        # Before the next folder, whose files may take an hour.
        for sentence in found[:_MOST_FAULTS]:
            show_line(sentence)
        if (more := len(found) - _MOST_FAULTS) > 0:
            show_line(f"{folder} has {count_of(more, 'more fault')}")
        damaged[folder] = len(found)
    if damaged:
        several = f"{len(damaged)} of {count_of(len(folders), 'folder')} are"
        which = f"{next(iter(damaged))} is" if len(damaged) == 1 else several
        what = "not as written" if could_read else "not as written, or can't be checked"
        raise FileFormatError(f"{which} {what}, {count_of(sum(damaged.values()), 'fault')} in all: see above")


def _checked(folder: Path) -> tuple[SavedFolder, list[str]]:
    """Read the manifest of a folder of any kind, and return a sentence for each of its files that is damaged."""
    from gloctm.files.leftovers import restored
    from gloctm.files.manifest import SavedFolder, check_manifest, size_faults
    from gloctm.files.work import unfinished

    formats = _formats()
    found = [each for each in formats if os.path.lexists(restored(folder) / each.manifest)]
    if not found:
        if sentence := unfinished(folder):
            raise FileFormatError(sentence)
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
    unlisted = saved.unlisted()
    what = f"{kind}, {count_of(len(sizes), 'file')}, {sum(sizes.values()):,} bytes"
    if not (older := saved.without_digest()):
        show_line(f"{saved.path}: {what}: all as written")
    else:
        these = "all of them" if len(older) == len(sizes) else f"{len(older)} of them"
        show_line(
            f"{saved.path}: {what}: as long as written, but {name} has no SHA-256 of {these}, as an older gloctm wrote "
            f"it; save the {kind} again to add them"
        )
    if unlisted:
        more = f" and {len(unlisted) - _SHOWN:,} more" if len(unlisted) > _SHOWN else ""
        these = "it" if len(unlisted) == 1 else "them"
        show_line(f"not checked, since {name} does not list {these}: {', '.join(unlisted[:_SHOWN])}{more}")
