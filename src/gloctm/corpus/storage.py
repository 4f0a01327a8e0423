"""A corpus as a folder: ``corpus.json`` and, for each language, a subfolder.

====================================  ==================================================================
``corpus.json``                       format, version, language order, sizes, encoders, what became of the documents
                                      it was built from, files with their sizes and SHA-256
``dropped.jsonl``                     where documents were left out: each with its place and the reason
``LANG/counts.npz``                   scipy CSR
``LANG/vocabulary.json``              list of words
``LANG/documents.jsonl``              id, and if present, label, date and text, one document per line
``LANG/word_embeddings.npy``          float32, memory-mapped when read
``LANG/document_embeddings.npy``      float32, memory-mapped when read
``LANG/passages.npz``                 where documents are split: document and start of each passage
``LANG/passage_counts.npz``           scipy CSR
``LANG/passage_embeddings.npy``       float32, memory-mapped when read
====================================  ==================================================================
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from gloctm.corpus.language import LanguageCorpus
from gloctm.corpus.passages import Passages
from gloctm.corpus.report import BuildReport
from gloctm.corpus.shard_manifest import CORPUS_FORMAT, SHARDED_VERSION
from gloctm.corpus.sharded import DROPPED, open_languages, read_whole
from gloctm.corpus.texts import StoredTexts, json_line
from gloctm.errors import FileFormatError, InputError
from gloctm.files.arrays import Archive, map_array
from gloctm.files.atomic import atomic_folder, write_array, write_json
from gloctm.files.manifest import SavedFolder, list_files, open_folder, write_manifest
from gloctm.files.plain import most_json_of
from gloctm.reading.dropped import DroppedFile, read_dropped, write_dropped

#: What ``save_parts`` writes; format 3, of shards, is in ``gloctm.corpus.sharded``.
PLAIN_VERSION = 2
#: Bytes of a document with its text, as a line of JSON.
MOST_LINE = 2**28
PASSAGES = "passages.npz"
PASSAGE_COUNTS = "passage_counts.npz"
PASSAGE_EMBEDDINGS = "passage_embeddings.npy"


def save_parts(
    path: str | os.PathLike[str],
    languages: Mapping[str, LanguageCorpus],
    *,
    encoder: str | None,
    word_encoder: str | None,
    passage_length: int | None,
    report: BuildReport | None,
) -> Path:
    """Write the parts of a corpus to a folder, all or nothing; an older corpus there is replaced.

    Raises:
        InputError: the folder exists and holds something else.
    """
    target = Path(path)
    with atomic_folder(target, replaces=CORPUS_FORMAT) as folder:
        for language, part in languages.items():
            _save_language(folder / language, part)
        if report is not None and report.dropped:
            write_dropped(folder / DROPPED, report.dropped)
        write_manifest(
            folder / CORPUS_FORMAT.manifest,
            {
                "format": CORPUS_FORMAT.name,
                "format_version": PLAIN_VERSION,
                "encoder": encoder,
                "word_encoder": word_encoder,
                "passage_length": passage_length,
                "report": None if report is None else report.as_json(),
                "languages": {
                    language: {
                        "documents": part.num_documents,
                        "vocabulary": part.num_words,
                        **_sizes(part),
                        "tokenizer": part.tokenizer,
                        **({"stop_words": dict(part.stop_words)} if part.stop_words else {}),
                        **({} if part.markup is None else {"markup": part.markup}),
                    }
                    for language, part in languages.items()
                },
                **list_files(folder),
            },
        )
    return target


def load_parts(path: str | os.PathLike[str], *, verify: bool | None = None) -> dict[str, Any]:
    """Read a corpus folder and return the arguments of ``Corpus``.

    Args:
        path: the folder.
        verify: True checks the SHA-256 of all files now, False of none, None of each when a process first reads it.

    Raises:
        FileFormatError: missing, foreign, incomplete, damaged, or written by a newer version.
    """
    saved = open_folder(path, CORPUS_FORMAT, verify=verify)
    manifest = saved.manifest
    with loading(saved.path):
        if manifest["format_version"] == SHARDED_VERSION:
            opened = open_languages(saved.path, manifest, verify=saved.verify)
            languages = {code: read_whole(files) for code, files in opened.items()}
        else:
            languages = {code: _load_language(saved, code, each) for code, each in manifest["languages"].items()}
        return {
            "languages": languages,
            "encoder": manifest.get("encoder"),
            "word_encoder": _word_encoder(manifest),
            "passage_length": manifest.get("passage_length"),
            "report": read_report(saved),
        }


@contextlib.contextmanager
def loading(path: str | os.PathLike[str]) -> Iterator[None]:
    """Report parts that do not make a corpus as damage of the folder."""
    try:
        yield
    except InputError as error:
        raise FileFormatError(f"{path} is damaged ({error}): build it again") from None
    except FileFormatError:
        raise
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise FileFormatError(f"{path} is damaged: {error!r} in its manifest or files; build it again") from None


def read_report(saved: SavedFolder) -> BuildReport | None:
    """Return what became of the documents of a corpus, those left out included; None where nobody knows."""
    content = saved.manifest.get("report")
    if content is None:
        return None
    if not saved.lists(DROPPED):
        return BuildReport.from_json(content, ())
    saved.open(DROPPED).close()
    if saved.manifest["format_version"] == SHARDED_VERSION:
        return BuildReport.from_json(content, DroppedFile(saved.path / DROPPED, sum(content["dropped"].values())))
    return BuildReport.from_json(content, tuple(read_dropped(saved.path / DROPPED)))


def _word_encoder(manifest: dict[str, Any]) -> str | None:
    encoder = manifest.get("encoder")
    if "word_encoder" in manifest or encoder is None or encoder == "own vectors" or " + " in encoder:
        return manifest.get("word_encoder")
    # Corpora of before the name was kept: one encoder for everything is that of the words.
    return str(encoder)


def _save_language(folder: Path, part: LanguageCorpus) -> None:
    folder.mkdir()
    sp.save_npz(folder / "counts.npz", part.counts)
    write_json(folder / "vocabulary.json", list(part.vocabulary))
    columns: dict[str, Any] = {"id": part.ids, "label": part.labels, "date": part.dates, "text": part.texts}
    present = {name: values for name, values in columns.items() if values is not None}
    with (folder / "documents.jsonl").open("wb") as stream:
        for values in zip(*present.values(), strict=True):
            line = json_line(dict(zip(present, values, strict=True)))
            if len(line) > MOST_LINE:
                raise InputError(
                    f"a document of {folder.name!r} takes more than {MOST_LINE // 2**20} MB: split it, or leave it out"
                )
            stream.write(line)
    for name in ("word_embeddings", "document_embeddings"):
        array = getattr(part, name)
        if array is not None:
            write_array(folder / f"{name}.npy", array)
    if part.passages is not None:
        _save_passages(folder, part.passages)


def _save_passages(folder: Path, passages: Passages) -> None:
    np.savez_compressed(folder / PASSAGES, document=passages.document, starts=passages.starts)
    sp.save_npz(folder / PASSAGE_COUNTS, passages.counts)
    if passages.embeddings is not None:
        write_array(folder / PASSAGE_EMBEDDINGS, passages.embeddings)


def _sizes(part: LanguageCorpus) -> dict[str, int]:
    """Return the sizes of what a folder has compressed, by which a file is checked before it is unpacked."""
    found = {"nonzeros": int(part.counts.nnz)}
    if part.passages is not None:
        found |= {"passages": len(part.passages.document), "passage_nonzeros": int(part.passages.counts.nnz)}
    return found


def _load_language(saved: SavedFolder, code: str, entry: dict[str, Any]) -> LanguageCorpus:
    documents, words = entry["documents"], entry["vocabulary"]
    columns, texts = _load_documents(saved, f"{code}/documents.jsonl", documents)
    vocabulary = _load_vocabulary(saved, f"{code}/vocabulary.json", words)
    return LanguageCorpus(
        counts=_load_counts(saved, f"{code}/counts.npz", documents, words, entry.get("nonzeros")),
        vocabulary=vocabulary,
        word_embeddings=_load_array(saved, f"{code}/word_embeddings.npy"),
        document_embeddings=_load_array(saved, f"{code}/document_embeddings.npy"),
        labels=columns["label"] or None,
        ids=columns["id"] or None,
        dates=columns["date"] or None,
        texts=texts,
        tokenizer=entry.get("tokenizer", "whitespace"),
        passages=_load_passages(saved, code, entry),
        stop_words=entry.get("stop_words", {}),
        markup=entry.get("markup"),
    )


def _load_vocabulary(saved: SavedFolder, name: str, number: int) -> list[str]:
    # A word takes three bytes or more.
    if saved.size(name) < 3 * number:
        raise FileFormatError(f"{saved.path / name} is damaged: it is too short for {number:,} words; {saved.cure}")
    words: list[str] = saved.json(name, most_json_of(number))
    if not isinstance(words, list) or len(words) != number:
        raise FileFormatError(f"{saved.path / name} is damaged: it is no list of {number:,} words; {saved.cure}")
    return words


def _load_passages(saved: SavedFolder, code: str, entry: dict[str, Any]) -> Passages | None:
    name = f"{code}/{PASSAGES}"
    if not saved.lists(name):
        return None
    with saved.open(name) as stream:
        archive = Archive(stream, saved.path / name, saved.cure)
        document, starts = (archive.headers.get(each) for each in ("document", "starts"))
        sound = document is not None and starts is not None and len(archive.headers) == 2
        # Each begins at another character.
        known = entry.get("passages")
        number = (document.shape or (0,))[0] if document is not None else 0
        most = saved.size(f"{code}/documents.jsonl")
        for each in (document, starts):
            sound = sound and each is not None and each.shape == (number,) and each.dtype.kind in "iu"
        archive.check(sound and (number == known if known is not None else number <= most), counted=known is not None)
        arrays = archive.read()
    counts = _load_counts(saved, f"{code}/{PASSAGE_COUNTS}", number, entry["vocabulary"], entry.get("passage_nonzeros"))
    embeddings = _load_array(saved, f"{code}/{PASSAGE_EMBEDDINGS}")
    return Passages(arrays["document"], arrays["starts"], counts, embeddings)


def _load_counts(saved: SavedFolder, name: str, rows: int, columns: int, nonzeros: int | None) -> sp.csr_array:
    """Read counts as ``scipy.sparse.save_npz`` writes them, once their headers are those of such a matrix."""
    with saved.open(name) as stream:
        archive = Archive(stream, saved.path / name, saved.cure)
        headers = archive.headers
        sound = headers.keys() >= {"shape", "data", "indices", "indptr"} and headers["shape"].shape == (2,)
        if sound:
            shape, number = headers["indptr"].shape, headers["data"].shape
            sound = shape == (rows + 1,) and len(number) == 1 and number == headers["indices"].shape
            sound = sound and (number[0] <= rows * columns if nonzeros is None else number[0] == nonzeros)
            sound = sound and all(each.dtype.kind in "biufSU" for each in headers.values())
        archive.check(sound, counted=nonzeros is not None)
        arrays = archive.read()
    if arrays["shape"].tolist() != [rows, columns]:
        raise archive.fault(f"it has shape {arrays['shape'].tolist()} instead of {[rows, columns]}")
    try:
        parts = (arrays["data"], arrays["indices"], arrays["indptr"])
        return sp.csr_array(parts, shape=(rows, columns))
    except (ValueError, TypeError) as error:
        raise archive.fault(error) from None


def _load_documents(saved: SavedFolder, name: str, number: int) -> tuple[dict[str, list[str]], StoredTexts | None]:
    columns: dict[str, list[str]] = {"id": [], "label": [], "date": []}
    path, starts, position, row = saved.path / name, array("q"), 0, 0
    with contextlib.ExitStack() as stack:
        stream = stack.enter_context(saved.open(name))
        while line := stream.readline(MOST_LINE + 1):
            row += 1
            try:
                if len(line) > MOST_LINE or row > number:
                    raise ValueError
                for field, value in json.loads(line).items():
                    if not isinstance(value, str):
                        raise ValueError
                    if field == "text":
                        starts.append(position)
                    else:
                        columns[field].append(sys.intern(value))
            except (ValueError, RecursionError, KeyError, AttributeError):
                raise FileFormatError(f"{path}, line {row} is damaged: {saved.cure}") from None
            position += len(line)
        if row != number:
            raise FileFormatError(f"{path} is damaged: it has {row:,} documents instead of {number:,}; {saved.cure}")
        if not starts:
            return columns, None
        # Left open: texts are read from it when they are asked for.
        stack.pop_all()
        return columns, StoredTexts(stream, starts)


def _load_array(saved: SavedFolder, name: str) -> Any:
    if not saved.lists(name):
        return None
    with saved.open(name) as stream:
        return map_array(stream, saved.path / name, saved.cure)
