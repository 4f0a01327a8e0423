"""Embeddings of the words of a language, and of one shard: pieces of a stage, functions of their items alone.

No cache keeps them: what is in it would change which texts share a batch, and so last bits. The files are the cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import overload

import numpy as np

from gloctm.corpus.language import LanguageCorpus, document_texts
from gloctm.corpus.passages import longer_texts
from gloctm.corpus.shard_files import EmbeddingType, embeddings_file, write_shard_embeddings
from gloctm.corpus.shard_manifest import CORPUS_FORMAT, WORD_EMBEDDINGS, read_vocabulary
from gloctm.corpus.shard_reading import ShardFiles
from gloctm.corpus.sharded import open_languages
from gloctm.corpus.storage import loading
from gloctm.embedding.embed import embed_texts, get_encoder_by_name
from gloctm.embedding.encoder import TextEncoder
from gloctm.engine import Done
from gloctm.errors import InputError
from gloctm.files.atomic import atomic_path, write_array
from gloctm.files.digests import file_sha256
from gloctm.files.manifest import check_manifest


@dataclass(frozen=True)
class EmbedItem:
    """The words of a language, or the documents of one of its shards, to be embedded.

    Attributes:
        corpus: the folder that texts and words are read from.
        manifest: SHA-256 of its manifest, which distinguishes the corpus from another in the same folder.
        language: whose they are.
        folder: where the file of embeddings goes, in a subfolder of the language.
        encoder: itself, or its name for a process that loads its own.
        number: of the shard; None for the words.
        dtype: how embeddings of documents are stored.
    """

    corpus: Path
    manifest: str
    language: str
    folder: Path
    encoder: TextEncoder | str
    number: int | None = None
    dtype: EmbeddingType = "float32"


def embed_words(item: EmbedItem) -> Done:
    """Embed the vocabulary of a language; the fact is the dimension."""
    files = _language_files(item.corpus, item.manifest, item.language)
    words = read_vocabulary(files.folder, files.entry)
    vectors = embed_texts(words, _loaded(item.encoder), cache=False, show_progress=False)
    with atomic_path(_own_folder(item) / WORD_EMBEDDINGS) as temporary:
        write_array(temporary, vectors)
    return Done([f"{item.language}/{WORD_EMBEDDINGS}"], {"dimension": vectors.shape[1]})


def embed_shard(item: EmbedItem) -> Done:
    """Embed the passages of a shard, or its documents where none of the language is split.

    Facts are the dimension, the SHA-256 of the embeddings as decoded, and how many texts are longer than the encoder
    sees.
    """
    assert item.number is not None
    files, encoder = _language_files(item.corpus, item.manifest, item.language), _loaded(item.encoder)
    texts = UnitTexts(files, item.number)
    vectors = embed_texts(texts, encoder, cache=False, show_progress=False)
    facts = {"dimension": vectors.shape[1], "longer": longer_texts(texts, encoder)}
    _check_unchanged(item.corpus, item.manifest)
    facts["sha256"] = write_shard_embeddings(_own_folder(item), item.number, vectors, item.dtype)
    return Done([f"{item.language}/{embeddings_file(item.number)}"], facts)


class UnitTexts(Sequence[str]):
    """The texts that the passages of a shard, or its documents, are embedded by; some are read at a time.

    Args:
        files: of the language.
        number: of the shard.
    """

    def __init__(self, files: ShardFiles, number: int) -> None:
        self._files = files
        self._number = number
        self._shard = files.entry.shards[number]

    def __len__(self) -> int:
        return self._shard.units

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, int):
            return self[row : row + 1][0]
        rows = np.arange(*row.indices(len(self)), dtype=np.int64)
        read = self._files.units if self._shard.passages else self._files.documents
        found, _ = read(self._number, rows, columns=("text",))
        if found.texts is not None:
            return list(found.texts)
        words = read_vocabulary(self._files.folder, self._files.entry)
        return list(document_texts(LanguageCorpus(counts=found.counts, vocabulary=words)))


def _own_folder(item: EmbedItem) -> Path:
    folder = item.folder / item.language
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _loaded(encoder: TextEncoder | str) -> TextEncoder:
    return _by_name(encoder) if isinstance(encoder, str) else encoder


@lru_cache(maxsize=1)
def _by_name(name: str) -> TextEncoder:
    # Once per process, whatever number of shards it embeds.
    return get_encoder_by_name(name)


@lru_cache(maxsize=1)
def _all_files(corpus: Path, manifest: str) -> dict[str, ShardFiles]:
    content = check_manifest(corpus, CORPUS_FORMAT)
    with loading(corpus):
        return open_languages(corpus, content)


def _language_files(corpus: Path, manifest: str, language: str) -> ShardFiles:
    _check_unchanged(corpus, manifest)
    return _all_files(corpus, manifest)[language]


def _check_unchanged(corpus: Path, manifest: str) -> None:
    # Vectors of another corpus must not be kept as those of this one.
    if file_sha256(corpus / CORPUS_FORMAT.manifest) != manifest:
        raise InputError(f"{corpus} was changed while it was embedded: embed it again")
