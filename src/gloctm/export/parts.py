"""The folder that topic proportions of very many documents are written to: parts, and what says that all are there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gloctm.files.arrow import import_pyarrow
from gloctm.files.atomic import FolderFormat, atomic_folder, check_folder_target
from gloctm.files.manifest import write_manifest
from gloctm.files.work import linked
from gloctm.model.fitted import FittedModel

# Readers of folders of Parquet pass over names that begin so.
TRANSFORM_FORMAT = FolderFormat(
    kind="folder of topic proportions", manifest="_transform.json", name="gloctm-transform", newest=1
)


@dataclass(frozen=True)
class Part:
    """A part that is done.

    Attributes:
        path: the file.
        rows: its documents.
        bytes: its size.
        sha256: of the file.
    """

    path: Path
    rows: int
    bytes: int
    sha256: str


def is_folder_target(target: Path) -> bool:
    """Return whether a target of this name is a folder: it has no ending, or one of parts is there.

    Examples:
        >>> [is_folder_target(Path(name)) for name in ("theta", "theta.parquet", "-")]
        [True, False, False]
    """
    return str(target) != "-" and (not target.suffix or (target / TRANSFORM_FORMAT.manifest).is_file())


def check_parts_target(target: Path) -> None:
    """Raise now if a folder of parts could not be written here."""
    import_pyarrow("Writing Parquet")
    check_folder_target(target, replaces=TRANSFORM_FORMAT)


def model_fingerprint(model: FittedModel) -> str:
    """Return the SHA-256 of all that inference reads of a model.

    Examples:
        >>> len(model_fingerprint(model))
        64
    """
    digest = hashlib.sha256()
    facts = [model.settings_, model.tokenizers_, model.stop_words_, model.markup_, model.passage_length_]
    digest.update(json.dumps([facts, model.vocabulary_, model.encoder_, model.word_encoder_]).encode())
    for arrays in (model.weights_, model.word_embeddings_):
        for name, array in sorted(arrays.items()):
            digest.update(f"{name} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array, "<f4").data)
    return digest.hexdigest()


def put_in_place(target: Path, parts: Sequence[Part], facts: Mapping[str, Any]) -> None:
    """Write the folder with its parts, in order, and ``_transform.json``.

    Args:
        target: the folder; an older one of this kind is replaced.
        parts: files elsewhere, which stay.
        facts: further ones for ``_transform.json``.
    """
    named = {f"part-{number:05}.parquet": part for number, part in enumerate(parts)}
    with atomic_folder(target, replaces=TRANSFORM_FORMAT) as folder:
        for name, part in named.items():
            linked(part.path, folder / name)
        write_manifest(
            folder / TRANSFORM_FORMAT.manifest,
            {
                "format": TRANSFORM_FORMAT.name,
                "format_version": TRANSFORM_FORMAT.newest,
                "rows": sum(part.rows for part in parts),
                **facts,
                "parts": [{"file": name, "rows": part.rows, "sha256": part.sha256} for name, part in named.items()],
                "files": {name: part.bytes for name, part in named.items()},
                "sha256": {name: part.sha256 for name, part in named.items()},
            },
        )
