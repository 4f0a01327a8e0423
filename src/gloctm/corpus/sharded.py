"""A corpus in memory written in shards, and a corpus in shards read into memory."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from gloctm.corpus import shard_files
from gloctm.corpus.language import LanguageCorpus
from gloctm.corpus.passages import Passages
from gloctm.corpus.report import BuildReport
from gloctm.corpus.shard_files import ShardEntry, ShardRows, write_shard, write_shard_embeddings
from gloctm.corpus.shard_manifest import (
    CORPUS_FORMAT,
    VOCABULARY,
    WORD_EMBEDDINGS,
    LanguageEntry,
    describe_language,
    read_language,
    read_vocabulary,
    read_word_embeddings,
    write_manifest,
)
from gloctm.corpus.shard_reading import ShardFiles
from gloctm.corpus.texts import TextWriter
from gloctm.embedding.embed import EmbeddingRows
from gloctm.errors import InputError
from gloctm.files.atomic import atomic_folder, write_array, write_json
from gloctm.reading.dropped import write_dropped

#: Where documents were left out.
DROPPED = "dropped.jsonl"


def save_sharded(
    path: str | os.PathLike[str],
    languages: Mapping[str, LanguageCorpus],
    *,
    encoder: str | None,
    word_encoder: str | None,
    passage_length: int | None,
    report: BuildReport | None,
) -> Path:
    """Write the parts of a corpus to a folder in shards, all or nothing; an older corpus there is replaced.

    Raises:
        InputError: the folder exists and holds something else.
    """
    target = Path(path)
    with atomic_folder(target, replaces=CORPUS_FORMAT) as folder:
        entries = {}
        for code, part in languages.items():
            (folder / code).mkdir()
            entries[code] = _save_language(folder / code, code, part)
        if report is not None and report.dropped:
            write_dropped(folder / DROPPED, report.dropped)
        write_manifest(
            folder,
            entries,
            encoder=encoder,
            word_encoder=word_encoder,
            passage_length=passage_length,
            report=None if report is None else report.as_json(),
        )
    return target


def open_languages(folder: Path, manifest: Mapping[str, Any], *, verify: bool = True) -> dict[str, ShardFiles]:
    """Return the shards of each language that a manifest of format 3 lists; none of their files is read.

    Args:
        folder: of the corpus.
        manifest: checked.
        verify: whether a file's SHA-256 is checked when it is first opened.
    """
    digests: dict[str, dict[str, str]] = {code: {} for code in manifest["languages"]}
    for path, sha256 in manifest["sha256"].items() if verify else ():
        code, _, file = path.partition("/")
        if code in digests:
            digests[code][file] = sha256
    return {
        code: ShardFiles(
            folder / code, read_language(folder, code, manifest), digests[code], manifest["block_documents"]
        )
        for code in manifest["languages"]
    }


def read_whole(files: ShardFiles) -> LanguageCorpus:
    """Read all documents of a language; texts, and embeddings that are many, wait in temporary files."""
    entry, texts, pieces = files.entry, TextWriter(), []
    vectors = None if entry.dimension is None else EmbeddingRows(entry.total("units"))
    for number, shard in enumerate(entry.shards):
        rows, _ = files.documents(number, np.arange(shard.documents))
        for text in rows.texts or ():
            texts.append(text)
        pieces.append(dataclasses.replace(rows, texts=None))
        if vectors is not None:
            for start in range(0, shard.units, files.block):
                stop = min(start + files.block, shard.units)
                vectors.extend(files.embedding_block(number, start, stop))
    return language_part(
        join_rows(pieces),
        entry,
        vocabulary=read_vocabulary(files.folder, entry),
        word_embeddings=read_word_embeddings(files.folder, entry, files.sha256),
        texts=texts.finished() if "text" in entry.columns else None,
        embeddings=None if vectors is None else vectors.finished(),
    )


def language_part(
    rows: ShardRows,
    entry: LanguageEntry,
    *,
    vocabulary: Sequence[str],
    word_embeddings: Any,
    texts: Sequence[str] | None,
    embeddings: Any,
) -> LanguageCorpus:
    """Return documents as they were read as a LanguageCorpus.

    Args:
        rows: the documents; their texts are not used.
        entry: what the manifest says of their language.
        vocabulary: the words.
        word_embeddings: of the words, or None.
        texts: of the documents, or None.
        embeddings: of the units, ``(units, dimension)``, or None.
    """
    passages = rows.passages
    if passages is not None and embeddings is not None:
        passages = dataclasses.replace(passages, embeddings=embeddings)
        embeddings = passages.document_embeddings()
    return LanguageCorpus(
        counts=rows.counts,
        vocabulary=vocabulary,
        word_embeddings=word_embeddings,
        document_embeddings=embeddings,
        labels=rows.labels,
        ids=rows.ids,
        dates=rows.dates,
        texts=texts,
        tokenizer=entry.tokenizer,
        passages=passages,
        stop_words=entry.stop_words,
        markup=entry.markup,
    )


def join_rows(pieces: Sequence[ShardRows]) -> ShardRows:
    """Return the documents of several shards as one."""
    if len(pieces) == 1:
        return pieces[0]

    def joined(name: str) -> list[str] | None:
        values = [getattr(each, name) for each in pieces]
        return None if values[0] is None else [value for each in values for value in each]

    passages = [each.passages for each in pieces if each.passages is not None]
    return ShardRows(
        joined("ids") or [],
        joined("labels"),
        joined("dates"),
        joined("texts"),
        _stacked([each.counts for each in pieces]),
        _joined_passages(passages, [len(each.ids) for each in pieces]) if passages else None,
    )


def _joined_passages(passages: Sequence[Passages], documents: Sequence[int]) -> Passages:
    before = np.cumsum([0, *documents[:-1]])
    return Passages(
        np.concatenate([each.document + first for each, first in zip(passages, before, strict=True)]),
        np.concatenate([each.starts for each in passages]),
        _stacked([each.counts for each in passages]),
    )


def _stacked(matrices: Sequence[sp.csr_array]) -> sp.csr_array:
    return sp.csr_array(sp.vstack(matrices, format="csr", dtype=np.int32))


def _save_language(folder: Path, code: str, part: LanguageCorpus) -> LanguageEntry:
    write_json(folder / VOCABULARY, list(part.vocabulary))
    if part.word_embeddings is not None:
        write_array(folder / WORD_EMBEDDINGS, part.word_embeddings)
    if part.document_embeddings is not None and not part.has_document_embeddings:
        raise InputError(
            f"language {code!r} has embeddings of documents but not of their passages, which shards hold: "
            "embed the passages, or leave out the embeddings"
        )
    size = shard_files.SHARD_DOCUMENTS
    shards = [
        _save_shard(folder, start // size, part, slice(start, min(start + size, part.num_documents)))
        for start in range(0, part.num_documents, size)
    ]
    return describe_language(folder, shards, tokenizer=part.tokenizer, stop_words=part.stop_words, markup=part.markup)


def _save_shard(folder: Path, number: int, part: LanguageCorpus, rows: slice) -> ShardEntry:
    def chosen(values: Sequence[str] | None) -> list[str] | None:
        return None if values is None else list(values[rows])

    passages, embeddings, units = part.passages, part.document_embeddings, rows
    if passages is not None:
        embeddings = passages.embeddings
        first, last = np.searchsorted(passages.document, [rows.start, rows.stop])
        units = slice(int(first), int(last))
        passages = Passages(passages.document[units] - rows.start, passages.starts[units], passages.counts[units])
    ids = chosen(part.ids) or [str(row) for row in range(rows.start, rows.stop)]
    texts = chosen(part.texts)
    written = ShardRows(ids, chosen(part.labels), chosen(part.dates), texts, part.counts[rows], passages)
    entry = write_shard(folder, number, written)
    if embeddings is None:
        return entry
    return dataclasses.replace(entry, embeddings=write_shard_embeddings(folder, number, embeddings[units]))
