"""``gloctm verify``: whether saved models, corpora and other folders are still what was written."""

from __future__ import annotations

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
        list[Path], typer.Argument(help="Folders of models, corpora or exported tables.", show_default=False)
    ],
) -> None:
    """Compare every file of a saved folder with its SHA-256, and say what could not be checked."""
    for folder in folders:
        saved, damage = _checked(folder)
        if damage:
            rest = f"; {count_of(len(damage) - 1, 'other file')} of it, too" if len(damage) > 1 else ""
            raise FileFormatError(damage[0] + rest)
        _open(saved)
        _tell(saved)


def _checked(folder: Path) -> tuple[SavedFolder, list[str]]:
    """Read the manifest of a folder of any kind, and compare its files."""
    from gloctm.files.leftovers import restored
    from gloctm.files.manifest import open_folder

    formats = _formats()
    found = [each for each in formats if (restored(folder) / each.manifest).exists()]
    # Without any manifest, the sentence is that for a model.
    saved = open_folder(folder, (found or formats)[0])
    return saved, list(saved.damage())


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
