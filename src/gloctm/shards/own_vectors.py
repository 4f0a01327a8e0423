"""Embeddings of the user's own, written as the files of a corpus in shards."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from gloctm.corpus.shard_files import EmbeddingType, embeddings_file, write_shard_embeddings
from gloctm.corpus.shard_manifest import WORD_EMBEDDINGS, read_vocabulary
from gloctm.corpus.shard_reading import ShardFiles
from gloctm.corpus.validation import check_embedding_shape, check_finite_rows, checked_embeddings
from gloctm.embedding.arrays import load_embeddings, open_array
from gloctm.files.atomic import atomic_path, write_array
from gloctm.files.digests import file_sha256
from gloctm.progress import track


def write_own_words(files: ShardFiles, given: Any, folder: Path) -> tuple[int, str]:
    """Write the embeddings of a language's words; return their dimension and the SHA-256 of the file.

    Args:
        files: of the language.
        given: ``(vocabulary, dimension)`` array, or path of a ``.npy`` file.
        folder: where the file goes, named by the language.

    Raises:
        InputError: they are not one row of finite numbers per word.
        FileFormatError: the file can't be read.
    """
    words = read_vocabulary(files.folder, files.entry)
    vectors = checked_embeddings(folder.name, "word", load_embeddings(given), len(words), "words", words)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / WORD_EMBEDDINGS
    with atomic_path(path) as temporary:
        write_array(temporary, vectors)
    return int(vectors.shape[1]), file_sha256(path)


def write_own_documents(
    files: ShardFiles, given: Any, folder: Path, dtype: EmbeddingType, *, show_progress: bool
) -> tuple[list[str], dict[str, str]]:
    """Cut the embeddings of a language's documents, or passages, into shards; a file is read a shard at a time.

    Args:
        files: of the language.
        given: ``(documents, dimension)`` array, or path of a ``.npy`` file.
        folder: where the files go, named by the language.
        dtype: how they are stored.
        show_progress: whether progress is shown.

    Returns:
        For each shard the SHA-256 of its embeddings as decoded, and that of each file by its path.

    Raises:
        InputError: they are not one row of finite numbers per document.
        FileFormatError: the file can't be read.
    """
    code, entry = folder.name, files.entry
    kind = "passage" if entry.has_passages else "document"
    vectors = open_array(given, mapped=True) if isinstance(given, str | os.PathLike) else np.asarray(given)
    check_embedding_shape(code, kind, vectors, entry.total("units"), f"{kind}s")
    folder.mkdir(parents=True, exist_ok=True)
    shards, written, first = [], {}, 0
    with track(f"writing {code} {kind}s", len(entry.shards), "shards", show=show_progress) as progress:
        for number, shard in enumerate(entry.shards):
            rows = np.asarray(vectors[first : first + shard.units], np.float32)
            check_finite_rows(code, kind, rows, first)
            shards.append(write_shard_embeddings(folder, number, rows, dtype))
            written[f"{code}/{embeddings_file(number)}"] = file_sha256(folder / embeddings_file(number))
            first += shard.units
            progress.advance()
    return shards, written
